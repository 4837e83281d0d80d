"""What a person sent with the form, read against the definition: an answer, or what is wrong with it.

Pure: no request, no database; what to keep of it is decided elsewhere. Every value here is hostile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from app.surveys.cleaning import clean_text
from app.surveys.definition import Definition

COMMENT_LIMIT = 5_000

Field = Literal["score", "driver", "comment"]
Code = Literal["missing", "invalid", "unknown", "too_long"]
Step = Literal[1, 2]


class Form(Protocol):
    """Submitted values by name; `werkzeug.datastructures.MultiDict` is one."""

    def getlist(self, key: str, /) -> list[str]:
        """Return every value sent under `key`."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A valid answer. After step 1 `drivers` and `comment` were not asked yet; step 2 completes it.

    `drivers` are paths (`support`, `support/response_time`) in the definition's order, each once,
    a parent before its children and always with them.
    """

    score: int
    drivers: tuple[str, ...]
    comment: str
    step: Step


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field; `given` is the value (for a comment: its length)."""

    field: Field
    code: Code
    given: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent, as far as a form can show it again."""

    score: int | None
    selected: tuple[str, ...]
    comment: str


def read_answer(definition: Definition, form: Form) -> Answer | list[FieldFault]:
    """Return the answer in `form`, or every fault in it.

    Fields: `score`, `driver` (many), `comment`, `step` ("1", or "2" for the reasons; anything else is 1).
    """
    step: Step = 2 if form.getlist("step") == ["2"] else 1
    seen = typed(definition, form)
    faults = [*_score_faults(seen, form), *_driver_faults(definition, form), *_comment_faults(seen)]
    if faults or seen.score is None:
        return faults
    return Answer(seen.score, _with_parents(definition, seen.selected), seen.comment, step)


def typed(definition: Definition, form: Form) -> Typed:
    """Return what `form` holds, leaving out only what the page could not show; never a fault."""
    sent = set(form.getlist("driver"))
    selected = tuple(path for path in definition.driver_paths if path in sent)
    return Typed(_score(definition, form), selected, clean_text("\n".join(form.getlist("comment"))))


def _score(definition: Definition, form: Form) -> int | None:
    sent = {value.strip() for value in form.getlist("score")}
    return next((number for number in definition.scale if sent == {str(number)}), None)


def _score_faults(seen: Typed, form: Form) -> Iterable[FieldFault]:
    if seen.score is None:
        given = ", ".join(form.getlist("score")).strip()
        yield FieldFault("score", "invalid" if given else "missing", given[:60])


def _driver_faults(definition: Definition, form: Form) -> Iterable[FieldFault]:
    unknown = set(form.getlist("driver")) - set(definition.driver_paths)
    if unknown:
        yield FieldFault("driver", "unknown", min(unknown)[:60])


def _comment_faults(seen: Typed) -> Iterable[FieldFault]:
    if len(seen.comment) > COMMENT_LIMIT:
        yield FieldFault("comment", "too_long", str(len(seen.comment)))


def _with_parents(definition: Definition, selected: tuple[str, ...]) -> tuple[str, ...]:
    named = {*selected, *(path.partition("/")[0] for path in selected)}
    return tuple(path for path in definition.driver_paths if path in named)
