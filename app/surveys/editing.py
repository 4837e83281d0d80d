"""What a person does to a draft in the designer, as the form sends it. Pure: a draft and a form in, a new draft out.

Fields are named by the path of what they hold, as it is in the draft the form was made from:
`questions.score.text.en` (once for each alternative), `promoter_link.url`, `metric`; `order:questions.drivers` (the old
places in their new order); `new:questions.drivers` (the label of a reason that does not exist yet); and `do`, one deed
on one path, such as `retire:questions.drivers[2]`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from typing import Any

from app.core.errors import Refused
from app.surveys import stock
from app.surveys.cleaning import clean_text, single_line
from app.surveys.definition import Driver, Rating, TopDriver
from app.surveys.drafting import Draft, at, blank, put, texts
from app.surveys.metrics import METRICS

Fields = Mapping[str, Sequence[str]]

_KEY_LENGTH = 40
_MOST_COMMENTS, _MOST_RATINGS, _MOST_REMINDERS = 2, 6, 2


def edited(draft: Draft, fields: Fields, *, published: Collection[str] = ()) -> Draft:
    """Return `draft` with what `fields` says; fields that the draft has no place for are passed over.

    `published` are the paths of drivers (`support/response_time`) that some version asked: those are never removed.
    Refused for a deed that cannot be done.
    """
    draft = deepcopy(draft)
    _write(draft, fields)
    lists = _lists(draft)
    deed, _, path = "".join(fields.get("do", ())[:1]).partition(":")
    target = _target(draft, path) if deed else None
    for name, items in lists.items():
        _reorder(items, fields.get(f"order:{name}", ()))
    for name, items in lists.items():
        for label in fields.get(f"new:{name}", ()):
            _append(draft, name, items, single_line(label))
    if deed:
        _do(draft, deed, path, target, published)
    return draft


def key_from(label: str, taken: Collection[str], fallback: str) -> str:
    """Return a lasting key made from `label`, in the letters a key may have, that is none of `taken`."""
    plain = unicodedata.normalize("NFKD", label.casefold().replace("ß", "ss")).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    base = base if base[:1].isalpha() else f"{fallback}_{base}".strip("_")
    base = base[: _KEY_LENGTH - 4].strip("_")
    numbered = (base, *(f"{base}_{number}" for number in range(2, len(taken) + 3)))
    return next(key for key in numbered if key not in taken)


def with_language(draft: Draft, lang: str) -> Draft:
    """Return `draft` with one more language, its texts filled in where a ready-made survey says the same."""
    draft = deepcopy(draft)
    if lang in draft["languages"]:
        return draft
    draft["languages"].append(lang)
    for _, text in texts(draft):
        if known := stock.translation(text.get(draft["default_language"]), draft["default_language"], lang):
            text[lang] = known
    return draft


def without_language(draft: Draft, lang: str) -> Draft:
    """Return `draft` without a language and all its texts; Refused for the source language."""
    if lang == draft["default_language"]:
        raise Refused("The source language stays. Make another language the source first.")
    draft = deepcopy(draft)
    draft["languages"] = [tag for tag in draft["languages"] if tag != lang]
    for _, text in texts(draft):
        text.pop(lang, None)
    return draft


def with_words_of(draft: Draft, lang: str, other: Draft) -> Draft:
    """Return `draft` with the language `lang` and the texts that `other` has in it."""
    draft = deepcopy(draft)
    if lang not in draft["languages"]:
        draft["languages"].append(lang)
    theirs = dict(texts(other))
    for path, text in texts(draft):
        if lang not in text and lang in theirs.get(path, {}):
            text[lang] = deepcopy(theirs[path][lang])
    return draft


def with_source(draft: Draft, lang: str) -> Draft:
    """Return `draft` with another source language, which is also what people get whose own is not there."""
    if lang not in draft["languages"]:
        raise Refused("This survey does not have that language.")
    return {**deepcopy(draft), "default_language": lang}


def _write(draft: Draft, fields: Fields) -> None:
    for path, text in texts(draft):
        for lang in draft["languages"]:
            if (given := fields.get(f"{path}.{lang}")) is not None:
                put(text, lang, [clean_text(line) for line in given])
    if draft["promoter_link"] and "promoter_link.url" in fields:
        draft["promoter_link"]["url"] = single_line(fields["promoter_link.url"][0])
    if "".join(fields.get("metric", ())) in METRICS:
        draft["metric"] = fields["metric"][0]


def _lists(draft: Draft) -> dict[str, list[Any]]:
    """The lists people order and add to, by path; those inside others first, so that places still fit."""
    questions = draft["questions"]
    found = {f"questions.drivers[{place}].drivers": item["drivers"] for place, item in enumerate(questions["drivers"])}
    found["questions.drivers"] = questions["drivers"]
    if questions["ratings"]:
        found["questions.ratings.items"] = questions["ratings"]["items"]
    return found


def _reorder(items: list[Any], order: Sequence[str]) -> None:
    if sorted(order) == sorted(str(place) for place in range(len(items))):
        items[:] = [items[int(place)] for place in order]


def _append(draft: Draft, name: str, items: list[Any], label: str) -> None:
    if not label:
        return
    if name.endswith("ratings.items"):
        _room(items, _MOST_RATINGS, "aspects")
        item, words, fallback = blank(Rating), "text", "aspect"
    else:
        item, words, fallback = blank(TopDriver if name == "questions.drivers" else Driver), "label", "reason"
        draft["questions"]["reasons"] = draft["questions"]["reasons"] or stock.part("questions.reasons", draft)
    item["key"] = key_from(label, [other["key"] for other in items], fallback)
    source = draft["default_language"]
    item[words] = {lang: known for lang in draft["languages"] if (known := stock.translation(label, source, lang))}
    item[words][source] = label
    items.append(item)


def _target(draft: Draft, path: str) -> tuple[list[Any], Any] | None:
    """The list that `path` is in and what stands there, found before anything moves."""
    inside, bracket, _ = path.rpartition("[")
    if not bracket or not path.endswith("]"):
        return None
    try:
        return at(draft, inside), at(draft, path)
    except LookupError:
        raise _gone() from None


def _do(draft: Draft, deed: str, path: str, target: Any, published: Collection[str]) -> None:
    if deed == "add":
        _add(draft, path)
    elif deed == "remove" and target is None:
        _remove_part(draft, path)
    elif target is not None and deed in _DEEDS:
        items, item = target
        if deed == "remove" and path.startswith("questions.drivers") and _driver_path(draft, item) in published:
            raise Refused("A published version asked this reason, so answers may name it. Retire it instead.")
        _DEEDS[deed](items, item)
    else:
        raise _gone()


def _add(draft: Draft, path: str) -> None:
    if path in stock.OPTIONAL:
        if at(draft, path) is None:
            parent, _, name = path.rpartition(".")
            at(draft, parent)[name] = stock.part(path, draft)
    elif path == "questions.comments":
        comments = draft["questions"]["comments"]
        _room(comments, _MOST_COMMENTS, "open questions")
        comments.append(stock.comment(draft))
    elif path == "mail.reminders":
        _room(draft["mail"]["reminders"], _MOST_REMINDERS, "reminders")
        draft["mail"]["reminders"].append(stock.reminder(draft))
    elif path not in _lists(draft):
        raise _gone()


def _remove_part(draft: Draft, path: str) -> None:
    if path not in stock.OPTIONAL:
        raise _gone()
    parent, _, name = path.rpartition(".")
    at(draft, parent)[name] = None


def _room(items: list[Any], most: int, what: str) -> None:
    if len(items) >= most:
        raise Refused(f"There is room for {most} {what}; this survey has {len(items)}.")


def _driver_path(draft: Draft, item: Any) -> str:
    for parent in draft["questions"]["drivers"]:
        if parent is item:
            return str(parent["key"])
        if any(child is item for child in parent["drivers"]):
            return f"{parent['key']}/{item['key']}"
    return ""


def _place(items: list[Any], item: Any) -> int:
    return next(place for place, other in enumerate(items) if other is item)


def _move(by: int) -> Callable[[list[Any], Any], None]:
    def move(items: list[Any], item: Any) -> None:
        place = _place(items, item)
        items.insert(max(place + by, 0), items.pop(place))

    return move


def _retire(retired: bool) -> Callable[[list[Any], Any], None]:
    def retire(items: list[Any], item: Any) -> None:
        if "retired" not in item:
            raise _gone()
        item["retired"] = retired

    return retire


def _remove(items: list[Any], item: Any) -> None:
    del items[_place(items, item)]


_DEEDS: Mapping[str, Callable[[list[Any], Any], None]] = {
    "up": _move(-1),
    "down": _move(1),
    "retire": _retire(True),
    "return": _retire(False),
    "remove": _remove,
}


def _gone() -> Refused:
    return Refused("That part of the survey is not there any more. Reload the page and try again.")
