"""Which encoding a text file from elsewhere is in, and whether it is text at all. Reads files, knows nothing of CSV."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.core.errors import QuorumError

LONGEST_LINE = 1_000_000
"""Characters; what is longer is no CSV, and would have to stand in memory as a whole."""

_CHUNK = 1 << 20
_HEAD = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BINARY = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"%PDF", "a PDF document"),
)
_NO_TEXT = "there are NUL characters, so this is not text; save it as CSV (UTF-8)."
_TOO_LONG = f"the line is longer than {LONGEST_LINE:,} characters; is this a CSV file?"
_SPOKEN = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "UTF-8, and not Windows-1252 either",
}


class UnusableFile(QuorumError):
    """A file that cannot be used at all; the message says why and what would be right."""


def changed_meanwhile(path: Path) -> UnusableFile:
    """Return the error for a file that reads differently from a moment ago."""
    return UnusableFile(f"{path.name} was changed while it was read; leave it alone and start again.")


class _Flaw(NamedTuple):
    line: int
    sentence: str
    beyond_ascii: bool


def encoding_of(path: Path) -> str:
    """Return the encoding `path` is readable in from end to end.

    A byte order mark decides, then the NULs of UTF-16, then UTF-8, then Windows-1252. A file that begins as UTF-8
    with letters beyond ASCII and then breaks is refused: reading it as Windows-1252 would spoil every name.
    """
    head = _head(path)
    for signature, kind in _BINARY:
        if head.startswith(signature):
            raise UnusableFile(f"{path.name} is {kind}; save it as CSV (UTF-8) and give that file.")
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _unmarked_utf16(head)
    flaw = _flaw(path, marked or "utf-8-sig")
    if flaw and not marked and not flaw.beyond_ascii:
        marked, flaw = "cp1252", _flaw(path, "cp1252")
    if flaw:
        raise UnusableFile(f"{path.name}, line {flaw.line}: {flaw.sentence}")
    return marked or "utf-8-sig"


def _head(path: Path) -> bytes:
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise UnusableFile(f"{path} is {'a folder' if path.is_dir() else 'not a file'}; give a CSV file.")
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise UnusableFile(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise UnusableFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if not head:
        raise UnusableFile(f"{path.name} is empty: there is not even a line with the names of the columns.")
    return head


def _unmarked_utf16(head: bytes) -> str | None:
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd * 2 > half and even * 20 < half:
        return "utf-16-le"
    if even * 2 > half and odd * 20 < half:
        return "utf-16-be"
    return None


def _flaw(path: Path, encoding: str) -> _Flaw | None:
    line, length, beyond = 1, 0, False
    try:
        for text in _decoded(path, encoding):
            beyond = beyond or not text.isascii()
            if "\0" in text:
                return _Flaw(line + text[: text.index("\0")].count("\n"), _NO_TEXT, True)
            line += text.count("\n")
            length = (0 if "\n" in text else length) + len(text) - text.rfind("\n") - 1
            if length > LONGEST_LINE and "\r" not in text:
                return _Flaw(line, _TOO_LONG, True)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "replace")
        sentence = f"wrong encoding: the text is not {_SPOKEN[encoding]}; save the file as CSV UTF-8."
        return _Flaw(line + before.count("\n"), sentence, beyond or not before.isascii())
    return None


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
