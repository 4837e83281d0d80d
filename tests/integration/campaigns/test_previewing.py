"""The preview of a wave: worked out, changed by hand, looked at again, confirmed exactly as it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.accounts.models import Level
from app.campaigns.confirming import GONE, confirm_wave
from app.campaigns.models import Wave, WaveState
from app.campaigns.picking import pick, picked, unpick, unpicked
from app.campaigns.plan_models import Act, WavePlan
from app.campaigns.planning import plan_wave, preview_wave
from app.campaigns.since_preview import since_preview
from app.campaigns.tallying import Tally, tally
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from app.delivery.advancing import advance
from tests.support.company import TODAY, Person, add_account, draft, three_levels

WHY = "They asked to be left alone this quarter"


def run(statement: str, **values: Any) -> list[Any]:
    """Run SQL of a test and return its rows."""
    with transaction() as session:
        result = session.execute(text(statement), values)
        return list(result) if result.returns_rows else []


def asked(wave_id: int) -> set[str]:
    """The CRM ids of those a plan asks."""
    query = """SELECT c.external_id FROM decision d JOIN contact c ON c.id = d.contact_id
               WHERE d.wave_id = :wave_id AND d.seat IS NOT NULL"""
    return {row[0] for row in run(query, wave_id=wave_id)}


def contact(external_id: str) -> int:
    """The number of a contact."""
    number: int = run("SELECT id FROM contact WHERE external_id = :id", id=external_id)[0][0]
    return number


def plan_of(wave_id: int) -> WavePlan:
    """What the plan of a wave came to."""
    with reading() as session:
        return session.get_one(WavePlan, wave_id)


def seen(wave_id: int) -> int:
    """The revision that somebody looks at."""
    return plan_of(wave_id).revision


def since(wave_id: int) -> list[str]:
    """What happened since the preview."""
    with reading() as session:
        return since_preview(session, session.get_one(Wave, wave_id), session.get_one(WavePlan, wave_id))


def nonzero(sums: Mapping[str, int]) -> dict[str, int]:
    """The sums of a plan without those that are nothing."""
    return {name: amount for name, amount in sums.items() if amount}


def previewed(*, accounts: int = 2) -> int:
    """A company whose accounts need two people each and have more, and the preview of a wave."""
    for number in range(accounts):
        add_account(f"A{number}", 5_000, three_levels(f"P{number}", 2, 2, 2), manager_name="Ana Sand")
    wave_id = draft()
    preview_wave(wave_id, actor="test")
    return wave_id


def test_a_preview_decides_everybody_and_invites_nobody(database: str) -> None:
    wave_id = previewed()
    assert len(asked(wave_id)) == 4
    assert run("SELECT 1 FROM invitation") == []
    with reading() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.DRAFT
    counted = Tally(plan_of(wave_id).totals)
    assert (counted["accounts"], counted.contacts, counted.chosen, counted["shortage"]) == (2, 12, 4, 0)


def test_a_preview_can_be_worked_out_again_and_takes_the_place_of_the_last(database: str) -> None:
    wave_id = previewed()
    run("UPDATE contact SET status = 'left' WHERE level = 'decision_maker'")
    preview_wave(wave_id, actor="test")
    counted = Tally(plan_of(wave_id).totals)
    assert counted.people(["contact_left"]) == 4
    assert counted.contacts == 12
    assert counted["gap.decision_maker"] == 2
    assert seen(wave_id) == 2


def test_confirming_freezes_exactly_what_was_seen_and_approves(database: str) -> None:
    wave_id = previewed()
    before = run("SELECT * FROM decision ORDER BY contact_id")
    assert confirm_wave(wave_id, revision=seen(wave_id), actor="ana") is None
    assert run("SELECT * FROM decision ORDER BY contact_id") == before
    invited = run("SELECT c.external_id, i.turn FROM invitation i JOIN contact c ON c.id = i.contact_id")
    assert {row[0] for row in invited} == asked(wave_id)
    with reading() as session:
        wave = session.get_one(Wave, wave_id)
        assert (wave.state, wave.approved_by) == (WaveState.PLANNED, "ana")
    for deed in (preview_wave, plan_wave):
        with pytest.raises(Refused, match="never changed"):
            deed(wave_id, actor="test")


def test_a_confirmed_preview_is_the_plan_made_in_one_go(database: str) -> None:
    wave_id = previewed()
    confirm_wave(wave_id, revision=seen(wave_id), actor="test")
    columns = "account_id, contact_id, level, turn, closes_on, segments"
    confirmed = run(f"SELECT {columns} FROM invitation WHERE wave_id = :id ORDER BY 2", id=wave_id)
    run("DELETE FROM invitation")
    other = draft("other")
    run("UPDATE wave SET key = key || '-old' WHERE id = :id", id=wave_id)
    run("UPDATE wave SET key = 'q4' WHERE id = :id", id=other)
    plan_wave(other, actor="test")
    assert run(f"SELECT {columns} FROM invitation WHERE wave_id = :id ORDER BY 2", id=other) == confirmed


def test_whoever_says_no_after_the_preview_is_not_confirmed_with_it(database: str) -> None:
    wave_id = previewed()
    gone = sorted(asked(wave_id))[0]
    run("UPDATE contact SET status = 'opted_out' WHERE external_id = :id", id=gone)
    changed = confirm_wave(wave_id, revision=seen(wave_id), actor="test")
    assert changed is not None
    assert changed.lost == {"opted_out": 1}
    assert changed.gained == 1
    assert len(changed.accounts) == 1
    assert run("SELECT 1 FROM invitation") == []
    assert gone not in asked(wave_id)
    assert plan_of(wave_id).changed["lost"] == {"opted_out": 1}
    assert confirm_wave(wave_id, revision=seen(wave_id), actor="test") is None
    assert plan_of(wave_id).changed != {}, "what was found stays on record"


def test_a_contact_who_is_gone_and_an_account_that_is_deleted_are_found_at_the_confirmation(database: str) -> None:
    wave_id = previewed()
    run("DELETE FROM contact WHERE external_id = :id", id=sorted(asked(wave_id))[0])
    run("DELETE FROM account WHERE external_id = 'A1'")
    add_account("A2", 5_000, three_levels("P2", 1, 1, 1))
    changed = confirm_wave(wave_id, revision=seen(wave_id), actor="test")
    assert changed is not None
    assert changed.lost == {GONE: 3}
    assert len(changed.accounts) == 3
    with reading() as session:
        assert nonzero(tally(session, wave_id)) == nonzero(plan_of(wave_id).totals)
    assert confirm_wave(wave_id, revision=seen(wave_id), actor="test") is None


def test_what_changes_nobody_asked_does_not_hinder_the_confirmation(database: str) -> None:
    wave_id = previewed()
    run("UPDATE contact SET status = 'left' WHERE NOT external_id = ANY(:ids)", ids=list(asked(wave_id)))
    run("UPDATE account SET annual_value = annual_value + 1")
    assert confirm_wave(wave_id, revision=seen(wave_id), actor="test") is None
    kept = run("SELECT annual_value FROM wave_account")
    assert {int(row[0]) for row in kept} == {5_000}, "the value is frozen as it was seen"


def test_nobody_confirms_what_somebody_else_changed(database: str) -> None:
    wave_id = previewed()
    looked_at = seen(wave_id)
    pick(contact(sorted(asked(wave_id))[0]), Act.EXCLUDE, wave_id=wave_id, for_good=False, reason=WHY, actor="bo")
    with pytest.raises(Refused, match="Look at it again"):
        confirm_wave(wave_id, revision=looked_at, actor="ana")
    assert run("SELECT 1 FROM invitation") == []


def test_a_wave_without_a_preview_cannot_be_confirmed(database: str) -> None:
    add_account("A1", 1_000, three_levels("P", 1, 1, 1))
    with pytest.raises(Refused, match="no preview yet"):
        confirm_wave(draft(), revision=1, actor="test")
    with pytest.raises(NotFound):
        confirm_wave(77, revision=1, actor="test")


def test_an_exclusion_decides_that_account_alone_again(database: str) -> None:
    wave_id = previewed()
    run("UPDATE contact SET status = 'left' WHERE external_id LIKE 'P1%'")  # of another account, seen only when drawn
    out = sorted(asked(wave_id))[0]
    pick(contact(out), Act.EXCLUDE, wave_id=wave_id, for_good=False, reason=WHY, actor="bo")
    now = asked(wave_id)
    assert out not in now
    assert len(now) == 4
    counted = Tally(plan_of(wave_id).totals)
    assert counted.people(["excluded_by_manager"]) == 1
    assert counted.people(["contact_left"]) == 0
    assert (counted["excluded"], counted["missed"]) == (1, 1)
    with reading() as session:
        assert nonzero(tally(session, wave_id)) == nonzero(counted.totals)
    unpick(contact(out), Act.EXCLUDE, wave_id=wave_id, for_good=False, actor="bo")
    assert out in asked(wave_id)
    assert Tally(plan_of(wave_id).totals)["excluded"] == 0
    assert run("SELECT made_by, reason, undone_by FROM hand_pick") == [("bo", WHY, "bo")]


def test_a_pin_comes_first_and_one_for_a_wave_leaves_the_next_alone(database: str) -> None:
    wave_id = previewed(accounts=1)
    spare = next(id for id in ("P0D000", "P0D001") if id not in asked(wave_id))
    pick(contact(spare), Act.PIN, wave_id=wave_id, for_good=False, reason=WHY, actor="bo")
    assert spare in asked(wave_id)
    assert run("SELECT 1 FROM contact WHERE pinned") == []
    run("UPDATE hand_pick SET wave_id = :other", other=draft("other"))
    preview_wave(wave_id, actor="test")
    assert spare not in asked(wave_id)


def test_a_pick_for_good_stands_in_the_contact_and_can_be_taken_back(database: str) -> None:
    wave_id = previewed(accounts=1)
    out = sorted(asked(wave_id))[0]
    pick(contact(out), Act.EXCLUDE, wave_id=wave_id, for_good=True, reason=WHY, actor="bo")
    assert run("SELECT exclusion_reason FROM contact WHERE external_id = :id", id=out) == [(WHY,)]
    with transaction() as session:
        picked(session, contact(out), Act.PIN, reason="Their manager wants to hear them", actor="cy")
    assert run("SELECT exclusion_reason, pinned FROM contact WHERE external_id = :id", id=out) == [(None, True)]
    with transaction() as session:
        unpicked(session, contact(out), Act.PIN, actor="cy")
    assert run("SELECT exclusion_reason, pinned FROM contact WHERE external_id = :id", id=out) == [(None, False)]
    assert len(run("SELECT 1 FROM hand_pick WHERE undone_at IS NOT NULL")) == 2


@pytest.mark.parametrize(
    ("change", "act", "why", "sentence"),
    [
        ("SELECT 1", Act.EXCLUDE, "no", "Write why"),
        ("UPDATE contact SET status = 'left'", Act.PIN, WHY, "has left the company"),
        ("UPDATE contact SET exclusion_reason = 'CRM'", Act.EXCLUDE, WHY, "excluded already"),
        ("DELETE FROM decision", Act.EXCLUDE, WHY, "no decision"),
        ("UPDATE wave SET state = 'planned'", Act.EXCLUDE, WHY, "never changed"),
    ],
)
def test_what_would_change_nothing_is_refused(database: str, change: str, act: Act, why: str, sentence: str) -> None:
    wave_id = previewed(accounts=1)
    someone = contact("P0D000")
    run(change)
    if "contact" in change:
        preview_wave(wave_id, actor="test")
    with pytest.raises(Refused, match=sentence):
        pick(someone, act, wave_id=wave_id, for_good=False, reason=why, actor="bo")
    assert run("SELECT 1 FROM hand_pick") == []


def test_the_exclusions_cost_what_the_account_would_have_without_them(database: str) -> None:
    people = [Person("D1", Level.DECISION_MAKER, more={"exclusion_reason": "Knows us too well"}), Person("U1")]
    add_account("A1", 5_000, people)
    wave_id = draft()
    preview_wave(wave_id, actor="test")
    cost = run("SELECT excluded, missed, seats_decision_maker, seats_user, shortage FROM exclusion_cost")
    assert cost == [(1, 1, 1, 1, 0)]
    assert run("SELECT shortage FROM wave_account") == [(1,)]


def test_what_happened_since_is_said_and_what_one_did_oneself_is_not(database: str) -> None:
    wave_id = previewed()
    assert since(wave_id) == []
    pick(contact(sorted(asked(wave_id))[0]), Act.EXCLUDE, wave_id=wave_id, for_good=True, reason=WHY, actor="bo")
    assert since(wave_id) == []
    run("INSERT INTO suppression (email_key, reason) VALUES ('x@y.example', 'unsubscribed')")
    run("INSERT INTO audit_entry (actor, deed, subject) VALUES ('bo', 'import contacts', 'contacts.csv')")
    run('UPDATE wave SET rates = \'{"EUR": "1.1"}\' WHERE id = :id', id=wave_id)
    assert since(wave_id) == [
        "settings of this wave were changed: the rates",
        "1 file was imported",
        "1 address was put on the suppression list",
    ]
    preview_wave(wave_id, actor="test")
    assert since(wave_id) == []


def test_the_scheduler_plans_a_previewed_wave_afresh_and_keeps_what_was_set_by_hand(database: str) -> None:
    wave_id = previewed()
    out = sorted(asked(wave_id))[0]
    pick(contact(out), Act.EXCLUDE, wave_id=wave_id, for_good=False, reason=WHY, actor="bo")
    run(
        "UPDATE campaign SET state = 'scheduled', cadence = 'quarterly', starts_on = :day, goes_by_itself = true",
        day=TODAY - timedelta(days=1),
    )
    with transaction() as session:
        now = session.scalar(text("SELECT now()"))
    assert now is not None
    advance(now)
    with reading() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.RUNNING
    assert out not in asked(wave_id)
    assert len(run("SELECT 1 FROM invitation WHERE wave_id = :id", id=wave_id)) == len(asked(wave_id)) == 4


def test_a_preview_before_renewals_is_the_same_each_time_and_keeps_whoever_is_too_late(database: str) -> None:
    near, late = TODAY + timedelta(days=121), TODAY + timedelta(days=3)
    add_account("NEAR", 1_000, [Person("P1")], renewal_on=near)
    add_account("LATE", 1_000, [Person("P2")], renewal_on=late)
    add_account("NONE", 1_000, [Person("P3")])
    wave_id = draft()
    run("UPDATE campaign SET cadence = 'before_renewal'")
    for _ in range(2):
        preview_wave(wave_id, actor="test")
        assert asked(wave_id) == {"P1"}
        assert run("SELECT occasion_on FROM wave_account") == [(near,)]
        assert run("SELECT occasion_on FROM late_account") == [(late,)]
    pick(contact("P1"), Act.PIN, wave_id=wave_id, for_good=False, reason=WHY, actor="bo")
    assert run("SELECT count(due_on) FROM wave_account") == [(1,)]
    assert confirm_wave(wave_id, revision=seen(wave_id), actor="test") is None
    other = draft("other")
    preview_wave(other, actor="test")
    assert asked(other) == set(), "each renewal counts once"


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["out", "in", "pin"])), max_size=6))
def test_however_often_it_is_picked_the_sums_and_the_sample_are_those_of_working_it_out_afresh(
    database: str, deeds: list[tuple[int, str]]
) -> None:
    run("TRUNCATE account, wave, campaign, decision, contact_correction RESTART IDENTITY CASCADE")
    wave_id = previewed()
    ids = [row[0] for row in run("SELECT id FROM contact ORDER BY id")]
    for number, deed in deeds:
        try:
            if deed == "in":
                unpick(ids[number], Act.EXCLUDE, wave_id=wave_id, for_good=False, actor="bo")
            else:
                act = Act.EXCLUDE if deed == "out" else Act.PIN
                pick(ids[number], act, wave_id=wave_id, for_good=False, reason=WHY, actor="bo")
        except Refused:
            continue
    by_hand, sums = run("SELECT * FROM decision ORDER BY contact_id"), plan_of(wave_id).totals
    preview_wave(wave_id, actor="test")
    assert run("SELECT * FROM decision ORDER BY contact_id") == by_hand
    assert nonzero(plan_of(wave_id).totals) == nonzero(sums)
