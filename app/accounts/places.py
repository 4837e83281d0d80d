"""Countries, languages, time zones and currencies by the names that people and CRMs give them.

The lists are CLDR's, by way of Babel, and the machine's own time zones; they are read when first asked for.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale
from babel.core import get_global

from app.accounts.cells import Unreadable
from app.accounts.text import squashed, visible

_NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_NO_LANGUAGE = {"mis", "mul", "und", "zxx"}
_NO_ZONE = {"Factory", "localtime", "posixrules"}
_ALSO_CALLED = {
    "unitedstatesofamerica": "US",
    "greatbritain": "GB",
    "czechrepublic": "CZ",
    "turkey": "TR",
    "vietnam": "VN",
    "russianfederation": "RU",
    "korea": "KR",
    "republicofkorea": "KR",
    "southkorea": "KR",
    "hongkong": "HK",
    "macau": "MO",
    "holland": "NL",
    "thenetherlands": "NL",
    "ivorycoast": "CI",
    "burma": "MM",
    "swaziland": "SZ",
    "macedonia": "MK",
}


def country(cell: str) -> str | None:
    """Read a country, by ISO 3166 code of two or three letters or English name, as its code of two letters."""
    shown = visible(cell)
    code = _countries().get(squashed(shown)) if shown else None
    if shown and not code:
        raise Unreadable("is no country (write its ISO code, such as US or DE)")
    return code


def language(cell: str) -> str | None:
    """Read a language, by tag (`pt-BR`, `pt_BR`) or English name, as a BCP 47 tag."""
    shown = visible(cell)
    tag = (_languages().get(squashed(shown)) or _tag(shown)) if shown else None
    if shown and not tag:
        raise Unreadable("is no language (write its ISO code, such as en or pt-BR)")
    return tag


def time_zone(cell: str) -> str | None:
    """Read a time zone, by its IANA name in any case or its Windows name, as its IANA name."""
    shown = visible(cell)
    zone = _zones().get(shown.casefold()) if shown else None
    if shown and not zone:
        raise Unreadable("is no time zone (write its IANA name, such as Europe/Berlin)")
    return zone


def currency(cell: str) -> str | None:
    """Read a currency by its ISO 4217 code."""
    shown = visible(cell).upper()
    if shown and shown not in _english().currencies:
        raise Unreadable("is no currency (write its ISO code, such as USD or EUR)")
    return shown or None


def country_name(code: str) -> str | None:
    """Return the English name of a country by its ISO code, None for a code of none."""
    return _territories().get(code.upper())


def language_name(tag: str) -> str | None:
    """Return the English name of a language by its tag, None for a tag of none."""
    return _english().languages.get(tag.replace("-", "_"))


@cache
def country_names() -> Mapping[str, str]:
    """Return every country of ISO 3166 by its code of two letters, in the order of their English names."""
    return dict(sorted(((code, _territories()[code]) for code in set(_countries().values())), key=lambda pair: pair[1]))


@cache
def _english() -> Locale:
    return Locale("en")


@cache
def _territories() -> Mapping[str, str]:
    return dict(_english().territories.items())


@cache
def _countries() -> Mapping[str, str]:
    codes = {code for code in _territories() if len(code) == 2 and code.isalpha()} - _NO_COUNTRY
    known = {squashed(_territories()[code]): code for code in codes} | _ALSO_CALLED
    aliases: Mapping[str, Sequence[str]] = get_global("territory_aliases")
    for alias, targets in aliases.items():
        if alias.isalpha() and len(targets) == 1 and targets[0] in codes:
            known[alias.casefold()] = targets[0]
    return known | {code.casefold(): code for code in codes}


@cache
def _languages() -> Mapping[str, str]:
    names = {code.replace("_", "-"): name for code, name in _english().languages.items() if code not in _NO_LANGUAGE}
    return {squashed(name): tag for tag, name in names.items()} | {squashed(tag): tag for tag in names}


@cache
def _zones() -> Mapping[str, str]:
    known = {zone.casefold(): zone for zone in zoneinfo.available_timezones() - _NO_ZONE}
    windows = {name.casefold(): zone for name, zone in get_global("windows_zone_mapping").items()}
    return windows | known


def _tag(shown: str) -> str | None:
    first, *others = shown.replace("_", "-").split("-")
    subtags = [_languages().get(first.casefold()) if len(first) <= 3 else None, *map(_subtag, others)]
    return "-".join(filter(None, subtags)) if all(subtags) and len(subtags) <= 3 else None


def _subtag(text: str) -> str | None:
    script = text.title()
    return _countries().get(text.casefold()) if len(text) == 2 else script if script in _english().scripts else None
