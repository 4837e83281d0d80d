"""Receipts are found by what they are about, and forgotten when nobody can need them any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError
from sqlalchemy import text

from app.core.db import reading, transaction
from app.delivery.dispatching import ledger_time
from app.delivery.receipts import pruning
from app.delivery.receipts.applying import apply
from app.delivery.receipts.finding import find_receipts
from app.delivery.receipts.pruning import prune_receipts
from tests.support.receipts import claimed, row, rows
from tests.support.settings import settings


def age(days: int, keys: str) -> None:
    with transaction() as session:
        aged = "UPDATE receipt SET received_at = now() - make_interval(days => :days) WHERE key LIKE :keys"
        session.execute(text(aged), {"days": days, "keys": keys})


@pytest.mark.usefixtures("database")
def test_old_receipts_are_forgotten_and_what_they_did_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_BATCH", 3)
    mails = claimed()
    apply([mail.news("delivered", key=f"old {number}") for number, mail in enumerate(mails[:7])])
    apply([mails[0].news("opened", key="new"), mails[8].news("bounced", key="apart", attempt_id=None, provider_id="x")])
    age(70, "old %")
    before = row("SELECT to_jsonb(array_agg(m ORDER BY id)) AS all FROM message m")
    assert prune_receipts(ledger_time(), days=71) == 0
    assert prune_receipts(ledger_time(), days=69) == 7
    assert {key for (key,) in rows("SELECT key FROM receipt")} == {"new", "apart"}
    assert row("SELECT to_jsonb(array_agg(m ORDER BY id)) AS all FROM message m") == before
    assert prune_receipts(ledger_time() + timedelta(days=400), days=60) == 2


def test_no_setting_forgets_what_may_still_be_repeated() -> None:
    assert settings("postgresql://x/x").receipt_days == 400
    with pytest.raises(ValidationError):
        settings("postgresql://x/x", receipt_days=15)


def test_receipts_are_found_by_address_message_and_ids(admin_client: FlaskClient) -> None:
    mail, other, *_ = claimed()
    apply([mail.news("delivered"), mail.news("opened"), other.news("delivered")])
    apply([mail.news("bounced", key="apart", attempt_id=None, provider_id="theirs-7")])
    searches = (mail.recipient, mail.recipient.upper(), str(mail.id), mail.provider_id, str(mail.attempt_id))
    with reading() as session:
        for search in searches:
            found = find_receipts(session, search, limit=10)
            assert {(one["message_id"], one["total"]) for one in found} == {(mail.id, 2)}, search
        assert [one["kind"] for one in find_receipts(session, "theirs-7", limit=10)] == ["bounced"]
        for nothing in ("", "%", "9" * 19, "9" * 40, "nobody@company.example", "0"):
            assert find_receipts(session, nothing, limit=10) == []
    page = admin_client.get(f"/receipts?q={mail.recipient}").text
    assert "2 receipts of" in page
    assert f'href="/messages/{mail.id}"' in page
    assert "No receipt fits" in admin_client.get("/receipts?q=<script>").text
    assert admin_client.get(f"/receipts?q={mail.id}&page=9").status_code == 200
