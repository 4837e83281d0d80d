"""The one place that decides who sees what an account is worth: the exact figure, or only the bucket it lies in.

Every page, CSV and JSON that shows an amount of an account asks here, whatever the amount is called.
"""

from __future__ import annotations

from decimal import Decimal

from flask import Flask

from app.accounts.buckets import Bucket, Buckets
from app.core.auth.rights import Right
from app.core.auth.sessions import allowed
from app.core.current import settings
from app.core.formats import NOTHING, money

NOT_POSITIVE = "nothing or less"


def install(app: Flask) -> None:
    """Give the templates of `app` the filter `worth` and the question `exact_revenue()`."""
    app.jinja_env.filters["worth"] = worth
    app.jinja_env.globals["exact_revenue"] = exact


def exact() -> bool:
    """Tell whether the person logged in sees exact revenue."""
    return allowed(Right.SEE_REVENUE)


def hidden_in() -> Buckets | None:
    """Return the buckets in which the person logged in sees every value, None for whoever sees exact ones."""
    return None if exact() else Buckets.between(*settings().bucket_bounds)


def ranking(amount: str) -> str:
    """Return SQL that sorts by an amount, the largest first: by the bucket it lies in where `:bounds` names any.

    An order by exact amounts tells whoever sees only buckets which of two accounts is worth more.
    """
    given = "CAST(:bounds AS numeric[])"
    return f"CASE WHEN {given} = '{{}}' THEN {amount} ELSE width_bucket({amount}, {given}) END DESC NULLS LAST"


def bounds() -> list[Decimal]:
    """Return what `ranking` is given for the person logged in; empty for whoever sees exact revenue."""
    buckets = hidden_in()
    return list(buckets.bounds) if buckets else []


def worth(value: Decimal | int | None, currency: str | None = None) -> str:
    """Write an amount for the person logged in, in whole units: itself, or its bucket; None is a dash."""
    buckets = hidden_in()
    if buckets is None or value is None:
        return money(value, currency)
    return in_words(buckets.of(value), currency)


def told(value: Decimal | None, currency: str | None = None) -> Decimal | str | None:
    """Return an amount for a file or a program of the person logged in: itself, or its bucket in words."""
    return value if value is None or exact() else worth(value, currency)


def in_words(bucket: Bucket, currency: str | None = None) -> str:
    """Write a bucket: «$10,000 to $25,000»."""
    low, high = bucket
    if low is None:
        return NOT_POSITIVE if high is not None else NOTHING
    if high is None:
        return f"{money(low, currency)} and more"
    return f"below {money(high, currency)}" if low < 1 else f"{money(low, currency)} to {money(high, currency)}"
