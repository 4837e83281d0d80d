"""What a person sent with the form, read against the definition: an answer, or what is wrong with it.

Pure: no request, no database; what to keep of it is decided elsewhere. Every value here is hostile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from app.surveys.cleaning import clean_text
from app.surveys.definition import Definition

COMMENT_LIMIT = 5_000
RATING_SCALE = range(1, 8)

Code = Literal["missing", "invalid", "unknown", "too_long"]
Step = Literal["score", "draft", "complete"]

_STEPS: Mapping[str, Step] = {"1": "score", "2": "complete", "draft": "draft"}


class Form(Protocol):
    """Submitted values by name; `werkzeug.datastructures.MultiDict` is one."""

    def getlist(self, key: str, /) -> list[str]:
        """Return every value sent under `key`."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A valid answer. Step «score» knows nothing but the score; «draft» is the whole form so far, «complete» its end.

    `drivers` are paths (`support`, `support/response_time`) in the definition's order, each once, a parent before its
    children and always with them. `comments` and `ratings` are by key, without those left open. `may_contact` is None
    where it was not asked.
    """

    score: int
    drivers: tuple[str, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    ratings: Mapping[str, int] = field(default_factory=dict)
    may_contact: bool | None = None
    step: Step = "complete"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of the form; `given` is the value (for a comment: its length)."""

    field: str
    code: Code
    given: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent, as far as a form can show it again."""

    score: int | None
    selected: tuple[str, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    ratings: Mapping[str, int] = field(default_factory=dict)
    may_contact: bool = False


def read_answer(definition: Definition, form: Form) -> Answer | list[FieldFault]:
    """Return the answer in `form`, or every fault in it.

    Fields: `score`, `driver` (many), `comment.<key>`, `rating.<key>`, `contact` ("yes"), and `step`: "1" for the score
    alone, "draft" for the form as it stands, "2" when it is sent; anything else is "1".
    """
    seen = typed(definition, form)
    faults = [
        *_score_faults(seen, form),
        *_driver_faults(definition, form),
        *_rating_faults(definition, form),
        *_comment_faults(seen),
    ]
    if faults or seen.score is None:
        return faults
    step = step_of(form)
    return Answer(seen.score, step=step) if step == "score" else _answer(definition, seen, seen.score, step)


def rescued(definition: Definition, form: Form) -> Answer | None:
    """Return what can be kept of a draft with faults; None when `form` is no draft, or without a score.

    Somebody may leave before a text is short enough: until then its beginning is kept.
    """
    seen = typed(definition, form)
    if seen.score is None or step_of(form) != "draft":
        return None
    beginnings = {key: comment[:COMMENT_LIMIT].rstrip() for key, comment in seen.comments.items()}
    return _answer(definition, replace(seen, comments=beginnings), seen.score, "draft")


def _answer(definition: Definition, seen: Typed, score: int, step: Step) -> Answer:
    return Answer(
        score,
        _with_parents(definition, seen.selected),
        {key: comment for key, comment in seen.comments.items() if comment},
        seen.ratings,
        seen.may_contact if definition.questions.contact else None,
        step,
    )


def step_of(form: Form) -> Step:
    """Return which step `form` says it is."""
    return _STEPS.get("".join(form.getlist("step")), "score")


def typed(definition: Definition, form: Form) -> Typed:
    """Return what `form` holds, leaving out only what the page could not show; never a fault."""
    sent = set(form.getlist("driver"))
    selected = tuple(path for path in definition.driver_paths if path in sent)
    comments = {
        verbatim.key: clean_text("\n".join(form.getlist(f"comment.{verbatim.key}")))
        for verbatim in definition.questions.comments
    }
    ratings = {
        key: number for key in _rating_keys(definition) if (number := _number(form, f"rating.{key}", RATING_SCALE))
    }
    score = _number(form, "score", definition.scale)
    return Typed(score, selected, comments, ratings, form.getlist("contact") == ["yes"])


def _rating_keys(definition: Definition) -> tuple[str, ...]:
    ratings = definition.questions.ratings
    return tuple(item.key for item in ratings.items) if ratings else ()


def _number(form: Form, name: str, scale: range) -> int | None:
    sent = {value.strip() for value in form.getlist(name)}
    return next((number for number in scale if sent == {str(number)}), None)


def _score_faults(seen: Typed, form: Form) -> Iterable[FieldFault]:
    if seen.score is None:
        given = ", ".join(form.getlist("score")).strip()
        yield FieldFault("score", "invalid" if given else "missing", given[:60])


def _driver_faults(definition: Definition, form: Form) -> Iterable[FieldFault]:
    unknown = set(form.getlist("driver")) - set(definition.driver_paths)
    if unknown:
        yield FieldFault("driver", "unknown", min(unknown)[:60])


def _rating_faults(definition: Definition, form: Form) -> Iterable[FieldFault]:
    for key in _rating_keys(definition):
        given = ", ".join(form.getlist(f"rating.{key}")).strip()
        if given and _number(form, f"rating.{key}", RATING_SCALE) is None:
            yield FieldFault(f"rating.{key}", "invalid", given[:60])


def _comment_faults(seen: Typed) -> Iterable[FieldFault]:
    for key, comment in seen.comments.items():
        if len(comment) > COMMENT_LIMIT:
            yield FieldFault(f"comment.{key}", "too_long", str(len(comment)))


def _with_parents(definition: Definition, selected: tuple[str, ...]) -> tuple[str, ...]:
    named = {*selected, *(path.partition("/")[0] for path in selected)}
    return tuple(path for path in definition.driver_paths if path in named)
