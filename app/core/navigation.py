"""Finding one's way in the admin: the list of stages on the left, campaign and wave on top, addresses of this page.

Stages register themselves where the program is composed; no stage is named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode

from flask import Flask, current_app, g, request

from app.core.auth.sessions import may_open

_EXTENSION = "quorum_navigation"
_NOTICES = "quorum_notices"


@dataclass(frozen=True)
class Entry:
    """A line of the navigation; `order` follows the order of the stages."""

    order: int
    label: str
    endpoint: str


@dataclass(frozen=True)
class InView:
    """The campaign and wave the page speaks about; `others` are (label, address) of what one may switch to."""

    campaign: str
    wave: str | None = None
    href: str | None = None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Notice:
    """Something that people should see wherever they are in the admin: a sentence, and the page that says more."""

    sentence: str
    endpoint: str


def add_notices(app: Flask, tell: Callable[[], Iterable[Notice]]) -> None:
    """Let `tell` be asked on every page of the admin for what people should see there."""
    app.extensions.setdefault(_NOTICES, []).append(tell)


def notices() -> list[Notice]:
    """Return what people should see on this page; a page never points at itself."""
    tellers = cast("list[Callable[[], Iterable[Notice]]]", current_app.extensions.get(_NOTICES, []))
    return [notice for tell in tellers for notice in tell() if notice.endpoint != request.endpoint]


def add(app: Flask, *, label: str, endpoint: str, order: int) -> None:
    """Put a page into the navigation of the admin."""
    app.extensions.setdefault(_EXTENSION, []).append(Entry(order, label, endpoint))


def entries() -> list[Entry]:
    """Return the navigation in the order of the stages, without what is not open to the person logged in."""
    return [entry for entry in _all_entries() if may_open(entry.endpoint)]


def current_entry() -> Entry | None:
    """Return the entry the page belongs to: the very page, else the first one of its stage."""
    endpoint = request.endpoint or ""
    listed = _all_entries()
    same_page = (entry for entry in listed if entry.endpoint == endpoint)
    same_stage = (entry for entry in listed if "." in endpoint and _stage(entry.endpoint) == _stage(endpoint))
    return next(same_page, None) or next(same_stage, None)


def show(in_view: InView) -> None:
    """Let the top bar of this request's page name the campaign and the wave."""
    g.in_view = in_view


def in_view() -> InView | None:
    """Return what `show` was given in this request."""
    return cast("InView | None", g.get("in_view"))


def url_with(**changes: object) -> str:
    """Return the address of this page with some parameters changed; None takes one away, the rest stay.

    A list gives its parameter several times.
    """
    query = {name: values for name, values in request.args.lists() if name not in changes}
    for name, value in changes.items():
        if value is not None:
            query[name] = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    path = quote(request.script_root + request.path)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def _all_entries() -> list[Entry]:
    known = cast("list[Entry]", current_app.extensions.get(_EXTENSION, []))
    return sorted(known, key=lambda entry: (entry.order, entry.label))


def _stage(endpoint: str) -> str:
    return endpoint.partition(".")[0]
