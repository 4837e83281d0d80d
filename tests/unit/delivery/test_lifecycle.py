"""The legal moves of a message, and why a due one is not sent."""

import pytest

from app.delivery.lifecycle import MOVES, Refusal, Standing, may_move, refusal
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
    contacted_recently=False,
    answered=False,
)


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == {state.value for state in MessageState}


def test_nothing_that_may_have_left_is_queued_again() -> None:
    assert not any(may_move(state, "queued") for state in ("sent", "unknown", "failed", "refused", "cancelled"))


def test_nothing_leaves_without_a_claim() -> None:
    assert [state for state in MOVES if may_move(state, "sent")] == ["sending", "unknown"]


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
        ({"contacted_recently": True}, Refusal.CONTACTED_RECENTLY),
        ({"answered": True}, Refusal.ANSWERED),
    ],
)
def test_what_changed_since_the_plan_refuses_it(change: dict[str, object], reason: Refusal) -> None:
    assert refusal(GOOD._replace(**change)) is reason  # type: ignore[arg-type] # fields of the tuple
