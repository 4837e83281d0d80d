"""Texts of a survey in several languages, with placeholders that never leave a hole.

A text is written once for each language, as one sentence or as a list of alternatives, best first:

    greeting:
      en: ["Hello {first_name},", "Hello,"]

The first alternative whose placeholders all have a value is used. The last one may use nothing but
`{company}`, which every brand has, and `{object}`, which the survey itself says, so there is always one that fits.
Nothing here knows about HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, PlainSerializer, RootModel
from pydantic_core import PydanticCustomError

from app.surveys.cleaning import single_line

PLACEHOLDERS = ("company", "account", "first_name", "product", "touchpoint", "object")
ALWAYS_KNOWN = frozenset({"company", "object"})

SAMPLE_VALUES: Mapping[str, str | None] = {
    "account": "Example Works",
    "first_name": "Robin",
    "product": "Series 400",
    "touchpoint": "#4711",
}
"""An invented reader, for previews and tests; words that read the same in every language."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _alternatives(written: object) -> tuple[str, ...]:
    listed = list(written) if isinstance(written, list | tuple) else [written]
    texts = [text.strip() for text in listed if isinstance(text, str)]
    if len(texts) < len(listed) or not texts:
        raise _problem("should be a text, or a list of alternative texts, best first")
    if not all(texts):
        raise _problem("is empty; write the text that people will read")
    for text in texts:
        _check_placeholders(text)
    if needed := placeholders_in(texts[-1]) - ALWAYS_KNOWN:
        shown = ", ".join(f"{{{name}}}" for name in sorted(needed))
        raise _problem(f"needs a last alternative without {shown}, for when that is not known")
    return tuple(texts)


def _check_placeholders(text: str) -> None:
    for name in sorted(placeholders_in(text)):
        if name not in PLACEHOLDERS:
            near = get_close_matches(name, PLACEHOLDERS, n=1)
            known = ", ".join(f"{{{known}}}" for known in near or PLACEHOLDERS)
            raise _problem(f"{{{name}}} is not a placeholder; {'did you mean' if near else 'there are'} {known}")
    if set("{}") & set(_PLACEHOLDER.sub("", text)):
        raise _problem("has a brace without its other half; write placeholders as {company}")


def placeholders_in(text: str) -> set[str]:
    """Return the names of the values that one alternative depends on."""
    return set(_PLACEHOLDER.findall(text))


def _problem(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("wording", "{sentence}", {"sentence": sentence})


def _as_written(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)


Alternatives = Annotated[tuple[str, ...], BeforeValidator(_alternatives), PlainSerializer(_as_written)]


class Text(RootModel[dict[str, Alternatives]]):
    """One text by language tag, each with its alternatives."""

    model_config = ConfigDict(frozen=True)

    @property
    def has_placeholders(self) -> bool:
        """Whether any alternative in any language depends on a value."""
        return bool(self.placeholders)

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the values that any alternative in any language depends on."""
        written = (alternative for alternatives in self.root.values() for alternative in alternatives)
        return frozenset(name for alternative in written for name in placeholders_in(alternative))


def fill(text: Text, lang: str, values: Mapping[str, str | None]) -> str:
    """Return the first alternative of `text` that `values` can fill, as plain text.

    Values are cleaned and put in once: braces inside a value stay what they are. KeyError when the text
    has no such language; LookupError when not even `company` is given.
    """
    alternatives = text.root[lang]
    if "{" not in alternatives[0]:  # as nearly all are, a hundred on a page
        return alternatives[0]
    known = {name: line for name, value in values.items() if value and (line := single_line(value))}
    for alternative in alternatives:
        if placeholders_in(alternative) <= known.keys():
            return _PLACEHOLDER.sub(lambda found: known[found[1]], alternative)
    raise LookupError(f"no alternative can be filled without a company name: {text.root[lang]!r}")
