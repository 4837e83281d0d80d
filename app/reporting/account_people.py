"""The people of an account's page: by level, each with a disc and words, and what a level comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from app.accounts.models import Level
from app.core.formats import level_name
from app.reporting.anonymity import Anonymity, unnamed
from app.reporting.scenarios import Voice
from app.surveys.metrics import METRICS, Score, display
from app.surveys.published import published

Row = Mapping[str, Any]

STANDS: Mapping[str | None, tuple[str, str]] = {
    "silent": ("asked", "asked, no answer yet"),
    "asked": ("asked", "asked"),
    "break_off": ("asked", "opened, no score yet"),
    "refused": ("refused", "does not want mail"),
    "bounced": ("bounced", "the mail came back"),
    "unknown": ("asked", "may have been asked"),
    "not_sent": ("waiting", "not asked yet"),
    None: ("waiting", "chosen, not asked yet"),
}
"""How an invitation without an answer stands: the kind of its disc, and the words."""


@dataclass(frozen=True)
class Tier:
    """One level of the pyramid: its people, seats that nobody fills, and what its answers come to."""

    level: Level
    people: list[dict[str, Any]]
    empty: int
    target: int
    asked: int
    counts: Counter[int]
    score: dict[str, Any] | None
    before: dict[str, Any] | None

    @property
    def answers(self) -> int:
        """Return how many on this level answered."""
        return self.counts.total()

    @property
    def coverage(self) -> Fraction | None:
        """Return the part of the target that is heard, None where nobody is wanted."""
        return Fraction(min(self.answers, self.target), self.target) if self.target else None


def tiers(line: Row | None, before: Row | None, people: Sequence[Row], metric: str, shown: Anonymity) -> list[Tier]:
    """Return the levels from the top, the unknown one only when somebody stands there."""
    found = [_tier(level, line, before, people, metric, shown) for level in Level]
    return [tier for tier in found if tier.level != Level.UNKNOWN or tier.people]


def voices(line: Row, metric: str) -> list[Voice]:
    """Return the levels of a standing for the rules that compare them."""
    return [_voice(level, line, metric) for level in Level]


def said(row: Row, metric: str) -> dict[str, Any]:
    """Return a person's row with name, band, and the reasons in the words of the version that was answered."""
    words: dict[str, Any] = {"name": full_name(row), "band": None, "reasons": [], "quotes": []}
    if row["score"] is not None:
        definition = published(row["survey_version_id"]).definition
        labels = [definition.driver_label(path, definition.default_language) for path in row["drivers"]]
        words |= {"band": METRICS[metric].band(row["score"]), "reasons": labels, "quotes": _quotes(row)}
    return {**row, **words}


def full_name(row: Row) -> str:
    """Return how a person is called: the name, else the address, else the id; a deleted one is called so."""
    name = " ".join(filter(None, (row["first_name"], row["last_name"])))
    return name or row.get("email") or row["external_id"] or "deleted contact"


def level_score(counts: Counter[int], metric: str) -> dict[str, Any] | None:
    """Return the score of these answers as it is written; of one answer the answer and its band, None without any."""
    n = counts.total()
    if not n:
        return None
    if n == 1:
        answer = next(iter(counts.elements()))
        return {"n": 1, "answer": answer, "band": METRICS[metric].band(answer)}
    found = METRICS[metric].score(counts)
    return None if found is None else {"n": n, **_written(found, metric)}


def counts_of(line: Row | None, level: str | None = None) -> Counter[int]:
    """Return how often each answer was given at an account, on one level or on all of them."""
    found: Counter[int] = Counter()
    for key, people in (line["tally"] if line else {}).items():
        where, _, what = key.partition(".")
        if what.isdecimal() and level in (None, where):
            found[int(what)] += people
    return found


def _written(score: Score, metric: str) -> dict[str, str]:
    digits = 1 if metric == "ces" else 0
    parts = {"value": score.value, "low": score.low, "high": score.high}
    return {name: display(part, digits) for name, part in parts.items()}


def _tier(
    level: Level, line: Row | None, before: Row | None, people: Sequence[Row], metric: str, shown: Anonymity
) -> Tier:
    there = [_person(row, metric, shown) for row in people if row["level"] == level]
    target = line[f"target_{level}"] if line and level != Level.UNKNOWN else 0
    counts = counts_of(line, level)
    return Tier(
        level=level,
        people=there,
        empty=max(target - line[f"seats_{level}"], 0) if line and target else 0,
        target=target,
        asked=line[f"sent_{level}"] if line else 0,
        counts=counts,
        score=level_score(counts, metric) if shown.named else None,
        before=level_score(counts_of(before, level), metric) if shown.named else None,
    )


def _person(row: Row, metric: str, shown: Anonymity) -> dict[str, Any]:
    words = said(row if shown.named else unnamed(row), metric)
    kind, stands = STANDS.get(words["disposition"], STANDS[None])
    if words["band"]:
        kind, stands = words["band"], words["band"].capitalize()
    elif row["by_machine"] and shown.named:
        stands = "only a mail program pressed a score; it does not count"
    return {**words, "disc": kind, "stands": stands, "notes": _notes(row, shown), "when": words["answered_at"]}


def _notes(row: Row, shown: Anonymity) -> list[str]:
    """Return what has changed since the wave froze this person, and how far the answer is to be trusted."""
    notes = []
    if row["level_now"] is not None and row["level_now"] != row["level"]:
        notes.append(f"{level_name(row['level_now']).lower()} by now; {level_name(row['level']).lower()} in this wave")
    if row["moved_to"]:
        notes.append(f"now at {row['moved_to_name']}")
    if row["score"] is not None and shown.named:
        notes += ["not finished"] if row["state"] == "partial" else []
        notes += ["may be a mail program"] if row["verdict"] == "suspect" else []
    return notes


def _quotes(row: Row) -> list[str]:
    return [str(words) for words in row["comments"].values() if words]


def _voice(level: Level, line: Row, metric: str) -> Voice:
    bands = METRICS[metric].bands(counts_of(line, level))
    tally = line["tally"]
    return Voice(
        level=level,
        target=line.get(f"target_{level}", 0),
        asked=line[f"sent_{level}"],
        bounced=tally.get(f"{level}.bounced", 0),
        promoters=bands["promoter"],
        passives=bands["passive"],
        detractors=bands["detractor"],
    )
