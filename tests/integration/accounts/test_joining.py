"""Accounts that are deleted or merged: who and what follows, and what later files of the CRM still call them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.accounts.deleting import delete_account
from app.accounts.joining import merge_accounts, todays_account
from app.accounts.models import Account, Contact, MergedAccount, RevenueLine
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from tests.integration.accounts.stored import Bring, account, contact, counts


def two(bring: Bring, **more: str) -> tuple[int, int]:
    """Bring A1 and A2, alike in all but their id, with one person and the same line of revenue each."""
    bring("accounts", {}, {"Account ID": "A2", **more})
    bring("contacts", {"Account ID": "A1"}, {"Contact ID": "C2", "Email": "bo@harbour.example", "Account ID": "A2"})
    bring("revenue", {"Account ID": "A1"}, {"Account ID": "A2"})
    return account("A1").id, account("A2").id


def test_people_and_revenue_move_and_the_merger_is_on_record(bring: Bring) -> None:
    stays, goes = two(bring)
    assert merge_accounts(goes, stays, actor="ana") == 1
    assert contact("C2").account_id == contact("C1").account_id == stays
    with reading() as session:
        lines = session.scalars(select(RevenueLine).order_by(RevenueLine.ordinal)).all()
        assert session.get(Account, goes) is None
        assert todays_account(session, goes) == todays_account(session, stays) == stays
        entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "account.merged")).one()
    assert [(line.account_id, line.ordinal) for line in lines] == [(stays, 0), (stays, 1)]
    assert (entry.subject, entry.actor, entry.detail["into"]) == (f"account {goes}", "ana", stays)


def test_later_files_that_name_the_old_account_are_led_to_the_one_that_stays(bring: Bring) -> None:
    stays, goes = two(bring, **{"Account Name": "Harbour Lights (old)"})
    merge_accounts(goes, stays, actor="ana")
    again = bring("accounts", {}, {"Account ID": "A2", "Account Name": "Harbour Lights (old)"})
    assert counts(again) == (0, 0, 1, 1)
    assert "was merged into «Harbour Lights» (Account ID A1)" in again.first_faults[0].reason
    named = {"Contact ID": "C3", "Email": "eve@harbour.example", "Account Name": "HARBOUR LIGHTS (old)"}
    assert counts(
        bring("contacts", {"Contact ID": "C2", "Email": "bo@harbour.example", "Account ID": "A2"}, named)
    ) == (
        *(1, 0, 1),
        0,
    )
    assert contact("C2").account_id == contact("C3").account_id == stays
    assert bring("revenue", {"Account ID": "A2", "Revenue Type": "MRR"}).created == 1
    daughter = {"Account ID": "A3", "Account Name": "Quay", "Parent Account": "A2"}
    assert bring("accounts", daughter).created == 1
    assert account("A3").parent_id == stays


def test_a_second_merger_leads_on_and_a_deletion_ends_it(bring: Bring) -> None:
    first, second = two(bring)
    bring("accounts", {"Account ID": "A3", "Account Name": "Quay"})
    third = account("A3").id
    merge_accounts(first, second, actor="ana")
    merge_accounts(second, third, actor="ana")
    with reading() as session:
        assert {row.old_id: row.account_id for row in session.scalars(select(MergedAccount))} == {
            first: third,
            second: third,
        }
    assert delete_account(third, actor="ana") == 2
    with reading() as session:
        assert [session.scalars(select(model)).all() for model in (Account, Contact, RevenueLine, MergedAccount)] == [
            [] for _ in range(4)
        ]
    assert bring("accounts", {}).created == 1  # the CRM still holds it


_LONGEST_WAY_UP = text(
    """
    WITH RECURSIVE up AS (
        SELECT id, parent_id, 1 AS n FROM account
        UNION ALL SELECT up.id, a.parent_id, n + 1 FROM up JOIN account a ON a.id = up.parent_id WHERE n < 9
    ) SELECT max(n) FROM up
    """
)


@pytest.mark.parametrize(("goes", "stays", "top"), [("A1", "A3", None), ("A2", "A3", "A1"), ("A3", "A1", None)])
def test_nobody_becomes_their_own_parent(bring: Bring, goes: str, stays: str, top: str | None) -> None:
    names = {"A1": "Group", "A2": "Middle", "A3": "Bottom", "A4": "Side"}
    parents = {"A2": "A1", "A3": "A2", "A4": goes}
    bring(
        "accounts",
        *(
            {"Account ID": id, "Account Name": name, "Parent Account": parents.get(id, "")}
            for id, name in names.items()
        ),
    )
    merge_accounts(account(goes).id, account(stays).id, actor="ana")
    assert account(stays).parent_id == (account(top).id if top else None)
    assert account("A4").parent_id == account(stays).id
    with transaction() as session:
        assert session.scalar(_LONGEST_WAY_UP) < 5


def test_what_cannot_be_merged_is_refused_and_nothing_moves(bring: Bring) -> None:
    stays, goes = two(bring, Currency="EUR")
    with pytest.raises(Refused, match="into itself"):
        merge_accounts(goes, goes, actor="ana")
    with pytest.raises(Refused, match="two currencies"):
        merge_accounts(goes, stays, actor="ana")
    for deed in (lambda: merge_accounts(goes, 4711, actor="ana"), lambda: delete_account(4711, actor="ana")):
        with pytest.raises(NotFound):
            deed()
    assert contact("C2").account_id == goes
