"""Names, addresses and domains of invented people and companies. Nothing here knows what the people do."""

from __future__ import annotations

import random
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae", "ł": "l", "đ": "d", "ı": "i"}
)
_LEGAL_FORM = re.compile(r" (?:AB|AG|B\.V\.|GmbH|eG)$")
_LOCAL_PARTS = ("{first}.{last}", "{initial}.{last}", "{first}_{last}", "{last}.{first}")


class Name(NamedTuple):
    """What one person is called."""

    first: str
    last: str


def letters(text: str) -> str:
    """Return `text` as an address spells it: lower case, a–z and hyphens only."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPELLED))
    return re.sub(r"[^a-z-]", "", plain)


def domain(company: str) -> str:
    """Return the mail domain of a company, without its legal form, below `.example`."""
    return f"{letters(_LEGAL_FORM.sub('', company)).replace('-', '')}.example"


def picked(weights: dict[str, int], rng: random.Random) -> str:
    """Return one of the keys of `weights`, as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


class Directory:
    """The names and addresses of one company: every person another name, all addresses by one pattern."""

    def __init__(self, company: str, rng: random.Random) -> None:
        self._rng = rng
        self._pattern = rng.choice(_LOCAL_PARTS) + "@" + domain(company)
        self._taken: set[str] = set()

    def add(self, cultures: dict[str, int]) -> tuple[Name, str]:
        """Return the name and the address of a further person."""
        while True:
            names = people()["names"][picked(cultures, self._rng)]
            name = Name(self._rng.choice(names["first"]), self._rng.choice(names["last"]))
            first, last = letters(name.first), letters(name.last)
            address = self._pattern.format(first=first, last=last, initial=first[0])
            if address not in self._taken and f"{first} {last}" not in self._taken:
                self._taken |= {address, f"{first} {last}"}
                return name, address


@cache
def people() -> dict[str, Any]:
    """Return the sample company's names and titles as `people.yaml` lists them."""
    text = Path(__file__).with_name("people.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
