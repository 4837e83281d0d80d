"""Every page a customer can get, and definitions with a part changed."""

from __future__ import annotations

from typing import Any

from app.surveys.answers import FieldFault, Typed
from app.surveys.definition import Definition, validate
from app.surveys.rendering import (
    NOTHING_TYPED,
    Page,
    failed_page,
    notice_page,
    survey_page,
    thanks_page,
    unsubscribe_page,
)

VALUES = {"first_name": "Maria", "account": "Nordwind Logistik"}
URLS = {
    "action_url": "/s/token?lang=de",
    "change_url": "/s/token?step=1&lang=de",
    "unsubscribe_url": "/u/token",
    "languages": {"en": "/s/token?lang=en", "de": "/s/token?lang=de"},
}


MISSING = FieldFault("score", "missing", "")
FAULTS = [FieldFault("driver", "unknown", "weather"), FieldFault("comment.why", "too_long", "5312")]
BANDS = {"promoter": 10, "passive": 8, "detractor": 6}


def changed(definition: Definition, *, questions: dict[str, Any] | None = None, **parts: Any) -> Definition:
    """Return the definition with other parts; its questions are changed one by one."""
    content = definition.model_dump(mode="json")
    return validate({**content, **parts, "questions": {**content["questions"], **(questions or {})}}, "changed")


def in_every_language(definition: Definition, text: str) -> dict[str, str]:
    return dict.fromkeys(definition.languages, text)


def every_page(definition: Definition, brand, lang: str) -> dict[str, Page]:
    def asked(step: str, shown: Typed = NOTHING_TYPED, **more: Any) -> Page:
        return survey_page(definition, brand, lang, step=step, shown=shown, values=VALUES, **URLS, **more)

    def thanked(score: int) -> Page:
        return thanks_page(definition, brand, lang, values=VALUES, score=score, change_url="/c")

    return {
        "score": asked("score", is_test=True),
        "score marked": asked("score", Typed(9)),
        "score faults": asked("score", faults=[MISSING]),
        **{f"reasons {band}": asked("draft", Typed(score)) for band, score in BANDS.items()},
        "reasons faults": asked("complete", Typed(0, ("support",)), faults=FAULTS),
        **{f"thanks {band}": thanked(score) for band, score in BANDS.items()},
        **{kind: notice_page(kind, brand, lang) for kind in ("wrong", "closed", "failed", "too_large")},
        "failed post": failed_page(brand, lang, action_url="/s/token", posted=[("score", "9")]),
        "wrong, no brand": notice_page("wrong", None, lang),
        **{kind: unsubscribe_page(kind, brand, lang, action_url="/u/token") for kind in ("ask", "done", "undone")},
        "ask, no brand": unsubscribe_page("ask", None, lang, action_url="/u/token"),
    }
