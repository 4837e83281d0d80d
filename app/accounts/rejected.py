"""The rows an import rejected, as a CSV for the people who can mend them. Writes one file, reads the other again."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from app.accounts.columns import REASON_COLUMNS, own_columns
from app.accounts.csv_files import CsvFile
from app.accounts.encodings import changed_meanwhile
from app.core.errors import QuorumError

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9 .,()/+-]*\Z)")


class RejectedRows:
    """A file of rejected rows, which appears under its name only when it is kept, and then as a whole.

    Its columns are those of the import, then the line and the reason; in the delimiter of the import, UTF-8 with BOM,
    no cell a formula. The import reads it again once it is mended, and passes over the two added columns.
    """

    def __init__(self, file: CsvFile, path: Path) -> None:
        self._file, self._path = file, path
        self._part: Path | None = None

    def __enter__(self) -> Self:
        if self._path.exists() and self._path.samefile(self._file.path):
            raise QuorumError(f"The rejected rows cannot go to {self._path}, which is the file they come from.")
        if self._path.is_dir():
            raise QuorumError(f"The rejected rows cannot go to {self._path}, which is a folder.")
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        except OSError as error:
            raise QuorumError(f"The rejected rows cannot be written to {self._path}: {error.strerror}.") from None
        os.close(descriptor)
        self._part = Path(name)
        return self

    def write(self, reasons: Iterator[tuple[int, str]]) -> None:
        """Write the records of the lines in `reasons`, which come in order, in a second pass over the file."""
        assert self._part is not None
        width = len(own_columns(self._file.header))
        with self._part.open("w", encoding="utf-8-sig", newline="") as target:
            writer = csv.writer(target, delimiter=self._file.delimiter)
            writer.writerow([*map(_safe, self._file.header[:width]), *REASON_COLUMNS])
            records = self._file.records()
            for line, reason in reasons:
                cells = next((cells for number, cells, _ in records if number == line), None)
                if cells is None:
                    raise changed_meanwhile(self._file.path)
                padded = cells[:width] + [""] * (width - len(cells))
                beyond = cells[len(self._file.header) :]
                writer.writerow([*map(_safe, padded), line, _safe(reason), *map(_safe, beyond)])

    @property
    def part(self) -> Path:
        """Where the rows stand until they are kept."""
        assert self._part is not None
        return self._part

    def keep(self) -> None:
        """Give the file its name, in place of an older one."""
        assert self._part is not None
        self._part.replace(self._path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._part:
            self._part.unlink(missing_ok=True)


def _safe(cell: str) -> str:
    """Return `cell` as no spreadsheet takes it for a formula; numbers and telephone numbers stay as they are."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
