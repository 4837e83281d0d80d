"""Takes a page or a mail apart: its tags, and what a person sees or hears of it."""

from __future__ import annotations

from html.parser import HTMLParser

SPOKEN = ("alt", "title", "aria-label", "placeholder")
Attributes = dict[str, str | None]


class Reader(HTMLParser):
    """One document, read from top to bottom. Words marked as another language (the switch) are not `heard`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Attributes]] = []
        self.heard: list[str] = []
        self._muted = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.tags.append((tag, own))
        self._muted = tag in ("style", "script") or "aria-current" in own or (tag in ("a", "button") and "lang" in own)
        self.heard += [value for name, value in attrs if name in SPOKEN and value]
        self.heard += [
            value
            for name, value in attrs
            if name.startswith("data-") and name != "data-bands" and value and " " in value
        ]

    def handle_endtag(self, tag: str) -> None:
        self._muted = False

    def handle_data(self, data: str) -> None:
        if not self._muted and data.strip():
            self.heard.append(data.strip())

    def all(self, tag: str, **wanted: str) -> list[Attributes]:
        """Return the attributes of each such tag, in order."""
        found = (attrs for name, attrs in self.tags if name == tag)
        return [attrs for attrs in found if all(attrs.get(name) == value for name, value in wanted.items())]

    @property
    def text(self) -> str:
        """What is seen and heard, on one line."""
        return " ".join(" ".join(self.heard).split())
