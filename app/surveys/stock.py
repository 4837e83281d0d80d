"""Words to begin with: parts of the ready-made surveys in the languages of a new one, to be written over.

Nothing here is a text of its own, so that whatever the designer puts into a survey is as complete as what ships.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from app.surveys.definition import PromoterLink, Ratings, definitions
from app.surveys.drafting import Draft, at, blank, shaped, texts
from app.surveys.texts import LANGUAGES

OPTIONAL = ("questions.object", "questions.reasons", "questions.ratings", "questions.contact", "promoter_link")

_BASE = "relationship_nps"
_FIRST_CHOICE: Mapping[str, str] = {"nps": _BASE, "ces": "support_ces", "csat": "delivery_csat", "enps": "enps"}


def skeleton(key: str, title: str, metric: str, languages: Iterable[str]) -> Draft:
    """Return a small survey that can be published as it is: one question of `metric`, one comment, a mail, thanks."""
    langs = [lang for lang in LANGUAGES if lang in set(languages)]
    source = _asking(metric)
    draft = deepcopy(_drafts()[source["key"] if metric == "enps" else _BASE])
    draft |= {"key": key, "metric": metric, "languages": langs, "default_language": langs[0], "promoter_link": None}
    questions = draft["questions"]
    questions |= {name: deepcopy(source["questions"][name]) for name in ("score", "object")}
    questions |= {"reasons": None, "drivers": [], "ratings": None, "contact": None}
    questions["comments"] = questions["comments"][:1]
    draft = _only(draft, langs)
    draft["title"] = dict.fromkeys(langs, title)
    return draft


def part(path: str, draft: Draft) -> Any:
    """Return an optional part as a ready-made survey has it, one of the same metric if it can be; else an empty one."""
    for known in _nearest_first(draft):
        if (found := at(known, path)) is not None:
            return _in_languages(found, draft)
    empty: Mapping[str, Any] = {"questions.ratings": blank(Ratings), "promoter_link": blank(PromoterLink)}
    return deepcopy(empty.get(path, {}))


def comment(draft: Draft) -> Draft:
    """Return an open question that `draft` does not have yet."""
    taken = {comment["key"] for comment in draft["questions"]["comments"]}
    stocked = [comment for known in _nearest_first(draft) for comment in known["questions"]["comments"]]
    fresh = next((comment for comment in stocked if comment["key"] not in taken), stocked[0])
    key = fresh["key"] if fresh["key"] not in taken else next(key for key in ("why", "improve") if key not in taken)
    return {**_in_languages(fresh, draft), "key": key}


def reminder(draft: Draft) -> Draft:
    """Return the words of the next reminder."""
    stocked = _drafts()[_BASE]["mail"]["reminders"]
    place = min(len(draft["mail"]["reminders"]), len(stocked) - 1)
    found: Draft = _in_languages(stocked[place], draft)
    return found


def translation(words: str | list[str] | None, source: str, target: str) -> str | list[str] | None:
    """Return what a ready-made survey says in `target` where it says `words` in `source`; None when none does."""
    return _memory(source, target).get(_as_key(words)) if words else None


@cache
def _memory(source: str, target: str) -> dict[tuple[str, ...], str | list[str]]:
    every = [text for draft in _drafts().values() for _, text in texts(draft)]
    return {_as_key(text[source]): text[target] for text in reversed(every) if source in text and target in text}


def _as_key(words: str | list[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


@cache
def _drafts() -> dict[str, Draft]:
    return {key: shaped(each.model_dump(mode="json"), key) for key, each in definitions().items()}


def _asking(metric: str) -> Draft:
    drafts = _drafts()
    first = drafts.get(_FIRST_CHOICE.get(metric, ""))
    if first and first["metric"] == metric:
        return first
    return next((draft for draft in drafts.values() if draft["metric"] == metric), drafts[_BASE])


def _nearest_first(draft: Draft) -> list[Draft]:
    nearest = _asking(draft["metric"])
    return [nearest, *(known for known in _drafts().values() if known is not nearest)]


def _only(draft: Draft, langs: list[str]) -> Draft:
    for _, text in texts(draft):
        for lang in text.keys() - set(langs):
            del text[lang]
    return draft


def _in_languages(found: Any, draft: Draft) -> Any:
    """A copy of a part of a survey whose texts are in the languages of `draft` alone."""
    if isinstance(found, list):
        return [_in_languages(item, draft) for item in found]
    if not isinstance(found, dict):
        return found
    if found and found.keys() <= set(LANGUAGES):
        return {lang: deepcopy(words) for lang, words in found.items() if lang in draft["languages"]}
    return {name: _in_languages(value, draft) for name, value in found.items()}
