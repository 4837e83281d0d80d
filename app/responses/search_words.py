"""In which configuration PostgreSQL reads the words of a comment, by its language. Pure: SQL text, no database.

The expressions are part of the schema (`response.search_words`): a change here needs a migration.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SIMPLE = "simple"

_LANGUAGES = """
    ar arabic, hy armenian, eu basque, ca catalan, da danish, nl dutch, en english, fi finnish, fr french, de german,
    el greek, hi hindi, hu hungarian, id indonesian, ga irish, it italian, lt lithuanian, ne nepali, nb norwegian,
    nn norwegian, no norwegian, pt portuguese, ro romanian, ru russian, sr serbian, es spanish, sv swedish, ta tamil,
    tr turkish, yi yiddish
"""
CONFIGURATIONS: Mapping[str, str] = MappingProxyType(
    {each.split()[0]: each.split()[1] for each in _LANGUAGES.split(",")}
)
"""Language → configuration, of those that every PostgreSQL from 15 on has; all other languages are read as they are."""

UNSPACED = r"([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af])"
"""Characters of languages that put no space between words: each is a word of its own, and words are phrases of them."""


def by_language(language: str, configurations: Mapping[str, str], otherwise: str) -> str:
    """Return the SQL that chooses among expressions by the language in the SQL expression `language`."""
    cases = " ".join(
        f"WHEN '{tag}' THEN {configurations[name]}" for tag, name in CONFIGURATIONS.items() if name in configurations
    )
    return f"CASE split_part({language}, '-', 1) {cases} ELSE {otherwise} END"


_READ = {name: f"'{name}'::regconfig" for name in (*CONFIGURATIONS.values(), SIMPLE)}
_REGCONFIG = by_language("language", _READ, _READ[SIMPLE])

WORDS = f"to_tsvector({_REGCONFIG}, regexp_replace(comments::text, '{UNSPACED}', ' \\1 ', 'g')::jsonb)"
"""The words of all comments of a response, as its generated column keeps them."""
