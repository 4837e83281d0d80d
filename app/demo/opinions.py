"""What the sample company's customers say when they are asked, so that the demo has a story to tell.

The story: users answer gladly and are content; the people who decide at the largest customers stay silent or are
cross; support and implementation cost points, account management earns them. The same dice tell the same story.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from app.surveys.definition import Definition

LARGE = Decimal(1_500_000)
"""From this annual value on, decision makers are hard to please and hard to reach."""

_ANSWERING = {"decision_maker": 0.33, "influencer": 0.38, "user": 0.48}
_LIKING = {"decision_maker": 7.5, "influencer": 7.8, "user": 8.7}
_ANYBODY = 0.35, 7.8
_LARGE_DECIDER = 0.22, 4.8
_STOPPING = 0.08
_COLD = -0.4
_WRITING = 0.5

_TOPICS = {
    "promoter": {"account_management": 10, "product": 5, "support": 1, "implementation": 1, "value": 2},
    "passive": {"account_management": 2, "product": 5, "support": 5, "implementation": 5, "value": 3},
    "detractor": {"account_management": 1, "product": 2, "support": 9, "implementation": 8, "value": 3},
}
_SORE_POINTS = {
    "Logistics": "support",
    "Public Transport": "support",
    "Healthcare": "implementation",
    "Chemicals": "implementation",
    "Financial Services": "value",
    "Retail": "value",
}


@dataclass(frozen=True)
class Invited:
    """Somebody who got the mail; `annual_value` is the account's, None when nobody knows it."""

    account: str
    annual_value: Decimal | None
    level: str
    industry: str | None
    language: str | None
    first_name: str | None


@dataclass(frozen=True)
class Opinion:
    """An answer. `drivers` are paths of the definition in its order, parents with their children.

    One that is not complete is a score and nothing else.
    """

    score: int
    drivers: tuple[str, ...]
    comment: str | None
    complete: bool
    language: str


class _Remark(NamedTuple):
    path: str
    words: str


def opinions(people: Iterable[Invited], definition: Definition, rng: random.Random) -> Iterator[Opinion | None]:
    """Yield the opinion of each of `people`; nobody repeats what another one wrote."""
    written: set[str] = set()
    for person in people:
        said = opinion(person, definition, rng)
        if said and said.comment in written:
            said = replace(said, comment=None)
        if said and said.comment:
            written.add(said.comment)
        yield said


def opinion(person: Invited, definition: Definition, rng: random.Random) -> Opinion | None:
    """Return what this person answers, or None when they stay silent."""
    mood = _mood(person.account)
    answering, liking = _temper(person)
    if rng.random() >= answering + 0.04 * mood or _turned_away(person, mood):
        return None
    score = _score(liking + 1.2 * mood + rng.gauss(0, 2), definition.scale)
    language = _language(person.language, definition)
    if rng.random() < _STOPPING:
        return Opinion(score, (), None, complete=False, language=language)
    band = definition.band(score)
    topics = _topics(band, person.industry, definition, rng)
    remark = _remark(language, band, topics, person, rng) if rng.random() < _WRITING else None
    drivers = _drivers(topics, remark, definition, rng)
    return Opinion(score, drivers, remark.words if remark else None, complete=True, language=language)


def _temper(person: Invited) -> tuple[float, float]:
    """Return how likely such a person is to answer, and how much they like us, from 0 to 10."""
    if person.level == "decision_maker" and (person.annual_value or 0) >= LARGE:
        return _LARGE_DECIDER
    answering, liking = _ANYBODY
    return _ANSWERING.get(person.level, answering), _LIKING.get(person.level, liking)


def _turned_away(person: Invited, mood: float) -> bool:
    """Tell the large accounts that nobody hears a word from: they are on their way out, and only coverage shows it."""
    return mood < _COLD and (person.annual_value or 0) >= LARGE


def _mood(account: str) -> float:
    """Return how an account as a whole stands to us, from -1 to 1: colleagues talk to each other."""
    return random.Random(account).uniform(-1, 1)  # noqa: S311  a story, no secret


def _score(liking: float, scale: range) -> int:
    place = round(liking / 10 * (len(scale) - 1))
    return scale[min(max(place, 0), len(scale) - 1)]


def _language(wanted: str | None, definition: Definition) -> str:
    for tag in (wanted or "", (wanted or "").partition("-")[0]):
        if tag in definition.languages:
            return tag
    return definition.default_language


def _topics(band: str, industry: str | None, definition: Definition, rng: random.Random) -> list[str]:
    """Return one to three tier-1 drivers, the first one weighing most on this person's mind."""
    weights = {path: _TOPICS[band].get(path, 3) for path in definition.driver_paths if "/" not in path}
    sore = _SORE_POINTS.get(industry or "")
    if sore in weights and band != "promoter":
        weights[sore] *= 2
    topics = []
    for _ in range(min(rng.choices((1, 2, 3), (5, 4, 1))[0], len(weights))):
        topic = rng.choices(list(weights), list(weights.values()))[0]
        del weights[topic]
        topics.append(topic)
    return topics


def _remark(language: str, band: str, topics: list[str], person: Invited, rng: random.Random) -> _Remark | None:
    fitting = [remark for remark in _remarks(language, band) if remark.path.partition("/")[0] == topics[0]]
    if not fitting:
        return None
    path, words = rng.choice(fitting)
    return _Remark(path, words.format(first_name=person.first_name or "").rstrip())


def _drivers(topics: list[str], remark: _Remark | None, definition: Definition, rng: random.Random) -> tuple[str, ...]:
    """Return the topics with what about them: always what the remark speaks of, as far as the survey knows it."""
    named = set(topics)
    for topic in topics:
        details = [path for path in definition.driver_paths if path.startswith(f"{topic}/")]
        named.update(rng.sample(details, min(rng.choices((0, 1, 2), (2, 6, 2))[0], len(details))))
    if remark:
        named.add(remark.path)
    return tuple(path for path in definition.driver_paths if path in named)


@cache
def _remarks(language: str, band: str) -> tuple[_Remark, ...]:
    text = Path(__file__).with_name("comments.yaml").read_text(encoding="utf-8")
    by_path = yaml.safe_load(text).get(language, {})
    return tuple(_Remark(path, words) for path, bands in by_path.items() for words in bands.get(band, ()))
