"""What a campaign makes of an event: its settings, and the first reason why no survey follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.campaigns.triggers import (
    OLDEST,
    WORDS,
    EventStanding,
    Repeat,
    TriggerSettings,
    Unknown,
    WhyNot,
    is_too_old,
    moment_wanted,
    read_settings,
    why_not,
)

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
TYPED = {
    "event": "ticket.solved",
    "delay_minutes": "1440",
    "repeat": "once",
    "subject": "ticket_id",
    "unknown_contacts": "create",
}


def test_every_reason_has_its_place_and_its_words() -> None:
    assert list(EventStanding._fields) == [reason.value for reason in WhyNot] == [key.value for key in WORDS]


@pytest.mark.parametrize("reason", WhyNot)
def test_of_several_reasons_the_first_is_told(reason: WhyNot) -> None:
    later = list(WhyNot)[list(WhyNot).index(reason) :]
    assert why_not(EventStanding(**{each.value: True for each in later})) is reason


def test_without_a_reason_a_survey_follows() -> None:
    assert why_not(EventStanding()) is None


def test_nobody_is_asked_about_last_week() -> None:
    assert not is_too_old(NOW - OLDEST, NOW)
    assert is_too_old(NOW - OLDEST - timedelta(seconds=1), NOW)


def test_a_survey_leaves_so_long_after_the_event_and_never_in_the_past() -> None:
    assert moment_wanted(NOW, timedelta(days=1), NOW) == NOW + timedelta(days=1)
    assert moment_wanted(NOW - timedelta(days=2), timedelta(days=1), NOW) == NOW


def test_what_is_typed_is_kept_and_comes_back() -> None:
    settings, faults = read_settings(TYPED)
    assert (settings, faults) == (TriggerSettings(), {})
    other = TriggerSettings("order.shipped", 0, Repeat.EVERY, "", Unknown.REFUSE)
    assert TriggerSettings.read(other.as_json()) == other
    assert TriggerSettings.read({}) == TriggerSettings()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("event", ""),
        ("event", "Ticket solved"),
        ("event", "x" * 101),
        ("delay_minutes", ""),
        ("delay_minutes", "-1"),
        ("delay_minutes", "43201"),
        ("repeat", "often"),
        ("subject", ""),
        ("subject", "x" * 101),
        ("unknown_contacts", ""),
    ],
)
def test_what_cannot_be_meant_is_said_beside_its_field(field: str, typed: str) -> None:
    settings, faults = read_settings(TYPED | {field: typed})
    assert settings is None
    assert list(faults) == [field]


def test_a_campaign_that_asks_on_every_closing_needs_no_ticket() -> None:
    settings, faults = read_settings(TYPED | {"repeat": "every", "subject": ""})
    assert (settings is not None, faults) == (True, {})
