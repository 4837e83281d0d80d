"""Amounts of money as people and programs write them. Pure; what could mean two amounts is never guessed."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from app.accounts.cells import Reader, Unreadable, number
from app.accounts.text import visible

LIMIT = Decimal(10) ** 15
LONGEST = 40
"""Characters of an amount; the pattern below is for short texts only."""
CENT = Decimal("0.01")
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR"}
"""Signs that stand for one currency; $ and ¥ stand for several."""

_SIGN = r"[€£₹$¥]|[A-Z]{3}"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-−])?\s*(?P<before>{_SIGN})?\s*(?P<inner>[-−])?"
    rf"(?P<digits>[0-9][0-9.,'’\s]*)(?P<after>{_SIGN})?\s*(?P<close>\))?"
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?P<by>[,.'’\s])[0-9]{3}(?:(?P=by)[0-9]{3})*(?:(?P<point>[.,])[0-9]{1,30})?")
_LAKHS = re.compile(r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]{1,30})?")
_EITHER = re.compile(r"(?P<whole>[1-9][0-9]{0,2})(?P<sign>[.,])(?P<three>[0-9]{3})")


def money(delimiter: str) -> Reader[Decimal | None]:
    """Return a reader of amounts to the cent, for a file whose cells are parted by `delimiter`.

    Where the comma parts cells, `1,234` is 1234, for only they write a comma there who use the point for decimals. In
    any other file it could be 1.234 as well, and is unreadable, as `1.234` is everywhere.
    """

    def read(cell: str) -> Decimal | None:
        shown = visible(cell)
        parts = _parts(shown)
        if parts:
            value = _value(parts["digits"].strip(), comma_parts_thousands=delimiter == ",")
            negative = parts["open"] or parts["minus"] or parts["inner"]
            return (-value if negative else value).quantize(CENT, ROUND_HALF_UP)
        if shown:
            raise Unreadable("is no amount (write it as 1234567.89)")
        return None

    return read


def currency_in(amount: str) -> str | None:
    """Return the currency that the sign or code beside an amount names, if it names only one."""
    parts = _parts(visible(amount))
    sign = (parts["before"] or parts["after"] or "") if parts else ""
    return SIGNS.get(sign, sign if sign.isalpha() else None)


def _parts(shown: str) -> re.Match[str] | None:
    parts = _AMOUNT.fullmatch(shown) if len(shown) <= LONGEST else None
    if not parts or bool(parts["open"]) != bool(parts["close"]) or (parts["before"] and parts["after"]):
        return None
    return parts if sum(parts[sign] is not None for sign in ("open", "minus", "inner")) <= 1 else None


def _value(digits: str, *, comma_parts_thousands: bool) -> Decimal:
    either = _EITHER.fullmatch(digits)
    grouped = _THOUSANDS.fullmatch(digits)
    if either and not (comma_parts_thousands and either["sign"] == ","):
        whole = either["whole"] + either["three"]
        raise Unreadable(f"can mean {whole} or {either['whole']}.{either['three']} (write {whole}.00 for the first)")
    if _LAKHS.fullmatch(digits):
        value: Decimal | None = Decimal(digits.replace(",", ""))
    elif grouped and grouped["by"] != grouped["point"]:
        value = Decimal(digits.replace(grouped["by"], "").replace(",", "."))
    else:
        value = number(digits)
    if value is None or value >= LIMIT:
        raise Unreadable("is no amount (write it as 1234567.89)")
    return value
