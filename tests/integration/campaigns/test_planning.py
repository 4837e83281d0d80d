"""Planning a wave on a real database: everything decided once, frozen, and never doubled."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from app.accounts.models import Account, AccountStatus, Contact, ContactStatus, Level, Suppression, SuppressionReason
from app.campaigns import freezing
from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.models import Decision, Invitation, Wave, WaveAccount, WaveState
from app.campaigns.planning import plan_wave
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.sampling.quota import QuotaTable
from tests.support.company import TODAY, Person, add_account, draft, people, planned, three_levels

pytestmark = pytest.mark.usefixtures("database")


def decisions(wave_id: int) -> dict[str, str]:
    """Return {contact's CRM id: seat or reason}."""
    query = select(Contact.external_id, Decision.seat, Decision.reason).join(Contact, Contact.id == Decision.contact_id)
    with transaction() as session:
        found = session.execute(query.where(Decision.wave_id == wave_id)).all()
    return {contact: str(seat or reason) for contact, seat, reason in found}


def count(model: type[Decision] | type[Invitation] | type[WaveAccount], wave_id: int) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(model).where(model.wave_id == wave_id)) or 0


def test_value_decides_how_many_and_levels_are_even() -> None:
    account = add_account("A1", 1_000_000, three_levels("A1", 5, 5, 5))
    wave_id = planned()
    with transaction() as session:
        frozen = session.get_one(WaveAccount, (wave_id, account))
        assert (frozen.required, frozen.shortage, frozen.contacts, frozen.value_flagged) == (9, 0, 15, False)
        assert (frozen.seats_decision_maker, frozen.seats_influencer, frozen.seats_user) == (3, 3, 3)
        levels = session.scalars(select(Invitation.level).order_by(Invitation.turn)).all()
    assert levels == [Level.DECISION_MAKER, Level.INFLUENCER, Level.USER] * 3


def test_every_reason_is_recorded() -> None:
    contacts = [
        Person("C01", status=ContactStatus.LEFT),
        Person("C02", status=ContactStatus.OPTED_OUT),
        Person("C03", status=ContactStatus.SUPPRESSED),
        Person("C04", more={"email_key": None}),
        Person("C05", more={"email_key": "c06@company.example"}),
        Person("C06"),
        Person("C07", more={"exclusion_reason": "in the middle of a negotiation"}),
        Person("C08", more={"embargoed_until": TODAY}),
        Person("C09", more={"open_case": True}),
        Person("C10", more={"last_invited_on": TODAY - timedelta(days=79)}),
        Person("C11", more={"last_invited_on": TODAY - timedelta(days=80)}),
    ]
    add_account("A1", 4641, contacts)
    add_account("A2", 1000, [Person("X01")], status=AccountStatus.CHURNED)
    assert decisions(planned()) == {
        "C01": "contact_left",
        "C02": "opted_out",
        "C03": "suppressed",
        "C04": "invalid_email",
        "C05": "pooled",
        "C06": "duplicate_email",
        "C07": "excluded_by_manager",
        "C08": "embargoed",
        "C09": "open_case",
        "C10": "contacted_recently",
        "C11": "not_needed",
        "X01": "account_inactive",
    }


def test_an_embargo_of_the_account_holds_for_all_its_people() -> None:
    add_account("A1", 1000, people("U", Level.USER, 2), embargoed_until=TODAY + timedelta(days=3))
    assert set(decisions(planned()).values()) == {"embargoed"}


def test_suppressed_addresses_are_left_out_whoever_bears_them() -> None:
    add_account("A1", 10_000, people("U", Level.USER, 3))
    with transaction() as session:
        session.add(Suppression(email_key="u000@company.example", reason=SuppressionReason.UNSUBSCRIBED))
        session.add(Suppression(email_key="u001@company.example", reason=SuppressionReason.HARD_BOUNCE))
    found = decisions(planned())
    assert (found["U000"], found["U001"], found["U002"]) == ("opted_out", "suppressed", "level")


def test_who_left_or_opted_out_is_recorded_so_though_the_address_is_suppressed_too() -> None:
    gone, no = Person("C1", status=ContactStatus.LEFT), Person("C2", status=ContactStatus.OPTED_OUT)
    bounced = Person("C3", status=ContactStatus.SUPPRESSED)
    add_account("A1", 10_000, [gone, no, bounced])
    with transaction() as session:
        for address, reason in (("c1", "HARD_BOUNCE"), ("c2", "COMPLAINT"), ("c3", "UNSUBSCRIBED")):
            session.add(Suppression(email_key=f"{address}@company.example", reason=SuppressionReason[reason]))
    assert decisions(planned()) == {"C1": "contact_left", "C2": "opted_out", "C3": "opted_out"}


def test_who_has_an_open_invitation_waits() -> None:
    add_account("A1", 1000, people("U", Level.USER, 1))
    first = planned("q3")
    assert decisions(first) == {"U000": "pooled"}
    assert decisions(planned("q4")) == {"U000": "open_invitation"}


def test_unknown_and_worthless_accounts_are_asked_once_and_flagged() -> None:
    unknown = add_account("A1", None, people("U", Level.USER, 4))
    nothing = add_account("A2", 0, people("V", Level.USER, 4))
    wave_id = planned()
    with transaction() as session:
        first, second = (session.get_one(WaveAccount, (wave_id, account)) for account in (unknown, nothing))
        assert (first.required, first.value_flagged, first.seats_user) == (None, True, 1)
        assert (second.required, second.value_flagged, second.seats_user) == (1, True, 1)


def test_an_account_without_people_is_a_shortage() -> None:
    account = add_account("A1", 100_000, [])
    wave_id = planned()
    with transaction() as session:
        frozen = session.get_one(WaveAccount, (wave_id, account))
        assert (frozen.required, frozen.shortage, frozen.contacts) == (6, 6, 0)


def test_currencies_are_converted_at_the_rates_of_the_wave() -> None:
    euro = add_account("A1", 100_000, [], currency="EUR")
    yen = add_account("A2", 100_000, [], currency="JPY")
    wave_id = planned(rates={"EUR": Decimal("1.5")})
    with transaction() as session:
        assert session.get_one(WaveAccount, (wave_id, euro)).annual_value == Decimal(150_000)
        assert session.get_one(WaveAccount, (wave_id, yen)).annual_value is None


def test_a_value_beyond_all_money_is_unknown_and_stops_nobody() -> None:
    account = add_account("A1", 10**17, [], currency="EUR")
    wave_id = planned(rates={"EUR": Decimal(1080)})
    with transaction() as session:
        frozen = session.get_one(WaveAccount, (wave_id, account))
        assert (frozen.annual_value, frozen.value_flagged) == (None, True)


def test_a_wave_is_planned_once() -> None:
    add_account("A1", 1000, people("U", Level.USER, 2))
    wave_id = planned()
    with pytest.raises(Refused, match="planned on"):
        plan_wave(wave_id, actor="test")
    assert count(Decision, wave_id) == 2
    assert count(Invitation, wave_id) == 1


def test_two_planners_at_once_plan_once() -> None:
    for number in range(30):
        add_account(f"A{number:02}", 10_000, people(f"P{number:02}", Level.USER, 4))
    wave_id = draft()
    outcomes: list[str] = []

    def plan() -> None:
        try:
            plan_wave(wave_id, actor="test")
            outcomes.append("planned")
        except Refused:
            outcomes.append("refused")

    threads = [threading.Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["planned", "refused", "refused", "refused"]
    assert (count(Decision, wave_id), count(Invitation, wave_id)) == (120, 90)


def test_a_crash_in_the_middle_leaves_nothing_and_the_next_try_starts_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        add_account(f"A{number}", 10_000, people(f"P{number}", Level.USER, 4))
    wave_id = draft()
    monkeypatch.setattr(freezing, "BLOCK_ROWS", 5)

    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_wave(wave_id, actor="test", progress=stop)
    assert (count(Decision, wave_id), count(WaveAccount, wave_id), count(Invitation, wave_id)) == (0, 0, 0)
    totals = plan_wave(wave_id, actor="test")
    assert (totals.accounts, totals.contacts, totals.chosen, totals.shortage) == (10, 40, 30, 0)
    assert count(Invitation, wave_id) == 30


def test_blocks_of_any_size_write_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        add_account(f"A{number}", 50_000, three_levels(f"P{number}", 2, 2, 4))
    whole = decisions(planned("same", campaign="one"))
    with transaction() as session:
        session.execute(text("DELETE FROM invitation"))
    monkeypatch.setattr(freezing, "BLOCK_ROWS", 3)
    assert decisions(planned("same", campaign="two")) == whole


def test_frozen_figures_stay_when_the_crm_changes() -> None:
    account = add_account("A1", 100_000, people("U", Level.USER, 6))
    wave_id = planned()
    with transaction() as session:
        session.get_one(Account, account).annual_value = Decimal(1)
        session.execute(text("UPDATE contact SET level = 'decision_maker'"))
    with transaction() as session:
        frozen = session.get_one(WaveAccount, (wave_id, account))
        assert (frozen.annual_value, frozen.required) == (Decimal(100_000), 6)
        assert set(session.scalars(select(Invitation.level))) == {Level.USER}


def test_a_deleted_account_keeps_its_record() -> None:
    account = add_account("A1", 1000, people("U", Level.USER, 1))
    wave_id = planned()
    with transaction() as session:
        session.delete(session.get_one(Account, account))
    assert count(WaveAccount, wave_id) == 1


def test_progress_counts_to_the_end() -> None:
    for number in range(3):
        add_account(f"A{number}", 1000, [])
    seen: list[tuple[int, int]] = []
    plan_wave(draft(), actor="test", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)


def test_without_accounts_there_is_nothing_to_plan_and_the_wave_stays_a_draft() -> None:
    wave_id = draft()
    with pytest.raises(Refused, match="quorum import"):
        plan_wave(wave_id, actor="test")
    with transaction() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.DRAFT


def test_a_currency_that_does_not_exist_makes_no_wave() -> None:
    with pytest.raises(Refused, match="ZZZ"):
        draft("z", currency="ZZZ")


def test_there_is_no_wave_to_plan() -> None:
    with pytest.raises(NotFound):
        plan_wave(12345, actor="test")


def test_a_key_is_given_once_in_a_campaign() -> None:
    draft("q4")
    with pytest.raises(Refused, match="another key"):
        draft("q4")
    assert draft("q4", campaign="Another programme") > 0


def test_an_unknown_survey_is_named_with_what_there_is() -> None:
    with pytest.raises(Refused, match="relationship_nps"):
        create_wave(WaveOrder(key="x", name="x", planned_for=date(2026, 1, 1), survey_key="nope"), actor="test")


def test_the_quota_table_of_the_wave_decides() -> None:
    account = add_account("A1", 50_000, people("U", Level.USER, 9))
    wave_id = planned(quota=QuotaTable(((1, 2), (50_000, 8))))
    with transaction() as session:
        assert session.get_one(WaveAccount, (wave_id, account)).required == 8
