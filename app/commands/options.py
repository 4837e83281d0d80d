"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import click

from app.campaigns.creating import is_plausible

LEAST_RATE = Decimal("1e-9")

mapping_option = click.option(
    "--mapping",
    multiple=True,
    metavar='"THEIRS=OURS"',
    help='A header of the file and the column it stands for, such as "Kunde=Account Name".',
)


def read_mapping(pairs: tuple[str, ...]) -> dict[str, str] | None:
    """Return {their header: our column}, or None when none was given."""
    mapping = {}
    for pair in pairs:
        theirs, separator, ours = pair.partition("=")
        if not separator or not theirs.strip() or not ours.strip():
            raise click.BadParameter(f"«{pair}» should read «Their header=Our column».", param_hint="--mapping")
        mapping[theirs.strip()] = ours.strip()
    return mapping or None


def read_rates(pairs: tuple[str, ...]) -> dict[str, Decimal]:
    """Return {currency: what one unit of it is worth in the wave's currency}."""
    rates = {}
    for pair in pairs:
        currency, _, rate = pair.partition("=")
        try:
            value = Decimal(rate)
        except InvalidOperation:
            value = Decimal(0)
        if (
            len(currency) != 3
            or not currency.isalpha()
            or not (value.is_finite() and LEAST_RATE <= value <= 1 / LEAST_RATE)
        ):
            raise click.BadParameter(f"«{pair}» should read «EUR=1.08».", param_hint="--rate")
        rates[currency.upper()] = value
    return rates


def read_day(value: str) -> date:
    """Return a day written as YYYY-MM-DD."""
    try:
        given = date.fromisoformat(value)
        if not is_plausible(given):
            raise ValueError(value)
        return given
    except ValueError:
        raise click.BadParameter(f"«{value}» is not a day; write it as 2026-11-02.", param_hint="--today") from None
