"""Fixed rates between the currencies of the accounts and the one a wave reckons in.

Reads which currencies there are, and what a person types as rates. Converting is `sampling.quota.in_currency`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.cells import number
from app.accounts.text import shortened, visible

FIELD = "rate-"
DECIMALS = 10
HIGHEST = 10**9

_HELD = text(
    """
    SELECT currency, count(*) FROM account
    WHERE status = 'active' AND annual_value IS NOT NULL AND currency IS NOT NULL
    GROUP BY currency ORDER BY 2 DESC, 1
    """
)


class Held(NamedTuple):
    """A currency, and how many active accounts have their value in it."""

    code: str
    accounts: int


def currencies(session: Session) -> list[Held]:
    """Return the currencies in which active accounts have a value, the commonest first."""
    return [Held(*row) for row in session.execute(_HELD)]


def missing(held: Iterable[Held], currency: str, rates: Container[str]) -> list[Held]:
    """Return the currencies that need a rate and have none: the value of their accounts is unknown to the wave."""
    return [each for each in held if each.code != currency and each.code not in rates]


def read_rates(given: Mapping[str, str]) -> tuple[dict[str, Decimal], dict[str, str]]:
    """Return the rates in the fields `rate-EUR` and so on of a form, and what is wrong with which field.

    A rate says how much of the wave's currency one unit of the other is worth; an empty field gives none.
    """
    rates: dict[str, Decimal] = {}
    faults: dict[str, str] = {}
    for field, cell in given.items():
        code, shown = field.removeprefix(FIELD), visible(cell)
        if not field.startswith(FIELD) or not shown:
            continue
        rate = number(shown)
        if rate is None or not 0 < rate <= HIGHEST or rate != round(rate, DECIMALS):
            faults[field] = f"«{shortened(cell)}» is no rate; write what one {code} is worth, such as 1.08."
        else:
            rates[code] = rate.normalize()
    return rates, faults
