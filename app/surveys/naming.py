"""What the parts of a survey are called when people speak about them: in the designer, in comparisons, in faults."""

from __future__ import annotations

import re
from typing import Any

from babel import Locale, UnknownLocaleError

from app.surveys.drafting import Draft, at, steps
from app.surveys.metrics import METRICS, Band

METRIC_NAMES = {"nps": "NPS, 0 to 10", "ces": "CES, 1 to 7", "csat": "CSAT, 1 to 5", "enps": "eNPS, 0 to 10"}

_BANDS = {"promoter": "promoters", "passive": "passives", "detractor": "detractors"}
_NAMES = {
    "title": "Name of the survey",
    "metric": "Metric",
    "default_language": "Source language",
    "languages": "Languages",
    "questions.greeting": "Greeting",
    "questions.object": "What {object} stands for",
    "questions.score.text": "Question",
    "questions.score.low": "Words for the lowest number",
    "questions.score.high": "Words for the highest number",
    "questions.reasons": "Question above the reasons",
    "questions.drivers": "Reasons",
    "questions.drivers[]": "Reason «{label}»",
    "questions.drivers[].drivers": "Reasons below «{label}»",
    "questions.drivers[].drivers[]": "Reason «{label}» below «{parent}»",
    "questions.comments": "Open questions",
    "questions.comments[]": "Open question {n}",
    "questions.ratings": "Ratings",
    "questions.ratings.text": "Question above the ratings",
    "questions.ratings.low": "What 1 means",
    "questions.ratings.high": "What 7 means",
    "questions.ratings.items": "Aspects to rate",
    "questions.ratings.items[]": "Aspect «{label}»",
    "questions.contact": "May we contact you",
    "mail.subject": "Subject",
    "mail.preheader": "Line after the subject",
    "mail.intro": "Opening",
    "mail.greeting": "Salutation",
    "mail.closing": "Closing",
    "mail.button": "Link for those who do not see the numbers",
    "mail.reminders": "Reminders",
    "mail.reminders[]": "Reminder {n}",
    "thanks": "Thank you",
    "promoter_link": "Link for promoters",
    "promoter_link.url": "Address of the link for promoters",
    "promoter_link.label": "Words of the link for promoters",
}
_LEAVES = {"subject": "subject", "preheader": "line after the subject", "intro": "opening"}


def language_name(tag: str) -> str:
    """Return the English name of a language: «German» for de; the tag itself where Babel knows none."""
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


def language_direction(tag: str) -> str:
    """Return which way a language is written: ltr or rtl."""
    return str(Locale.parse(tag, sep="-").text_direction)


def band_scores(metric: str) -> dict[Band, str]:
    """Return the scores of each band in words, such as «9–10»."""
    found: dict[Band, str] = {}
    for band in ("promoter", "passive", "detractor"):
        scores = [score for score in METRICS[metric].scale if METRICS[metric].band(score) == band]
        found[band] = f"{scores[0]}–{scores[-1]}" if len(scores) > 1 else str(scores[0])
    return found


def words(draft: Draft, path: str) -> str:
    """Return what stands at `path` of `draft`, without its language, in words."""
    path, band = _parted(path, tuple(_BANDS))
    said = _NAMES.get(re.sub(r"\[\d+\]", "[]", path))
    if said is None:
        parent, leaf = _parted(path, ("label", "text", *_LEAVES))
        said = _NAMES.get(re.sub(r"\[\d+\]", "[]", parent), path)
        said = _filled(draft, parent, said) + (f", {_LEAVES[leaf]}" if leaf in _LEAVES else "")
    else:
        said = _filled(draft, path, said)
    return f"{said}, for {_BANDS[band]}" if band else said


def label_of(draft: Draft, item: dict[str, Any]) -> str:
    """Return how people know an item: its words in the source language, else in any, else its key."""
    text = item.get("label") or item.get("text") or {}
    text = text.get("promoter", text)
    said = text.get(draft["default_language"]) or next(iter(text.values()), item.get("key", ""))
    return said if isinstance(said, str) else said[0]


def _parted(path: str, leaves: tuple[str, ...]) -> tuple[str, str]:
    parent, _, leaf = path.rpartition(".")
    return (parent, leaf) if leaf in leaves else (path, "")


def _filled(draft: Draft, path: str, said: str) -> str:
    if "{label}" not in said and "{n}" not in said and "{parent}" not in said:
        return said
    places = [step for step in steps(path) if isinstance(step, int)]
    owner = path[: path.rindex("]") + 1]
    above = owner[: owner.index("]") + 1]
    label = "" if "{n}" in said else label_of(draft, at(draft, owner))
    parent = label_of(draft, at(draft, above)) if "{parent}" in said else ""
    return said.replace("{label}", label).replace("{parent}", parent).replace("{n}", str(places[-1] + 1))
