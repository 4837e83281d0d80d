"""What changed between two states of a survey, in words. Pure: two drafts in, a list of changes out.

Parts that have a key are recognised by it, wherever they stand: a reason that moved has moved and was not replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from app.surveys.drafting import Draft, at, texts
from app.surveys.naming import label_of, language_name, words

Kind = Literal["added", "removed", "reworded", "changed"]

_KEYED = ("questions.drivers", "questions.comments", "questions.ratings.items")
_OPTIONAL = ("questions.object", "questions.reasons", "questions.ratings", "questions.contact", "promoter_link")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what it is about in words, and for a text its language with what it said before and says now."""

    kind: Kind
    what: str
    lang: str | None = None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that comes and goes as a whole, or a text."""

    what: str
    text: dict[str, Any] | None = None


def compare(old: Draft, new: Draft) -> list[Change]:
    """Return what one has to do to `old` to get `new`, in the order of the survey."""
    return [
        *_single_values(old, new),
        *_languages(old, new),
        *_parts(old, new),
        *_orders(old, new),
    ]


def _single_values(old: Draft, new: Draft) -> Iterator[Change]:
    for name in ("metric", "default_language"):
        if old[name] != new[name]:
            yield Change("changed", words(new, name), None, old[name], new[name])
    links = [(draft["promoter_link"] or {}).get("url") for draft in (old, new)]
    if all(links) and links[0] != links[1]:
        yield Change("changed", words(new, "promoter_link.url"), None, *links)
    before, after = _drivers(old), _drivers(new)
    for path, driver in after.items():
        if path in before and before[path]["retired"] != driver["retired"]:
            said = "is no longer asked" if driver["retired"] else "is asked again"
            yield Change("changed", f"Reason «{label_of(new, driver)}» {said}")


def _languages(old: Draft, new: Draft) -> Iterator[Change]:
    for lang in new["languages"]:
        if lang not in old["languages"]:
            yield Change("added", f"Language: {language_name(lang)}")
    for lang in old["languages"]:
        if lang not in new["languages"]:
            yield Change("removed", f"Language: {language_name(lang)}")


def _parts(old: Draft, new: Draft) -> Iterator[Change]:
    before, after = _inventory(old), _inventory(new)
    both = [lang for lang in new["languages"] if lang in old["languages"]]
    yield from _only_in(after, before, "added")
    yield from _only_in(before, after, "removed")
    for path, part in after.items():
        was = before.get(path)
        if part.text is None or was is None or was.text is None:
            continue
        for lang in both:
            said, says = _shown(was.text.get(lang)), _shown(part.text.get(lang))
            if said != says:
                yield Change("reworded", part.what, lang, said, says)


def _only_in(here: dict[str, _Part], there: dict[str, _Part], kind: Kind) -> Iterator[Change]:
    whole = ""
    for path, part in here.items():
        if path in there or (whole and path.startswith(whole)):
            continue
        whole = path
        yield Change(kind, part.what)


def _orders(old: Draft, new: Draft) -> Iterator[Change]:
    before = dict(_lists(old))
    for path, (what, keys) in _lists(new):
        kept = [key for key in keys if key in before.get(path, ("", {}))[1]]
        was = [key for key in before.get(path, ("", {}))[1] if key in keys]
        if kept != was:
            old_labels, labels = before[path][1], keys
            said = [", ".join(labels_[key] for key in order) for labels_, order in ((old_labels, was), (labels, kept))]
            yield Change("changed", f"Order of: {what}", None, *said)


def _inventory(draft: Draft) -> dict[str, _Part]:
    """Parts and texts of `draft` by a path with keys in the place of numbers; parts before what is in them."""
    found: dict[str, _Part] = {}
    for path, text in texts(draft):
        for whole in _wholes(path):
            found.setdefault(_lasting(draft, whole), _Part(words(draft, whole)))
        found[_lasting(draft, path)] = _Part(words(draft, path), text)
    return found


def _wholes(path: str) -> list[str]:
    """The parts around the text at `path` that can come and go, outermost first."""
    ends = [found.end() for found in re.finditer(r"\]", path)]
    optional = [name for name in _OPTIONAL if path == name or path.startswith(f"{name}.")]
    return [*optional, *(path[:end] for end in ends)]


def _lasting(draft: Draft, path: str) -> str:
    def key(found: re.Match[str]) -> str:
        item = at(draft, path[: found.end()])
        return f"[{item.get('key', found[1])}]"

    return re.sub(r"\[(\d+)\]", key, path)


def _lists(draft: Draft) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    """Every list of keyed items: its lasting path, what it is called, and the label of each key in order."""
    for path in _KEYED:
        if path.startswith("questions.ratings") and draft["questions"]["ratings"] is None:
            continue
        items = at(draft, path)
        yield path, (words(draft, path), {item["key"]: label_of(draft, item) for item in items})
        if path == "questions.drivers":
            for place, item in enumerate(items):
                labels = {child["key"]: label_of(draft, child) for child in item["drivers"]}
                yield f"{path}[{item['key']}]", (words(draft, f"{path}[{place}].drivers"), labels)


def _drivers(draft: Draft) -> dict[str, dict[str, Any]]:
    found = {}
    for parent in draft["questions"]["drivers"]:
        found[parent["key"]] = parent
        found |= {f"{parent['key']}/{child['key']}": child for child in parent["drivers"]}
    return found


def _shown(alternatives: str | list[str] | None) -> str | None:
    return "\n".join(alternatives) if isinstance(alternatives, list) else alternatives
