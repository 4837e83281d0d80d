"""Answers made ready to be shown: the band, the reasons in the words of the version answered, comments with marks."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.reporting.comment_search import marked, texts
from app.reporting.driver_names import DriverNames
from app.reporting.drivers import top_of
from app.surveys.metrics import METRICS
from app.surveys.published import published

DELETED = "deleted contact"


def in_words(row: dict[str, Any], search: str = "") -> dict[str, Any]:
    """Return an answer's row with what a page writes; `search` is what its comments were searched for."""
    definition = published(row["survey_version_id"]).definition
    names = DriverNames([definition])
    return {
        **row,
        "who": person_of(row),
        "metric": definition.metric,
        "band": METRICS[definition.metric].band(row["score"]),
        "reasons": [names.full(path) for path in finest(row["drivers"])],
        "said": [marked(str(comment), search) for _, comment in sorted(row["comments"].items())],
        "href": url_for("answers.show", invitation_id=row["invitation_id"]),
        "account_href": url_for("accounts.sheet", account_id=row["account_id"], wave=row["wave_id"]),
    }


def finest(drivers: list[str]) -> list[str]:
    """Return the drivers an answer named, without parents whose children say more."""
    return [path for path in drivers if not any(other.startswith(path + "/") for other in drivers)]


def person_of(row: dict[str, Any]) -> str:
    """Return the name of whoever answered."""
    return " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["contact_key"] or DELETED


HEADER = (
    *("Answer", "Wave", "Campaign", "Account ID", "Account", "Contact ID", "First name", "Last name", "Job title"),
    *("Level", "Account manager", "Score", "Band", "State", "Drivers tier 1", "Drivers tier 2", "Reasons", "Comment"),
    *("Language", "Verdict", "Survey version", "Answered at", "Changed at"),
)


def csv_line(row: dict[str, Any]) -> tuple[object, ...]:
    """Return an answer as a line of a file; keys of drivers never change, reasons are the labels people saw."""
    said = in_words(row)
    tops = dict.fromkeys(map(top_of, row["drivers"]))
    return (
        *(row["invitation_id"], row["wave_key"], row["campaign"], row["account_key"], row["account"]),
        *(row["contact_key"], row["first_name"], row["last_name"], row["job_title"], row["level"]),
        *(row["segments"].get("manager"), row["score"], said["band"], row["state"], " ".join(tops)),
        " ".join(path for path in row["drivers"] if "/" in path),
        "; ".join(said["reasons"]),
        "\n\n".join(texts(row["comments"])),
        *(row["language"], row["verdict"], row["survey_version_id"]),
        *(row["answered_at"].isoformat(), row["changed_at"].isoformat()),
    )
