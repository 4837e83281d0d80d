"""What an account's levels say together, in sentences: who is missing, and who disagrees with whom. Pure rules.

A level is content when it has more promoters than detractors, unhappy when it has fewer (ours): a sign that needs no
threshold and means the same for every metric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["careful", "good", "note"]

NAMES: Mapping[str, tuple[str, str]] = {
    "decision_maker": ("decision maker", "decision makers"),
    "influencer": ("influencer", "influencers"),
    "user": ("user", "users"),
    "unknown": ("person of unknown level", "people of unknown level"),
}
"""Each level as sentences call one of its people, and many."""


@dataclass(frozen=True)
class Voice:
    """One level of an account in a wave: answers wanted, people asked, mails that came back, answers by band."""

    level: str
    target: int = 0
    asked: int = 0
    bounced: int = 0
    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def answers(self) -> int:
        """Return how many answered."""
        return self.promoters + self.passives + self.detractors

    @property
    def balance(self) -> int:
        """Return promoters less detractors."""
        return self.promoters - self.detractors


@dataclass(frozen=True)
class Scenario:
    """One finding: its name, its sentence, and how it is meant."""

    key: str
    sentence: str
    tone: Tone = "careful"


def scenarios(voices: Sequence[Voice], *, score: str | None = None) -> list[Scenario]:
    """Return what the levels say together, what is missing first; `score` is the account's, as it is displayed."""
    heard = sum(voice.answers for voice in voices)
    if not heard:
        return [_silence(voices)]
    return [*_missing(voices), *_opinions(voices, score)]


def of_counts_only(found: Sequence[Scenario]) -> list[Scenario]:
    """Return those that tell who was heard and nothing of what they said, for pages that may not show more."""
    return [each for each in found if each.key in _OF_COUNTS]


_OF_COUNTS = frozenset(
    {
        "nobody_asked",
        "all_bounced",
        "nobody_heard",
        "top_not_heard",
        "only_top_heard",
        "only_users_heard",
        "level_unknown",
    }
)


def _silence(voices: Sequence[Voice]) -> Scenario:
    asked, bounced = sum(voice.asked for voice in voices), sum(voice.bounced for voice in voices)
    if not asked:
        return Scenario("nobody_asked", "Nobody at this account has been asked in this wave.", "note")
    people = _people(asked)
    if bounced == asked:
        return Scenario("all_bounced", f"{people} asked, and every mail came back: the addresses need a look.")
    back = f"; {bounced} of the mails came back" if bounced else ""
    return Scenario("nobody_heard", f"{people} asked, and nobody has answered{back}.")


def _missing(voices: Sequence[Voice]) -> Iterator[Scenario]:
    by = {voice.level: voice for voice in voices}
    top, users, unknown = (by.get(level, Voice(level)) for level in ("decision_maker", "user", "unknown"))
    below = sum(voice.answers for voice in voices) - top.answers
    if top.target and not top.answers:
        yield Scenario("top_not_heard", f"Nobody at the top has been heard: {_not_there(top)}.")
    if top.answers and not below and _wanted(voice for voice in voices if voice is not top):
        yield Scenario("only_top_heard", "Only decision makers have been heard, and nobody below them.")
    others = [voice for voice in voices if voice.level not in ("user", "unknown")]
    if users.answers and not any(voice.answers for voice in voices if voice.level != "user") and _wanted(others):
        yield Scenario("only_users_heard", "Only users have been heard.")
    if unknown.answers and not top.answers + below - unknown.answers:
        yield Scenario("level_unknown", "Nobody knows on which level those who answered stand.", "note")


def _wanted(voices: Iterable[Voice]) -> bool:
    return any(voice.target for voice in voices)


def _not_there(top: Voice) -> str:
    """Say why no decision maker answered."""
    if not top.asked:
        return "no decision maker was asked"
    who = _count(top.asked, "decision_maker")
    if top.bounced == top.asked:
        return f"{who} asked, and every mail came back"
    return f"{who} asked, no answer yet"


def _opinions(voices: Sequence[Voice], score: str | None) -> Iterator[Scenario]:
    heard = [voice for voice in voices if voice.answers]
    total = sum(voice.balance for voice in heard)
    for rule in _RULES:
        found = rule(heard, total, score)
        if found:
            yield found
    yield from _together(heard)


def _together(heard: Sequence[Voice]) -> Iterator[Scenario]:
    """Say what all levels have in common, or that they are apart where no single one is to be named."""
    unhappy, content = ([voice for voice in heard if sign * voice.balance > 0] for sign in (-1, 1))
    if len(unhappy) > 1 and content:
        yield Scenario("apart", f"The levels disagree: {_names(unhappy)} are unhappy, {_names(content)} content.")
    if len(heard) > 1 and all(voice.balance < 0 for voice in heard):
        yield Scenario("all_unhappy", "Every level that was heard is unhappy.")
    if len(heard) > 1 and all(voice.balance > 0 for voice in heard):
        yield Scenario("all_content", "Every level that was heard is content.", "good")


def _top_low(heard: Sequence[Voice], total: int, score: str | None) -> Scenario | None:
    top = next((voice for voice in heard if voice.level == "decision_maker"), None)
    if top is None or top.balance >= 0 or total <= 0:
        return None
    led = f"The score of {score} hides the top" if score else "The sum hides the top"
    return Scenario("top_low", f"{led}: {_share(top)}.")


def _alone(level: str) -> Callable[[Sequence[Voice], int, str | None], Scenario | None]:
    def rule(heard: Sequence[Voice], total: int, score: str | None) -> Scenario | None:
        voice = next((each for each in heard if each.level == level), None)
        others = [each for each in heard if each.level != level]
        if voice is None or voice.balance >= 0 or not others or any(each.balance < 0 for each in others):
            return None
        if level == "decision_maker" and total > 0:
            return None  # said already, with the score that hides it
        return Scenario(f"only_{level}s_unhappy", f"Only the {NAMES[level][1]} are unhappy: {_share(voice)}.")

    return rule


_RULES = (_top_low, _alone("decision_maker"), _alone("influencer"), _alone("user"))


def _names(voices: Sequence[Voice]) -> str:
    return " and ".join(NAMES[voice.level][1] for voice in voices)


def _share(voice: Voice) -> str:
    verb = "is a detractor" if voice.detractors == 1 else "are detractors"
    return f"{voice.detractors} of {voice.answers} {NAMES[voice.level][voice.answers != 1]} {verb}"


def _people(count: int) -> str:
    return "One person was" if count == 1 else f"{count} people were"


def _count(count: int, level: str) -> str:
    return f"one {NAMES[level][0]} was" if count == 1 else f"{count} {NAMES[level][1]} were"
