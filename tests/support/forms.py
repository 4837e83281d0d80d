"""What a browser would send of the form on a page, so that tests send a form as it is offered."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


def filled(page: str, form: str = "campaign") -> dict[str, Any]:
    """Return the fields of the form with this id as a browser would send them untouched, name → value or values."""
    reader = _Form(form)
    reader.feed(page)
    return {name: values[0] if len(values) == 1 else values for name, values in reader.fields.items()}


class _Form(HTMLParser):
    """Collects what the controls of one form hold."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form
        self.fields: dict[str, list[str]] = {}
        self._inside = False
        self._select: str | None = None
        self._area: str | None = None
        self._chosen: str | None = None
        self._first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag == "form":
            self._inside = given.get("id") == self._form
        if not self._inside:
            return
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.fields.setdefault(name, []).append(value)
        elif tag == "select":
            self._select, self._chosen, self._first = name, None, None
        elif tag == "option" and self._select:
            self._first = value if self._first is None else self._first
            self._chosen = value if "selected" in given else self._chosen
        elif tag == "textarea" and name:
            self._area = name
            self.fields.setdefault(name, []).append("")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = None
        elif tag == "select" and self._select:
            self.fields.setdefault(self._select, []).append(
                self._chosen if self._chosen is not None else self._first or ""
            )
            self._select = None
