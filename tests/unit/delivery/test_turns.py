"""Who leaves when room and the accounts' share bind."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.delivery.turns import Candidate, take_turns

TODAY = datetime(2026, 11, 2, tzinfo=UTC)


def candidates(*accounts: int) -> list[Candidate]:
    return [Candidate(id, account, TODAY) for id, account in enumerate(accounts)]


def test_the_first_go_first_and_an_account_waits_when_it_has_its_share():
    turn = take_turns(candidates(7, 7, 7, 7, 8), {(7, TODAY): 1}, room=10, account_cap=3)
    assert turn == ([0, 1, 4], [2, 3])


def test_without_room_nobodys_turn_has_come():
    assert take_turns(candidates(7, 8), {}, room=0, account_cap=3) == ([], [])
    assert take_turns(candidates(7, 8), {}, room=1, account_cap=3) == ([0], [])


@given(
    st.lists(st.integers(1, 5), max_size=40),
    st.dictionaries(st.integers(1, 5), st.integers(0, 4)),
    st.integers(0, 20),
    st.integers(1, 4),
)
def test_no_cap_is_ever_broken_and_nobody_is_passed_over(accounts, before, room, account_cap):
    waiting = candidates(*accounts)
    taken = {(account, TODAY): count for account, count in before.items()}
    leaving, another_day = take_turns(waiting, taken, room=room, account_cap=account_cap)
    assert len(leaving) <= room
    for account, gone in Counter(accounts[id] for id in leaving).items():
        assert gone + before.get(account, 0) <= account_cap
    if len(leaving) < room:
        assert sorted(leaving + another_day) == list(range(len(accounts)))
    seen = sorted(leaving + another_day)
    assert seen == list(range(len(seen)))
