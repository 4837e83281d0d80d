"""What one cell of a CRM export says: texts, words, dates, numbers. Pure: no files, no database.

A reader takes the text of a cell and returns its value, None for an empty one; `Unreadable` says what is wrong and
what would be right. Nothing is guessed: what could mean two things is unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Generic, TypeVar

from app.accounts.text import squashed, visible

T = TypeVar("T")
Reader = Callable[[str], T]

REMEMBERED = 1 << 14
"""Cells a column remembers, each of at most `SHORT` characters, so that no file can fill the memory."""
SHORT = 80


class Unreadable(ValueError):
    """A value that is there and cannot be read; the message follows on the name of the column and the cell."""


class Memo(dict[str, T], Generic[T]):
    """A reader that remembers: most cells of a column stood in it before."""

    def __init__(self, read: Reader[T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> T:
        value = self._read(cell)
        if len(cell) <= SHORT:
            if len(self) >= REMEMBERED:
                self.clear()
            self[cell] = value
        return value


def text(longest: int) -> Reader[str | None]:
    """Return a reader of plain text of at most `longest` characters."""

    def read(cell: str) -> str | None:
        shown = visible(cell)
        if not shown:
            return None
        if shown[0] in "=@":
            raise Unreadable("looks like a spreadsheet formula (write plain text)")
        if len(shown) > longest:
            raise Unreadable(f"has {len(shown):,} characters (at most {longest} are allowed)")
        return shown

    return read


def words(meanings: Mapping[str, T]) -> Reader[T | None]:
    """Return a reader of the words in `meanings`, whose keys are `squashed`."""
    right = ", ".join(dict.fromkeys(str(meaning).replace("_", " ") for meaning in meanings.values()))

    def read(cell: str) -> T | None:
        word = squashed(visible(cell))
        if word in meanings:
            return meanings[word]
        if not visible(cell):
            return None
        raise Unreadable(f"is none of: {right}")

    return read


YES_OR_NO: dict[str, bool] = dict.fromkeys(("yes", "y", "true", "t", "1", "x"), True) | dict.fromkeys(
    ("no", "n", "false", "f", "0"), False
)


def yes_or_no(cell: str) -> bool:
    """Read a tick: an empty cell is a no."""
    word = squashed(visible(cell))
    if word not in YES_OR_NO and visible(cell):
        raise Unreadable("is neither yes nor no")
    return YES_OR_NO.get(word, False)


def day(cell: str) -> date | None:
    """Read a date, which has to be written YYYY-MM-DD: 02/03/2026 is two days, depending on who reads it."""
    shown = visible(cell)
    if not shown:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", shown):
        raise Unreadable("is no date (write YYYY-MM-DD, such as 2026-02-28)")
    try:
        return date.fromisoformat(shown)
    except ValueError:
        raise Unreadable("is a day that no calendar has (write YYYY-MM-DD, such as 2026-02-28)") from None


_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?"
)


def moment(cell: str) -> datetime | None:
    """Read a moment, or the beginning of a day; without a zone it is taken for UTC, as a matter of hours at most."""
    shown = visible(cell)
    if not shown:
        return None
    if not _MOMENT.fullmatch(shown):
        on = day(shown)
        assert on is not None
        return datetime(on.year, on.month, on.day, tzinfo=UTC)
    try:
        read = datetime.fromisoformat(shown[:10] + "T" + shown[11:].replace(" ", ""))
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unreadable("is a moment that no clock shows (write YYYY-MM-DD HH:MM)") from None


def score(cell: str) -> int | None:
    """Read a score from 0 to 100; a fraction is dropped, which leaves it in its band of ten."""
    shown = visible(cell)
    value = number(shown)
    if shown and (value is None or value > 100):
        raise Unreadable("is no number from 0 to 100")
    return None if value is None else int(value)


def count(cell: str) -> int | None:
    """Read a whole number from 0 to 1,000."""
    shown = visible(cell)
    if not shown:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", shown) or int(shown) > 1000:
        raise Unreadable("is no whole number from 0 to 1000")
    return int(shown)


def share(cell: str) -> Decimal | None:
    """Read a share from 0 to 1, or with a percent sign from 0 % to 100 %; 72 alone could be either."""
    shown = visible(cell)
    if not shown:
        return None
    value = number(shown.removesuffix("%").rstrip())
    value = value / 100 if value is not None and shown.endswith("%") else value
    if value is None or value > 1:
        raise Unreadable("is no share (write 0.72 or 72%)")
    return value.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def number(digits: str) -> Decimal | None:
    """Return the number that digits with at most one decimal sign write, or None when they do not."""
    plain = re.fullmatch(r"[0-9]{1,30}(?:[.,][0-9]{1,30})?", digits)
    return Decimal(digits.replace(",", ".")) if plain else None
