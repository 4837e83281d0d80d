"""CSV as other programs write it, opened as a stream of records.

Here live encodings, delimiters, quotes and line numbers. What a column means lives in `columns` and `records`; no
database here. A file that cannot be used at all raises `UnusableFile`; a record that cannot be used is handed on with
its fault, and the records around it are kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from app.accounts.encodings import LONGEST_LINE, UnusableFile, changed_meanwhile, encoding_of
from app.accounts.text import squashed, visible

Record = tuple[int, list[str], str | None]
"""First physical line, cells (as many as the header has, or as they stand), and what is wrong with it or None."""

DELIMITERS = ",;\t"
_SEPARATOR_HINT = re.compile(r'"?sep=([,;\t])"?\s*')


class CsvFile:
    """A CSV file whose encoding, delimiter and header are known; `records` may be read any number of times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding = encoding_of(path)
        self.size = path.stat().st_size
        self.delimiter, self.header, self._header_lines = self._find_header()
        self._check_header()
        self._binary: BinaryIO | None = None

    @property
    def name(self) -> str:
        """The name of the file without its folders."""
        return self.path.name

    @property
    def position(self) -> int:
        """Bytes of the file that the running `records` has taken in, for a progress bar."""
        return self._binary.tell() if self._binary is not None and not self._binary.closed else self.size

    def records(self) -> Iterator[Record]:
        """Yield every record below the header; blank lines are passed over."""
        with self.path.open("rb") as binary:
            self._binary = binary
            text = io.TextIOWrapper(binary, encoding=self.encoding, newline="")
            for _ in range(self._header_lines):
                next(text, "")
            try:
                yield from _Splitter(text, self.delimiter, len(self.header), self._header_lines + 1).records()
            except UnicodeDecodeError:
                raise changed_meanwhile(self.path) from None

    def _find_header(self) -> tuple[str, list[str], int]:
        with self.path.open(encoding=self.encoding, newline="") as file:
            hint = _SEPARATOR_HINT.fullmatch(next(file, ""))
        found = [self._header_under(delimiter, 1 if hint else 0) for delimiter in (hint[1] if hint else DELIMITERS)]
        delimiter, header, lines = max(found, key=lambda one: len(one[1]))
        if not header:
            raise UnusableFile(f"{self.name} is empty: there is not even a line with the names of the columns.")
        return delimiter, header, lines

    def _header_under(self, delimiter: str, skipped: int) -> tuple[str, list[str], int]:
        with self.path.open(encoding=self.encoding, newline="") as file:
            for _ in range(skipped):
                next(file, "")
            reader = csv.reader(file, delimiter=delimiter)
            try:
                cells = next((cells for cells in reader if _not_blank(cells)), [])
            except csv.Error:
                raise UnusableFile(f"{self.name}: the line with the names of the columns cannot be read.") from None
            names = [visible(cell) for cell in cells]
            while names and not names[-1]:
                names.pop()
            return delimiter, names, reader.line_num + skipped

    def _check_header(self) -> None:
        if "" in self.header:
            raise UnusableFile(f"{self.name}: column {self.header.index('') + 1} has no name in the header.")
        twice = [name for name, count in Counter(map(squashed, self.header)).items() if count > 1]
        if twice:
            names = [name for name in self.header if squashed(name) == twice[0]]
            raise UnusableFile(f"{self.name} has the column «{names[0]}» {len(names)} times; keep one of them.")


def open_csv(path: Path) -> CsvFile:
    """Open `path` and read its header; `UnusableFile` says in one sentence why that is not possible."""
    return CsvFile(path)


def _not_blank(cells: list[str]) -> bool:
    return len(cells) > 1 or any(cell.strip() for cell in cells)


class _BrokenError(csv.Error):
    """A record is given up; the message says why. `whole` if nothing in it is worth reading again."""

    def __init__(self, reason: str, *, whole: bool = False) -> None:
        super().__init__(reason)
        self.whole = whole


class _Splitter:
    """Splits lines into records. A record that goes wrong costs its first line; what follows is read again.

    So a quote that never closes costs one row, and not all that the quote would swallow.
    """

    def __init__(self, file: Iterable[str], delimiter: str, width: int, line: int) -> None:
        self._file, self._delimiter, self._width, self._line = file, delimiter, width, line
        self._span: list[str] = []
        self._again: deque[str] = deque()

    def records(self) -> Iterator[Record]:
        """Yield every record; blank lines are passed over."""
        while True:
            try:
                yield from self._until_broken()
            except csv.Error as error:
                yield self._give_up(error)
            else:
                return

    def _until_broken(self) -> Iterator[Record]:
        width, span = self._width, self._span
        for cells in csv.reader(self._lines(), delimiter=self._delimiter, strict=True):
            if len(cells) == width:
                yield self._line, cells, None
            elif cells and _not_blank(cells):
                yield self._line, *self._fitted(cells)
            self._line += len(span)
            span.clear()

    def _lines(self) -> Iterator[str]:
        """Yield the lines put back and then those of the file; each stands in the span until its record is through."""
        again, span, length = self._again, self._span, 0
        while again:
            span.append(again.popleft())
            yield span[-1]
        for line in self._file:
            span.append(line)
            length = length + len(line) if len(span) > 1 else 0
            if length > LONGEST_LINE:
                raise _BrokenError(f"the row has more than {LONGEST_LINE:,} characters", whole=True)
            yield line

    def _fitted(self, cells: list[str]) -> tuple[list[str], str | None]:
        if len(cells) > self._width and not any(cells[self._width :]):
            return cells[: self._width], None
        reason = f"the row has {len(cells)} cells, the header has {self._width}"
        if len(self._span) > 1:
            raise _BrokenError(f"{reason} (is a quote not closed?)")
        return cells, reason

    def _give_up(self, error: csv.Error) -> Record:
        first, *others = self._span
        record = self._line, [first.rstrip("\r\n")], str(error) if isinstance(error, _BrokenError) else _spoken(error)
        if isinstance(error, _BrokenError) and error.whole:
            self._line += len(others)
        else:
            self._again.extendleft(reversed(others))
        self._line += 1
        self._span.clear()
        return record


def _spoken(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"a cell is longer than {csv.field_size_limit():,} characters (is a quote not closed?)"
    if "unexpected end" in str(error):
        return "a quote that opens in this row never closes"
    return "text stands after a closing quote (inside a cell a quote is written twice)"
