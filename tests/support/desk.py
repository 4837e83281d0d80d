"""Somebody who sits at the admin in a real Chromium, logged in the way people do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Page

from app.core.auth.users import add_user
from tests.support.browser import is_guess
from tests.support.web import EMAIL, PASSWORD, serving


@contextmanager
def at_desk(chromium: Browser, application: Flask, path: str, *, pardoned: str | None = None) -> Iterator[Page]:
    """Lend the page at `path` to somebody who logged in for it; a complaint of the browser fails the test.

    Complaints with the words `pardoned` in them do not: a form that is refused on purpose answers 422.
    """
    add_user(EMAIL, "Ana Sand", PASSWORD)
    complaints: list[str] = []
    with serving(application) as address:
        room = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        page = room.new_page()
        page.on("console", lambda said: complaints.append(said.text) if not is_guess(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"/login?next={path}")
        page.fill("[name=email]", EMAIL)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}{path}")
        yield page
        room.close()
    assert [said for said in complaints if pardoned is None or pardoned not in said] == []
