"""Whatever the order of receipts, and however often each is told, the same fate comes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.lifecycle import MOVES, RECEIPTS
from app.delivery.models import ReceiptKind
from app.delivery.receipts.rules import Fate, News, told

START = datetime(2026, 11, 2, 9, tzinfo=UTC)

NEWS = st.builds(
    lambda kind, bounce, minutes: News(
        kind, bounce if kind is ReceiptKind.BOUNCED else None, START, START + timedelta(minutes=minutes)
    ),
    st.sampled_from(ReceiptKind),
    st.sampled_from(["permanent", "transient"]),
    st.integers(0, 600),
)


def fate_of(news: list[News], state: str = "sending") -> Fate:
    fate = Fate(state)
    for one in news:
        fate = told(fate, one)
    return fate


@given(st.data(), st.lists(NEWS, max_size=8), st.sampled_from(sorted(MOVES)))
def test_order_and_repetition_do_not_matter(data: st.DataObject, news: list[News], state: str) -> None:
    repeated = news + (data.draw(st.lists(st.sampled_from(news), max_size=8)) if news else [])
    assert fate_of(data.draw(st.permutations(repeated)), state) == fate_of(news, state)


@given(st.lists(NEWS, min_size=1, max_size=8))
def test_the_gravest_news_is_the_state(news: list[News]) -> None:
    proven = [one.kind.value if one.kind.value in RECEIPTS else "sent" for one in news]
    assert fate_of(news).state == max(proven, key=RECEIPTS.index)


@given(st.lists(NEWS, max_size=8), NEWS)
def test_a_state_never_goes_back(news: list[News], one: News) -> None:
    before = fate_of(news)
    after = told(before, one)
    assert after.state == before.state or after.state in MOVES[before.state]


@pytest.mark.parametrize("kind", [ReceiptKind.OPENED, ReceiptKind.CLICKED, ReceiptKind.DELAYED, ReceiptKind.OTHER])
def test_an_open_or_a_delay_proves_no_more_than_that_the_mail_left(kind: ReceiptKind) -> None:
    news = News(kind, None, START, START + timedelta(hours=1))
    assert told(Fate("unknown"), news).state == "sent"
    assert told(Fate("complained"), news).state == "complained"
    assert told(Fate("unknown"), news).sent_at == START


def test_moments_are_the_first_of_a_kind_and_of_a_delay_the_last() -> None:
    def news(kind: ReceiptKind, minutes: int, bounce: str | None = None) -> News:
        return News(kind, bounce, START, START + timedelta(minutes=minutes))

    fate = fate_of(
        [
            news(ReceiptKind.DELAYED, 5),
            news(ReceiptKind.DELAYED, 2),
            news(ReceiptKind.BOUNCED, 9, "permanent"),
            news(ReceiptKind.BOUNCED, 7, "transient"),
        ]
    )
    assert fate.delayed_at == START + timedelta(minutes=5)
    assert (fate.bounced_at, fate.bounce) == (START + timedelta(minutes=7), "permanent")
