"""The account overview as an address asks for it: filters read, said as a sentence, written into addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import discretion
from app.accounts.models import Account
from app.core.formats import level_name, money
from app.core.listing import LONGEST_NUMBER, page_asked, text_asked
from app.core.navigation import url_with
from app.reporting.alerts import alerts_shown
from app.reporting.board import Board
from app.reporting.filtering import BANDS, DEFAULT_SORT, FIELDS, LEVELS, OF_ANSWERS, STAGES, Wanted

LARGEST_AMOUNT = Decimal(10) ** 15
CENT = Decimal("0.01")
"""What amounts are kept to; of a smaller one the database could not even write all digits."""
MOST_VALUES = 500
"""Managers, industries or countries that a filter offers."""

_PHRASES: Mapping[str, str] = {"manager": "managed by", "industry": "in", "country": "in"}


@dataclass(frozen=True)
class Asked:
    """What an address asks of the overview: the list, its filters as chips, those to be added, and faults by field."""

    wanted: Wanted
    chips: list[dict[str, str]]
    more: list[dict[str, str]]
    faults: dict[str, str]


def asked(session: Session, board: Board, before_id: int | None, named: bool) -> Asked:
    """Return what the address of this request asks for; an anonymous survey has no filters by what people said."""
    faults: dict[str, str] = {}
    buckets = discretion.hidden_in()
    parent = session.get(Account, int(text_asked("parent"))) if _is_id(text_asked("parent")) else None
    wanted = Wanted(
        board.wave.id,
        before_id,
        datetime.now(UTC).date(),
        sort=_sort(named),
        bounds=buckets.bounds if buckets else (),
        search=text_asked(),
        fields={name: values for name in FIELDS if (values := _values(name))},
        band=text_asked("band") if named and text_asked("band") in BANDS else "",
        alerts=tuple(key for key in alerts_shown(named) if key in request.args.getlist("alert")),
        stages={name: text_asked(name) for name, values in STAGES.items() if text_asked(name) in values},
        parent=parent.id if parent else None,
        page=page_asked(),
        value_from=_amount("value_from", faults) if buckets is None else None,
        value_to=_amount("value_to", faults) if buckets is None else None,
    )
    return Asked(wanted, [*_chips(wanted, board, parent, named)], [*_offers(wanted, named)], faults)


def choices(session: Session, wanted: Wanted) -> dict[str, list[tuple[str, str]]]:
    """Return the managers, industries and countries there are, and those asked for, as choices of a form."""
    found = {}
    for name in FIELDS:
        there = session.scalars(_DISTINCT[name], {"most": MOST_VALUES}).all()
        values = dict.fromkeys([*there, *wanted.fields.get(name, ())])
        found[name] = [("", "any"), *((value, value) for value in values)]
    return found


def columns_in(keys: Iterable[str]) -> str:
    """Return a choice of columns as addresses have it."""
    return ",".join(keys)


def _distinct(name: str) -> Any:
    column = FIELDS[name].removeprefix("a.")
    # One look into the index for each value: a hundred thousand accounts have a few dozen managers.
    return text(
        f"""
        WITH RECURSIVE found (value) AS (
            (SELECT {column} FROM account WHERE {column} IS NOT NULL ORDER BY {column} LIMIT 1)
            UNION ALL
            SELECT (SELECT k.{column} FROM account k WHERE k.{column} > found.value ORDER BY k.{column} LIMIT 1)
            FROM found WHERE found.value IS NOT NULL
        ) SELECT value FROM found WHERE value IS NOT NULL LIMIT :most
        """
    )


_DISTINCT = {name: _distinct(name) for name in FIELDS}


def _chips(wanted: Wanted, board: Board, parent: Account | None, named: bool) -> Iterable[dict[str, str]]:
    for name, values in wanted.fields.items():
        yield _chip(f"{_PHRASES[name]} {' or '.join(values)}", name)
    if wanted.value_from is not None:
        yield _chip(f"worth {money(wanted.value_from, board.wave.currency)} or more", "value_from")
    if wanted.value_to is not None:
        yield _chip(f"worth {money(wanted.value_to, board.wave.currency)} or less", "value_to")
    if parent is not None:
        yield _chip(f"that are {parent.name} or below it", "parent")
    if wanted.band:
        yield _chip(f"with a {wanted.band}", "band")
    for name, value in wanted.stages.items():
        yield _chip(_stage(name, value), name)
    shown = alerts_shown(named)
    for key in wanted.alerts:
        rest = [other for other in wanted.alerts if other != key]
        yield {"label": shown[key].filter, "remove": url_with(alert=rest or None, page=None)}


def _offers(wanted: Wanted, named: bool) -> Iterable[dict[str, str]]:
    """Yield the filters without a choice of their own that may be added."""
    for key, alert in alerts_shown(named).items():
        if key not in wanted.alerts:
            yield {"label": alert.filter, "href": url_with(alert=[*wanted.alerts, key], page=None)}
    for level in LEVELS:
        if level != wanted.stages.get("silent"):
            yield {"label": _stage("silent", level), "href": url_with(silent=level, page=None)}
    for band in BANDS if named else ():
        if band != wanted.band:
            yield {"label": f"with a {band}", "href": url_with(band=band, page=None)}


def _stage(name: str, value: str) -> str:
    """Return the phrase of a stage: «where a user has answered»."""
    if value in ("any", "all"):
        return {"surveyed": "where somebody was asked", "heard": "where somebody has answered"}.get(
            name, "heard on every level"
        )
    one, many = level_name(value).lower(), level_name(value, many=True).lower()
    return {
        "wanted": f"where {many} are wanted",
        "surveyed": f"where {many} were asked",
        "heard": f"where {many} have answered",
        "covered": f"where enough {many} have answered",
        "silent": f"where no {one} has answered",
    }[name]


def _chip(label: str, name: str) -> dict[str, str]:
    return {"label": label, "remove": url_with(**{name: None, "page": None})}


def _sort(named: bool) -> str:
    given = request.args.get("sort", DEFAULT_SORT)
    return DEFAULT_SORT if not named and given.removeprefix("-") in OF_ANSWERS else given


def _values(name: str) -> tuple[str, ...]:
    given = (value.replace("\0", "").strip()[:200] for value in request.args.getlist(name)[:20])
    return tuple(dict.fromkeys(filter(None, given)))


def _is_id(given: str) -> bool:
    return given.isascii() and given.isdecimal() and len(given) <= 3 * LONGEST_NUMBER


def _amount(name: str, faults: dict[str, str]) -> Decimal | None:
    """Return the amount typed under `name`, thousands set apart or not; notes a fault and returns None else."""
    given = text_asked(name)
    bare = given.replace(",", "").replace(" ", "").replace("\u00a0", "").replace("’", "").replace("'", "")
    if not bare:
        return None
    try:
        found = Decimal(bare)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= LARGEST_AMOUNT:
        faults[name] = f"«{given[:40]}» is no amount; write it in figures, such as 250,000."
        return None
    return found.quantize(CENT)
