"""Figures, money and dates as people write them, by locale; the filters of every page. No markup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from babel import Locale
from babel import dates as babel_dates
from babel import numbers as babel_numbers
from flask import current_app, has_app_context

Figure = int | float | Decimal | Fraction

NOTHING = "—"
MINUS = "\u2212"

_DEFAULT_LOCALE = Locale.parse("en_GB")
_LEVELS = MappingProxyType(
    {
        "decision_maker": ("Decision maker", "Decision makers"),
        "influencer": ("Influencer", "Influencers"),
        "user": ("User", "Users"),
        "unknown": ("Unknown level", "Unknown level"),
    }
)


def locale() -> Locale:
    """Return the locale of the reader: Flask-Babel's where it is set up, else English."""
    if has_app_context() and "babel" in current_app.extensions:
        from flask_babel import get_locale  # an admin without translations does not need it

        return get_locale() or _DEFAULT_LOCALE
    return _DEFAULT_LOCALE


def number(value: Figure | None, digits: int = 0) -> str:
    """Write a number with exactly `digits` decimals, rounded half away from zero; None is a dash."""
    if value is None:
        return NOTHING
    return _signed(babel_numbers.format_decimal(_rounded(value, digits), format=_pattern(digits), locale=locale()))


def percent(fraction: Figure | None, digits: int = 0) -> str:
    """Write a share of one as per cent: 0.444 → 44%; None is a dash."""
    if fraction is None:
        return NOTHING
    share = _rounded(_exact(fraction) * 100, digits).scaleb(-2)
    pattern = locale().percent_formats[None].pattern.replace("#,##0", _pattern(digits))
    return _signed(babel_numbers.format_percent(share, format=pattern, locale=locale()))


def money(value: Figure | None, currency: str | None, digits: int = 0) -> str:
    """Write an amount with its currency, in whole units unless told otherwise; None is a dash."""
    if value is None:
        return NOTHING
    if currency is None:
        return number(value, digits)
    pattern = locale().currency_formats["standard"].pattern.replace("#,##0.00", _pattern(digits))
    return _signed(
        babel_numbers.format_currency(
            _rounded(value, digits), currency, format=pattern, currency_digits=False, locale=locale()
        )
    )


def money_short(value: Figure | None, currency: str) -> str:
    """Write an amount for a headline, with one decimal and its order of magnitude: €41.2m; None is a dash."""
    if value is None:
        return NOTHING
    exact = _rounded(value, 0)
    digits = 1 if abs(exact) >= 1000 else 0
    return _signed(babel_numbers.format_compact_currency(exact, currency, fraction_digits=digits, locale=locale()))


def day(value: date | None) -> str:
    """Write a date: 2 Nov 2026; None is a dash."""
    return NOTHING if value is None else babel_dates.format_date(value, format="medium", locale=locale())


def moment(value: datetime | None, zone: str = "UTC") -> str:
    """Write a moment as the clocks of `zone` show it, with the zone's name: 2 Nov 2026, 14:05 UTC; None is a dash."""
    if value is None:
        return NOTHING
    there = value.astimezone(babel_dates.get_timezone(zone))
    time = babel_dates.format_time(there, format="short", tzinfo=there.tzinfo, locale=locale())
    return f"{day(there)}, {time} {_zone_name(there)}"


def level_name(level: str | None, many: bool = False) -> str:
    """Name a level of the decision-making unit, of one person or of many."""
    if level is None:
        return NOTHING
    return _LEVELS[level][many]


def _zone_name(at: datetime) -> str:
    name = at.tzname() or ""
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def _exact(value: Figure) -> Fraction:
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def _rounded(value: Figure, digits: int) -> Decimal:
    """Round exactly, half away from zero, with no −0 left over."""
    exact = _exact(value)
    scaled = abs(exact) * 10**digits
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(units if exact > 0 else -units).scaleb(-digits) if units else Decimal(0)


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "number": number,
        "percent": percent,
        "money": money,
        "money_short": money_short,
        "day": day,
        "moment": moment,
        "level_name": level_name,
    }
)
