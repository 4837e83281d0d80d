"""When a person may be asked again: domain section 3, its numbers, and properties over random pasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.contact_rules import AT_LEAST, MOST_DAYS, NAMES, Ask, Rule, Rules, held_until, holds, read_rules
from app.campaigns.settings import Kind

NOW = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)
R, T = Kind.RELATIONSHIP, Kind.TRANSACTIONAL
ZONES = ("UTC", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Kolkata", "Europe/Berlin")

kinds = st.sampled_from(list(Kind))
levels = st.sampled_from(["decision_maker", "influencer", "user", "unknown"])
zones = st.sampled_from(ZONES)
days = st.sampled_from([0, 1, 6, 7, 29, 30, 79, 80, 89, 90]) | st.integers(0, 200)
asks = st.builds(Ask, st.builds(lambda n, s: NOW - n * DAY + timedelta(seconds=s), days, st.integers(0, 86_399)), kinds)
pasts = st.lists(asks, max_size=6)
rules = st.builds(Rules, *[st.integers(0, 120)] * 5)


def until(*past: Ask, kind: Kind = R, level: str = "user", zone: str = "UTC", **more: object) -> datetime | None:
    return held_until(past, kind=kind, level=level, rules=Rules(), now=NOW, zone=zone, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "kind", "level", "wait"),
    [
        (R, R, "user", 80),
        (R, R, "decision_maker", 80),
        (T, T, "user", 30),
        (T, T, "unknown", 30),
        (T, T, "decision_maker", 90),
        (R, T, "decision_maker", 7),
        (T, R, "decision_maker", 7),
        (T, R, "user", 7),
    ],
)
def test_so_many_days_lie_between_two_surveys(before: Kind, kind: Kind, level: str, wait: int) -> None:
    day_before, day = NOW - (wait - 1) * DAY, NOW - wait * DAY
    assert until(Ask(day_before, before), kind=kind, level=level) == (NOW + DAY).replace(hour=0, minute=0)
    assert until(Ask(day, before), kind=kind, level=level) is None


def test_nobody_was_asked() -> None:
    assert until() is None


def test_the_hour_of_the_survey_before_does_not_matter_after_eighty_days() -> None:
    late = datetime(2026, 8, 14, 16, 59, tzinfo=ZoneInfo("Pacific/Auckland"))
    early = datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert (early.date() - late.date()).days == 80
    ask = Ask(late.astimezone(UTC), R)
    now = early.astimezone(UTC)
    assert held_until([ask], kind=R, level="user", rules=Rules(), now=now, zone="Pacific/Auckland") is None
    assert held_until([ask], kind=R, level="user", rules=Rules(), now=now - 10 * AT_LEAST / 24, zone="Pacific/Auckland")


def test_between_any_two_lie_24_hours_whatever_the_settings_and_overrides() -> None:
    ask = Ask(NOW - timedelta(hours=23), T)
    free = Rules(0, 0, 0, 0, 0)
    assert held_until([ask], kind=R, level="user", rules=free, now=NOW, forgiven_at=NOW) == NOW + timedelta(hours=1)


def test_an_override_forgives_what_was_asked_before_it_and_nothing_after() -> None:
    before, after = Ask(NOW - 20 * DAY, R), Ask(NOW - 10 * DAY, R)
    assert until(before, forgiven_at=NOW - 15 * DAY) is None
    assert until(before, after, forgiven_at=NOW - 15 * DAY) == (NOW + 70 * DAY).replace(hour=0, minute=0)


def test_each_rule_that_holds_is_told_once_the_longest_first() -> None:
    recent, older = Ask(NOW - timedelta(hours=5), R), Ask(NOW - 3 * DAY, R)
    found = holds([older, recent], kind=R, level="user", rules=Rules(), now=NOW)
    assert [hold.rule for hold in found] == [Rule.RELATIONSHIP, Rule.ANY, Rule.A_DAY]
    assert {hold.ask for hold in found} == {recent}


def test_a_zone_that_there_is_not_does_not_stop_every_mail() -> None:
    assert until(Ask(NOW - 80 * DAY, R), zone="Mars/Olympus") is None


@given(pasts, kinds, levels, rules, zones)
def test_it_is_what_a_naive_reading_of_every_single_ask_says(
    past: list[Ask], kind: Kind, level: str, rules: Rules, zone: str
) -> None:
    def refuses(ask: Ask) -> bool:
        apart = (NOW.astimezone(ZoneInfo(zone)).date() - ask.at.astimezone(ZoneInfo(zone)).date()).days
        same = {R: rules.relationship_days, T: rules.transactional_days}[kind]
        if kind is T and level == "decision_maker":
            same = rules.decision_maker_days
        return NOW - ask.at < timedelta(hours=24) or apart < rules.any_days or (ask.kind is kind and apart < same)

    held = held_until(past, kind=kind, level=level, rules=rules, now=NOW, zone=zone)
    assert (held is not None) == any(map(refuses, past))


@given(pasts, kinds, levels, rules, zones, st.none() | days.map(lambda n: NOW - n * DAY))
def test_one_may_be_asked_from_that_moment_on_and_not_a_second_earlier(
    past: list[Ask], kind: Kind, level: str, rules: Rules, zone: str, forgiven: datetime | None
) -> None:
    def at(moment: datetime) -> datetime | None:
        return held_until(past, kind=kind, level=level, rules=rules, now=moment, zone=zone, forgiven_at=forgiven)

    held = at(NOW)
    if held is not None:
        assert held > NOW
        assert at(held) is None
        assert at(held - timedelta(seconds=1)) == held


@given(pasts, asks, kinds, levels, rules)
def test_another_ask_never_lets_anybody_be_asked_earlier(
    past: list[Ask], one: Ask, kind: Kind, level: str, rules: Rules
) -> None:
    less = held_until(past, kind=kind, level=level, rules=rules, now=NOW) or NOW
    more = held_until([*past, one], kind=kind, level=level, rules=rules, now=NOW) or NOW
    assert more >= less


@given(st.lists(st.tuples(st.integers(0, 24 * 90), kinds), max_size=40), levels, zones)
def test_who_keeps_to_them_never_asks_anybody_too_often(wishes: list[tuple[int, Kind]], level: str, zone: str) -> None:
    """Ask whenever it is allowed, and look at every pair of what was asked."""
    sent: list[Ask] = []
    for hours, kind in sorted(wishes):
        now = NOW + timedelta(hours=hours)
        if held_until(sent, kind=kind, level=level, rules=Rules(), now=now, zone=zone) is None:
            sent.append(Ask(now, kind))
    for number, first in enumerate(sent):
        for second in sent[number + 1 :]:
            clock = ZoneInfo(zone)
            apart = (second.at.astimezone(clock).date() - first.at.astimezone(clock).date()).days
            assert second.at - first.at >= timedelta(hours=24)
            assert apart >= 7
            if first.kind is second.kind:
                assert apart >= (80 if first.kind is R else 90 if level == "decision_maker" else 30)


@given(rules, st.dictionaries(st.sampled_from(NAMES), st.integers(0, MOST_DAYS)))
def test_a_campaign_is_never_laxer_than_the_house(house: Rules, kept: dict[str, int]) -> None:
    own = house.stricter(kept)
    for name in NAMES:
        assert getattr(own, name) == max(getattr(house, name), kept.get(name, 0))


@given(rules)
def test_what_is_kept_comes_back(kept: Rules) -> None:
    assert Rules.read(kept.as_json()) == kept
    assert read_rules({name: str(days) for name, days in kept.as_json().items()}) == (kept.as_json(), {})


def test_what_nobody_set_is_as_the_domain_has_it() -> None:
    assert Rules.read({}) == Rules(80, 30, 90, 7, 7)
    assert Rules().stricter({}) == Rules()


@pytest.mark.parametrize("typed", ["", "-1", "7.5", "seven", "731", "99999", "٧"])
def test_what_is_no_number_of_days_is_said_beside_its_field(typed: str) -> None:
    given = dict.fromkeys(NAMES, "10") | {"any_days": typed}
    kept, faults = read_rules(given)
    assert faults == {"any_days": "Give a number of days from 0 to 730."}
    assert "any_days" not in kept


def test_a_campaign_leaves_a_rule_to_the_house_and_may_only_be_stricter() -> None:
    kept, faults = read_rules({"relationship_days": "120", "transactional_days": "29", "any_days": ""}, Rules())
    assert kept == {"relationship_days": 120}
    assert faults == {"transactional_days": "A campaign can only be stricter than the house, which waits 30 days here."}
