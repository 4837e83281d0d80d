"""The filters of the answers in addresses: read, said in words, and offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.core.formats import level_name
from app.core.listing import page_asked, text_asked
from app.core.navigation import url_with
from app.reporting.answering import NEWEST_FIRST, SORTS, VERDICTS, WITHOUT_DRIVER, Wanted
from app.reporting.cutting import chips, cut_asked
from app.reporting.driver_names import NO_REASON, DriverNames
from app.reporting.seen import Seen
from app.surveys.metrics import BANDS

ALL_WAVES = "all"

VERDICT_WORDS = {
    "human": "people only",
    "suspect": "suspect ones only",
    "machine": "by mail gateways, left out elsewhere",
}
SORT_WORDS = {
    "-changed_at": "newest first",
    "changed_at": "oldest first",
    "score": "lowest score first",
    "-score": "highest score first",
    "account": "account, A to Z",
    "-account": "account, Z to A",
}
_FORM = frozenset({"q", "band", "driver", "language", "company", "verdict", "commented", "sort", "page", "level"})


def wanted_answers(wave_id: int | None) -> Wanted:
    """Return which answers the address asks for; what cannot be is passed over."""
    band, verdict, sort = text_asked("band"), text_asked("verdict"), text_asked("sort")
    return Wanted(
        wave_id=wave_id,
        campaign_id=_id_asked("campaign"),
        cut=cut_asked(),
        band=band if band in BANDS else "",
        driver=text_asked("driver"),
        language=text_asked("language"),
        account_id=_id_asked("account"),
        company=text_asked("company"),
        verdict=verdict if verdict in VERDICTS else "",
        commented=bool(text_asked("commented")),
        search=text_asked(),
        sort=sort if sort in SORTS else NEWEST_FIRST,
        page=page_asked(),
    )


def _id_asked(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def plain_filters() -> list[tuple[str, str]]:
    """Return what the address says beside the fields of the form, to be kept by it."""
    return [(name, value) for name, values in request.args.lists() if name not in _FORM for value in values]


def filters_in_force(wanted: Wanted, names: DriverNames) -> list[dict[str, Any]]:
    """Return the filters in force as chips, each with the address without it."""
    said = {
        "band": f"{wanted.band}s",
        "driver": f"because of «{driver_in_words(wanted.driver, names)}»",
        "language": f"in {wanted.language}",
        "company": f"accounts with «{wanted.company}»",
        "verdict": VERDICT_WORDS.get(wanted.verdict, ""),
        "commented": "with a comment",
        "account": "of one account",
        "campaign": "of one campaign",
    }
    given = {**vars(wanted), "account": wanted.account_id, "campaign": wanted.campaign_id}
    found = {name: words for name, words in said.items() if given[name]}
    removed = {name: url_with(**{name: None, "page": None}) for name in found}
    return [*chips(wanted.cut), *({"label": words, "remove": removed[name]} for name, words in found.items())]


def driver_in_words(driver: str, names: DriverNames) -> str:
    """Return what people call the driver in an address."""
    return NO_REASON if driver == WITHOUT_DRIVER else names.full(driver)


Choices = dict[str, list[tuple[str, str]]]


def choices(session: Session, wanted: Wanted, names: DriverNames, found: Seen | None) -> Choices:
    """Return what each list of the form offers, as (value, words)."""
    asked = found.definition.driver_paths if found else ()
    paths = sorted({*asked, wanted.driver} - {WITHOUT_DRIVER, ""})
    languages = sorted({*_languages(session, found), wanted.language} - {""})
    return {
        "band": [("", "Any score"), *((band, f"{band.capitalize()}s") for band in BANDS)],
        "level": [("", "Any level"), *((level.value, level_name(level, many=True)) for level in Level)],
        "driver": [("", "Any reason"), (WITHOUT_DRIVER, NO_REASON), *((path, names.full(path)) for path in paths)],
        "language": [("", "Any language"), *((language, language) for language in languages)],
        "verdict": [
            ("", "People and suspect ones"),
            *((key, said.capitalize()) for key, said in VERDICT_WORDS.items()),
        ],
        "commented": [("", "With or without a comment"), ("yes", "With a comment")],
        "sort": [(key, said.capitalize()) for key, said in SORT_WORDS.items()],
    }


def _languages(session: Session, found: Seen | None) -> Sequence[str]:
    return (
        found.definition.languages if found else session.scalars(text("SELECT DISTINCT language FROM response")).all()
    )
