"""Finds the links of a mail, so that a person sees where each leads without clicking. Pure rules."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple


class Link(NamedTuple):
    """What a reader clicks on, and where it leads."""

    words: str
    address: str


def links_of(html: str) -> list[Link]:
    """Return the links of `html` in reading order, each address once; one without words is called by its address."""
    reader = _LinkReader()
    reader.feed(html)
    reader.close()
    first: dict[str, Link] = {}
    for link in reader.links:
        first.setdefault(link.address, link)
    return list(first.values())


class _LinkReader(HTMLParser):
    """Collects every `<a href>`; words are what stands inside, images by their alternative text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self._address: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self._address, self._words = given["href"], []
        elif tag == "img" and self._address:
            self._words.append(given.get("alt") or "")

    def handle_data(self, data: str) -> None:
        if self._address:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address:
            words = " ".join(" ".join(self._words).split())
            self.links.append(Link(words or self._address, self._address))
            self._address = None
