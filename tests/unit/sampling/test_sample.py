"""The sample of one account: seats, ranks and reasons fit together, and agree with a naive reading of the domain."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sampling.eligibility import ContactRules, Person, Reason
from app.sampling.quota import Levels, QuotaTable, Split
from app.sampling.sample import AccountSample, Decision, Seat, Terms, sample_account
from tests.unit.sampling import oracle
from tests.unit.sampling.rosters import TODAY, fit_people, rosters, values

TERMS = Terms(TODAY, "q4", QuotaTable.preset("logarithmic"))
DM, INFLUENCER, USER, UNKNOWN = oracle.EVERY_LEVEL

accounts = st.tuples(values, rosters(), st.booleans())


def staff(**count: int) -> list[Person]:
    return [Person(f"{level}{number}", level) for level, many in count.items() for number in range(many)]


def by_id(sample: AccountSample) -> dict[str, Decision]:
    return {decision.contact_id: decision for decision in sample.decisions}


def test_seats_tell_targets_from_pooled_and_open_ones() -> None:
    sample = sample_account(1_000_000, staff(decision_maker=5, influencer=2, user=1, unknown=3), TERMS)
    assert (sample.required, sample.targets, sample.split) == (9, Levels(3, 3, 3), Split(Levels(5, 2, 1), 1, 0))
    seated = Counter((decision.level, decision.seat) for decision in sample.decisions)
    assert seated == {
        (DM, Seat.LEVEL): 3,
        (DM, Seat.POOLED): 2,
        (INFLUENCER, Seat.LEVEL): 2,
        (USER, Seat.LEVEL): 1,
        (UNKNOWN, Seat.OPEN): 1,
        (UNKNOWN, None): 2,
    }


def test_pooled_seats_are_the_last_of_their_level() -> None:
    sample = sample_account(100_000, staff(decision_maker=6), TERMS)
    assert [(one.rank, one.seat) for one in sorted(sample.decisions, key=lambda one: one.rank or 0)] == [
        *((1, Seat.LEVEL), (2, Seat.LEVEL)),
        *((place, Seat.POOLED) for place in range(3, 7)),
    ]


def test_unknown_value_asks_one_person_and_is_flagged() -> None:
    sample = sample_account(None, staff(decision_maker=2, user=2), TERMS)
    assert (sample.annual_value, sample.required, sample.targets, sample.value_flagged) == (None, None, (1, 0, 0), True)
    assert (sample.split.seats, sample.split.shortage) == (Levels(1, 0, 0), 0)


@pytest.mark.parametrize(
    ("value", "flagged"),
    [(0, True), (-5, True), (Decimal("0.99"), True), (Decimal("-0.01"), True), (1, False), (Decimal("1.00"), False)],
)
def test_no_value_in_whole_units_asks_one_person_and_is_flagged(value: Decimal | int, flagged: bool) -> None:
    sample = sample_account(value, staff(user=2), TERMS)
    assert (sample.required, sample.value_flagged) == (1, flagged)


@pytest.mark.parametrize("value", [None, 0, 5_000_000])
def test_inactive_account_asks_nobody_is_short_of_nobody_and_not_flagged(value: int | None) -> None:
    sample = sample_account(value, staff(decision_maker=2, unknown=1), TERMS, active=False)
    assert (sample.required, sample.split, sample.value_flagged) == (0, Split(Levels(0, 0, 0), 0, 0), False)
    assert {decision.reason for decision in sample.decisions} == {Reason.ACCOUNT_INACTIVE}
    assert len(sample.decisions) == 3


def test_account_without_contacts_is_short_of_its_whole_quota() -> None:
    sample = sample_account(10_000, [], TERMS)
    assert (sample.decisions, sample.split) == ([], Split(Levels(0, 0, 0), 0, 3))


def test_excluded_people_leave_their_seats_to_others_and_have_no_rank() -> None:
    gone = Person("gone", DM, status="left", pinned=True)
    sample = sample_account(1, [gone, *staff(decision_maker=2)], TERMS)
    decisions = by_id(sample)
    assert decisions["gone"] == Decision("gone", DM, None, Reason.CONTACT_LEFT, None)
    assert sorted((one.rank, one.reason) for id, one in decisions.items() if id != "gone") == [
        (1, None),
        (2, Reason.NOT_NEEDED),
    ]


def test_only_the_chosen_of_a_level_weigh_on_the_departments_of_the_next() -> None:
    chiefs = [Person("a", DM, department="IT", engagement=90), Person("b", DM, department="Finance", engagement=10)]
    people = [*chiefs, Person("c", INFLUENCER, department="IT"), Person("d", INFLUENCER, department="Finance")]
    for wave in ("q1", "q2", "q3", "q4", "q5"):  # whatever the hash of c and d
        sample = sample_account(5_000, people, Terms(TODAY, wave, TERMS.table))
        assert {id for id, one in by_id(sample).items() if one.seat} == {"a", "d"}


def test_a_seat_more_takes_the_next_rank_and_moves_nobody_of_the_top_level() -> None:
    people = [Person(f"C{n}", DM, department="ab"[n % 2], engagement=n) for n in range(12)]
    ranks = [
        {one.contact_id: one.rank for one in sample_account(value, people, TERMS).decisions}
        for value in (1, 10**6, 10**9)
    ]
    assert ranks[0] == ranks[1] == ranks[2]


def test_contact_rules_of_the_wave_hold() -> None:
    recent = Person("C1", USER, last_invited_on=TODAY - timedelta(days=20))
    sample = sample_account(1, [recent], Terms(TODAY, "q4", TERMS.table, ContactRules(relationship_days=20)))
    assert sample.decisions == [Decision("C1", USER, Seat.POOLED, None, 1)]


@settings(max_examples=300)
@given(accounts)
def test_every_decision_is_that_of_a_naive_reading(account: tuple[Decimal | int | None, list[Person], bool]) -> None:
    value, people, active = account
    sample = sample_account(value, people, TERMS, active=active)
    whole = int(value) if value is not None else 0
    required = 0 if not active else oracle.logarithmic(whole) if whole > 0 else 1
    assert sample.required == (None if active and value is None else required)
    assert {
        one.contact_id: (str(one.seat) if one.seat else "excluded", one.reason, one.rank) for one in sample.decisions
    } == oracle.sample(required, people, TODAY, "q4", active)


@given(accounts)
def test_every_person_gets_exactly_one_decision_on_their_own_level(
    account: tuple[Decimal | int | None, list[Person], bool],
) -> None:
    value, people, active = account
    decisions = sample_account(value, people, TERMS, active=active).decisions
    assert sorted((one.contact_id, one.level) for one in decisions) == sorted((one.id, one.level) for one in people)
    assert all((one.seat is None) != (one.reason is None) for one in decisions)


@given(accounts)
def test_decisions_fill_the_seats_with_the_first_ranks(
    account: tuple[Decimal | int | None, list[Person], bool],
) -> None:
    value, people, active = account
    sample = sample_account(value, people, TERMS, active=active)
    wanted = 1 if sample.required is None else sample.required
    assert sum(sample.split.seats) + sample.split.unknown + sample.split.shortage == wanted
    for level, seats in zip(oracle.EVERY_LEVEL, (*sample.split.seats, sample.split.unknown), strict=True):
        here = [one for one in sample.decisions if one.level == level]
        assert sorted(one.rank or 0 for one in here if one.seat) == list(range(1, seats + 1))
        reserve = [one.rank or 0 for one in here if one.reason is Reason.NOT_NEEDED]
        assert sorted(reserve) == list(range(seats + 1, seats + 1 + len(reserve)))
        assert all(one.rank is None for one in here if one.reason not in {None, Reason.NOT_NEEDED})


@given(accounts, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    account: tuple[Decimal | int | None, list[Person], bool], random: Random
) -> None:
    value, people, active = account
    shuffled = random.sample(people, len(people))
    one, other = (sample_account(value, given_people, TERMS, active=active) for given_people in (people, shuffled))
    assert one._replace(decisions=sorted(one.decisions)) == other._replace(decisions=sorted(other.decisions))


@given(values, rosters(fit_people), rosters(fit_people))
def test_more_supply_never_chooses_fewer(
    value: Decimal | int | None, people: list[Person], further: list[Person]
) -> None:
    known = {person.id for person in people}
    more = [*people, *(person for person in further if person.id not in known)]
    before, after = (
        sum(decision.seat is not None for decision in sample_account(value, roster, TERMS).decisions)
        for roster in (people, more)
    )
    assert after >= before
