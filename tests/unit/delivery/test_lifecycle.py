"""The legal moves of a message, and why a due one is not sent."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.lifecycle import MOVES, Event, Refusal, Standing, after_event, may_move, refusal
from app.delivery.models import MessageState

GOOD = Standing(
    wave_over=False,
    contact_known=True,
    same_account=True,
    account_active=True,
    contact_status="active",
    unsubscribed=False,
    suppressed=False,
    deliverable=True,
    other_mailbox=False,
    excluded=False,
    embargoed=False,
    open_case=False,
    contacted_recently=False,
    answered=False,
    bounced=False,
    survey_withdrawn=False,
)


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == {state.value for state in MessageState}


def test_the_engine_sends_nothing_again_that_may_have_left() -> None:
    """Only a claim that surely did not leave goes back, and what is unknown when a person says so."""
    assert [state for state in MOVES if may_move(state, "queued")] == ["sending", "unknown"]
    assert [state for state in MOVES if may_move(state, "sending")] == ["queued"]


def test_unknown_comes_from_a_claim_alone() -> None:
    assert [state for state in MOVES if may_move(state, "unknown")] == ["sending"]


@given(st.sampled_from(sorted(MOVES)), st.lists(st.sampled_from(list(Event)), max_size=8), st.randoms())
def test_receipts_end_in_the_same_state_in_whichever_order_and_however_often(
    state: str, events: list[Event], dice: random.Random
) -> None:
    shuffled = [*events, *dice.sample(events, len(events) // 2)]
    dice.shuffle(shuffled)
    assert _after(state, events) == _after(state, shuffled)


@given(st.sampled_from(sorted(MOVES)), st.sampled_from(list(Event)))
def test_a_receipt_moves_legally_and_never_backwards(state: str, event: Event) -> None:
    to = after_event(state, event)
    assert to is None or (may_move(state, to) and not may_move(to, state))


@pytest.mark.parametrize(
    ("state", "event", "to"),
    [
        ("unknown", Event.SENT, "sent"),
        ("unknown", Event.DELAYED, "sent"),
        ("sending", Event.BOUNCED, "bounced"),
        ("delivered", Event.BOUNCED, "bounced"),
        ("bounced", Event.DELIVERED, None),
        ("complained", Event.DELIVERED, None),
        ("delivered", Event.DELAYED, None),
        ("cancelled", Event.DELIVERED, "delivered"),
    ],
)
def test_what_a_receipt_proves(state: str, event: Event, to: str | None) -> None:
    assert after_event(state, event) == to


def _after(state: str, events: list[Event]) -> str:
    for event in events:
        state = after_event(state, event) or state
    return state


def test_nothing_speaks_against_a_good_one() -> None:
    assert refusal(GOOD) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"wave_over": True}, Refusal.WAVE_OVER),
        ({"contact_known": False}, Refusal.CONTACT_GONE),
        ({"same_account": False}, Refusal.CONTACT_MOVED),
        ({"account_active": False}, Refusal.ACCOUNT_INACTIVE),
        ({"contact_status": "left"}, Refusal.CONTACT_LEFT),
        ({"contact_status": "opted_out"}, Refusal.OPTED_OUT),
        ({"unsubscribed": True}, Refusal.OPTED_OUT),
        ({"contact_status": "suppressed"}, Refusal.SUPPRESSED),
        ({"suppressed": True}, Refusal.SUPPRESSED),
        ({"deliverable": False}, Refusal.INVALID_EMAIL),
        ({"other_mailbox": True}, Refusal.OTHER_MAILBOX),
        ({"excluded": True}, Refusal.EXCLUDED_BY_MANAGER),
        ({"embargoed": True}, Refusal.EMBARGOED),
        ({"open_case": True}, Refusal.OPEN_CASE),
        ({"contacted_recently": True}, Refusal.CONTACTED_RECENTLY),
        ({"answered": True}, Refusal.ANSWERED),
        ({"bounced": True}, Refusal.BOUNCED),
        ({"survey_withdrawn": True}, Refusal.SURVEY_WITHDRAWN),
    ],
)
def test_what_changed_since_the_plan_refuses_it(change: dict[str, object], reason: Refusal) -> None:
    assert refusal(GOOD._replace(**change)) is reason  # type: ignore[arg-type] # fields of the tuple


@given(st.sets(st.sampled_from([name for name in Standing._fields if GOOD._asdict()[name] is False]), min_size=1))
def test_whatever_speaks_against_it_refuses_it(against: set[str]) -> None:
    assert refusal(GOOD._replace(**dict.fromkeys(against, True))) is not None  # type: ignore[arg-type] # flags
