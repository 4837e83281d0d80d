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
                yield from self._split(text)
            except UnicodeDecodeError:
                raise changed_meanwhile(self.path) from None

    def _split(self, file: Iterator[str]) -> Iterator[Record]:
        width, delimiter, line = len(self.header), self.delimiter, self._header_lines + 1
        span: list[str] = []
        again: deque[str] = deque()
        while True:
            reader = csv.reader(_lines(again, file, span), delimiter=delimiter, strict=True)
            fault = None
            try:
                for cells in reader:
                    if len(cells) == width:
                        yield line, cells, None
                    elif cells and _not_blank(cells):
                        cells, fault = self._fitted(cells, len(span))
                        if fault and len(span) > 1:
                            break
                        yield line, cells, fault
                        fault = None
                    line += len(span)
                    span.clear()
            except _TooLongError:
                yield line, [span[0].rstrip("\r\n")], f"the row has more than {LONGEST_LINE:,} characters"
                line += len(span)
                span.clear()
                continue
            except csv.Error as error:
                fault = _explain(str(error))
            if fault is None:
                return
            yield line, [span[0].rstrip("\r\n")], fault
            again.extendleft(reversed(span[1:]))
            span.clear()
            line += 1

    def _fitted(self, cells: list[str], lines: int) -> tuple[list[str], str | None]:
        width = len(self.header)
        if not any(cells[width:]) and len(cells) > width:
            return cells[:width], None
        over = f" over {lines} lines (is a quote not closed?)" if lines > 1 else ""
        return cells, f"the row has {len(cells)} cells{over}, the header has {width}"

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


class _TooLongError(csv.Error):
    """A record that would have to stand in memory as a whole, and is no record of people."""


def _lines(again: deque[str], file: Iterable[str], span: list[str]) -> Iterator[str]:
    """Yield the lines put back and then those of the file; each stands in `span` until its record is through."""
    while again:
        span.append(again.popleft())
        yield span[-1]
    length = 0
    for line in file:
        span.append(line)
        length = length + len(line) if len(span) > 1 else 0
        if length > LONGEST_LINE:
            raise _TooLongError
        yield line


def _explain(fault: str) -> str:
    if "field larger" in fault:
        return f"a cell is longer than {csv.field_size_limit():,} characters (is a quote not closed?)"
    if "unexpected end" in fault:
        return "a quote that opens in this row never closes"
    return "text stands after a closing quote; a quote inside a cell is written twice"
