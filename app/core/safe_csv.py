"""CSV for spreadsheet programs: cells that must not run as formulas, and files that are never held in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_PIECE = 1 << 16


def safe_cell(value: object) -> object:
    """Return text that begins like a formula with an apostrophe before it; anything else as it is, None as empty.

    Numbers and dates stay what they are: only text comes from outside.
    """
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value


def csv_pieces(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a CSV file of safe cells, about 64 KiB of text at a time."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        if piece.tell() > _PIECE:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()
