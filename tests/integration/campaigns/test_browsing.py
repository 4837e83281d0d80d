"""Every page and filter of a plan against the same question asked in one go of the whole table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from app.accounts.models import ContactStatus, Level
from app.campaigns import browsing
from app.campaigns.browsing import CHOSEN, EXCLUDED, Key, Wanted, find
from app.campaigns.deciding import DECISION_COLUMNS, decisions_at, stream_decisions, stream_reasons
from app.campaigns.planned_accounts import SORTS, WantedAccounts, account_page, stream_accounts
from app.campaigns.tallying import Tally, tally
from app.core.db import reading, transaction
from tests.support.company import Person, add_account, people, planned, three_levels

REASONS = ("", CHOSEN, EXCLUDED, "level", "pooled", "open", "not_needed", "contact_left", "embargoed")
LEVELS = ("", "decision_maker", "user", "unknown")


@pytest.fixture
def wave_id(database: str) -> int:
    """A plan with a bit of everything in it."""
    for number in range(7):
        staff = [
            *three_levels(f"P{number}", number % 3, number % 2, 3),
            *people(f"Q{number}", Level.UNKNOWN, number % 2),
            Person(f"L{number}", Level.USER, ContactStatus.LEFT, more={"last_name": "Ölçer-Smith"}),
        ]
        more = {"manager_name": f"Manager {number % 3}", "country": "DE" if number < 4 else "JP"}
        add_account(f"A{number}", 300 * 7**number, staff, **more)
    return planned()


def naive(wanted: Wanted) -> set[str]:
    """The CRM ids that are wanted, by asking for the whole file."""
    with reading() as session:
        return {row[DECISION_COLUMNS.index("contact_id")] for row in stream_decisions(session, wanted.wave_id, wanted)}


def named(session: Any, wave_id: int, keys: list[Key]) -> list[str]:
    """The CRM ids at these places."""
    by_contact = {row["contact_id"]: row["external_id"] for row in decisions_at(session, wave_id, keys)}
    return [by_contact[key.contact_id] for key in keys]


def walked(wanted: Wanted, *, back: bool = False) -> list[str]:
    """The CRM ids that are wanted, page by page, in the order of the list."""
    found: list[Key] = []
    with reading() as session:
        counted = Tally(tally(session, wanted.wave_id))
        place, more = Key(2**63 - 1, 2**63 - 1) if back else None, True
        while more:
            page = find(session, wanted, counted, before=place if back else None, after=None if back else place, most=3)
            more = page.more
            found = [*page.keys, *found] if back else [*found, *page.keys]
            if page.keys:
                place = page.keys[0] if back else page.keys[-1]
        assert found == sorted(found)
        first = find(session, wanted, counted, most=3)
        assert (first.total, first.exact) == (len(found), True)
        return named(session, wanted.wave_id, found)


def filters(wave_id: int) -> Iterator[Wanted]:
    """Every kind of filter, alone and with others."""
    whole = Wanted(wave_id)
    for reason, level in product(REASONS, LEVELS):
        yield replace(whole, reason=reason, level=level)
    for reason in ("", CHOSEN, "not_needed", "embargoed"):
        yield replace(whole, reason=reason, manager="Manager 1")
        yield replace(whole, reason=reason, country="DE", level="user")
        yield replace(whole, reason=reason, account_id=3)
        yield replace(whole, reason=reason, search="smith ölç")
        yield replace(whole, reason=reason, search="Company A2", manager="Manager 2")
    yield replace(whole, search="P3U001")
    yield replace(whole, search="p3u001@COMPANY")
    yield replace(whole, search="%_'")
    yield replace(whole, manager="Nobody")


@pytest.mark.parametrize("few", [browsing.FEW, 0])
def test_the_pages_of_every_filter_hold_what_is_wanted_once_and_in_order(
    wave_id: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "FEW", few)
    monkeypatch.setattr(browsing, "STEPS", (1, 2))
    for wanted in filters(wave_id):
        forward = walked(wanted)
        assert len(forward) == len(set(forward)), wanted
        if wanted.reason in ("", CHOSEN):
            assert walked(wanted, back=True) == forward, wanted
        if not few or wanted.by_account or wanted.search:
            assert set(forward) == naive(wanted), wanted


def test_a_person_whose_account_was_merged_is_found_under_the_number_the_plan_knows(wave_id: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE contact SET account_id = 2 WHERE account_id = 1"))
        session.execute(
            text(
                "INSERT INTO merged_account (old_id, account_id, external_id, name, name_key, merged_by)"
                " SELECT id, 2, external_id, name, name_key, 'bo' FROM account WHERE id = 1"
            )
        )
        session.execute(text("DELETE FROM account WHERE id = 1"))
    assert walked(Wanted(wave_id, search="P0U001")) == ["P0U001"]


def test_the_file_says_every_reason_in_words(wave_id: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE decision SET reason = 'excluded_by_manager' WHERE reason = 'contact_left'"))
        session.execute(text("UPDATE contact SET exclusion_reason = 'on leave' WHERE status = 'left'"))
    with reading() as session:
        rows = list(stream_reasons(session, Wanted(wave_id, reason="excluded_by_manager")))
    assert {row[-1] for row in rows} == {"excluded by the account manager: on leave"}
    assert len(rows) == 7


def test_the_accounts_of_a_plan_are_paged_in_the_order_of_their_file(wave_id: int) -> None:
    sorts = [sign + name for name in SORTS for sign in ("", "-")]
    with reading() as session:
        counted = Tally(tally(session, wave_id))
        for sort, only in product(sorts, ("", "short", "flagged", "user", "decision_maker")):
            wanted = WantedAccounts.read(wave_id, only=only, search="", sort=sort, page=1)
            page = account_page(session, wanted, counted)
            found = [row["external_id"] for row in page.rows]
            assert found == [row[0] for row in stream_accounts(session, wanted)], wanted
            assert page.total == len(found), wanted


def test_an_account_is_found_by_part_of_its_name_and_what_nobody_means_is_left_out(wave_id: int) -> None:
    with reading() as session:
        counted = Tally(tally(session, wave_id))
        wanted = WantedAccounts.read(wave_id, only="x", search="pany a3", sort="name; DROP", page=99)
        page = account_page(session, wanted, counted)
    assert [row["external_id"] for row in page.rows] == ["A3"]
    assert (page.page, page.total, page.exact) == (1, 1, True)
