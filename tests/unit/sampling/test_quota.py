"""Quota tables and the split of seats, by the vectors of domain sections 1 and 2 and by what always has to hold."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sampling import presets
from app.sampling.quota import (
    Levels,
    QuotaTable,
    Split,
    in_currency,
    required_contacts,
    split,
    targets,
)
from tests.unit.sampling import oracle


def vectors(text: str) -> dict[int, int]:
    """Read «value→contacts, …» as the domain writes it."""
    return {int(value): int(contacts) for value, contacts in (pair.split("→") for pair in text.split(", "))}


DEFAULT = vectors(
    "1→1, 999→1, 4641→1, 4642→2, 9999→2, 21544→3, 21545→4, 99999→5, 100000→6, 999999→8, 1000000→9, 5340779→11, "
    "6055836→11, 9999999→11, 1000000000→18"
)
DEFAULT_ROWS = vectors(
    "1→1, 4642→2, 10000→3, 21545→4, 46416→5, 100000→6, 215444→7, 464159→8, 1000000→9, 2154435→10, 4641589→11, "
    "10000000→12"
)
PUBLISHED = vectors("1000→1, 10000→3, 100000→6, 1000000→9, 5340779→11")
STEPS = vectors("1→1, 9999→1, 10000→3, 99999→3, 100000→6, 999999→6, 1000000→9, 1000000000000→9")
UPPER_BOUNDS = vectors(
    "1→1, 2000→1, 2001→2, 5000→2, 5001→3, 10000→3, 10001→4, 22000→4, 22001→5, 46000→5, 46001→6, 100000→6, 100001→7, "
    "215000→7, 215001→8, 460000→8, 460001→9, 1000000→9, 1000001→10, 2200000→10, 2200001→11, 4700000→11, 4700001→12"
)
supplies = st.integers(0, 40)
supply_of_levels = st.builds(Levels, supplies, supplies, supplies)


@pytest.mark.parametrize(("value", "contacts"), [*DEFAULT.items(), *DEFAULT_ROWS.items(), *PUBLISHED.items()])
def test_default_table_by_the_vectors_of_the_domain(value: int, contacts: int) -> None:
    assert required_contacts(value) == contacts


@given(st.integers(1, 10**16))
def test_default_table_is_the_logarithm(value: int) -> None:
    assert required_contacts(value) == oracle.logarithmic(value)


@given(st.integers(1, 60), st.integers(1, 10**30))
def test_logarithmic_preset_goes_on_to_any_cap(cap: int, value: int) -> None:
    assert required_contacts(value, QuotaTable.preset("logarithmic", cap)) == oracle.logarithmic(value, cap)


@pytest.mark.parametrize("contacts", range(2, 19))
def test_each_row_of_the_default_table_starts_at_the_first_value_that_earns_it(contacts: int) -> None:
    least, asked = QuotaTable.preset("logarithmic").rows[contacts - 1]
    assert asked == contacts
    assert (oracle.logarithmic(int(least)), oracle.logarithmic(int(least) - 1)) == (contacts, contacts - 1)


@pytest.mark.parametrize(("preset", "rows"), [("steps", STEPS), ("upper_bounds", UPPER_BOUNDS)])
def test_other_presets(preset: str, rows: dict[int, int]) -> None:
    table = QuotaTable.preset(preset)
    assert {value: required_contacts(value, table) for value in rows} == rows


@pytest.mark.parametrize("preset", presets.names())
def test_a_cap_cuts_every_preset(preset: str) -> None:
    table = QuotaTable.preset(preset, 4)
    assert required_contacts(10**9, table) == 4
    assert required_contacts(1, table) == 1


@pytest.mark.parametrize(
    ("value", "contacts"),
    [
        (Decimal("4641.99"), 1),
        (Decimal("4642.00"), 2),
        (Decimal("0.99"), 1),
        (0, 1),
        (-1, 1),
        (Decimal("-0.01"), 1),
        (-(10**9), 1),
        (Decimal("1" + "0" * 40 + ".5"), 18),
    ],
)
def test_values_are_floored_and_never_ask_for_nobody(value: Decimal | int, contacts: int) -> None:
    assert required_contacts(value) == contacts


def test_a_table_that_starts_high_asks_one_person_below_its_first_row() -> None:
    assert required_contacts(500, QuotaTable(((1_000, 4),))) == 1


def test_a_row_between_two_units_is_reached_by_the_next_whole_one() -> None:
    table = QuotaTable(((1, 1), (Decimal("1000.50"), 2)))
    assert [required_contacts(value, table) for value in (1_000, Decimal("1000.99"), 1_001)] == [1, 1, 2]


def test_unknown_value_has_an_unknown_quota() -> None:
    assert required_contacts(None) is None


@pytest.mark.parametrize("value", [None, 0, 5_000_000])
def test_inactive_account_needs_nobody(value: int | None) -> None:
    assert required_contacts(value, active=False) == 0


@pytest.mark.parametrize(
    ("rows", "cap", "sentence"),
    [
        ((), 18, "a quota table needs at least one row"),
        (((1, 1),), 0, "the cap is 0; it must be at least 1"),
        (((1, 0),), 18, "row 1 asks for 0 contacts; it must be at least 1"),
        (((1, 1), (2, -3)), 18, "row 2 asks for -3 contacts; it must be at least 1"),
        (((Decimal("NaN"), 1),), 18, "row 1 starts at NaN; it must be an amount of money"),
        (((1, 1), (Decimal("Infinity"), 2)), 18, "row 2 starts at Infinity; it must be an amount of money"),
        (((1, 1), (500, 2), (500, 3)), 18, "row 3 starts at 500; it must be above 500, the row before"),
        (((1, 1), (Decimal("0.5"), 2)), 18, "row 2 starts at 0.5; it must be above 1, the row before"),
        (((1, 4), (9, 3)), 18, "row 2 asks for 3 contacts; a higher value never asks for fewer than 4"),
    ],
)
def test_a_table_that_cannot_be_meant_says_which_row_and_why(
    rows: tuple[tuple[Decimal | int, int], ...], cap: int, sentence: str
) -> None:
    with pytest.raises(ValueError) as caught:
        QuotaTable(rows, cap)
    assert str(caught.value) == sentence


@st.composite
def tables(draw: st.DrawFn) -> QuotaTable:
    size = draw(st.integers(1, 8))
    starts = sorted(draw(st.lists(st.integers(-100, 10**7), min_size=size, max_size=size, unique=True)))
    contacts = sorted(draw(st.lists(st.integers(1, 30), min_size=size, max_size=size)))
    return QuotaTable(tuple(zip(starts, contacts, strict=True)), draw(st.integers(1, 25)))


amounts = st.one_of(st.integers(-(10**4), 10**8), st.decimals(-10, 10**6, places=2, allow_nan=False))


@given(tables(), amounts, amounts)
def test_a_higher_value_never_asks_for_fewer(table: QuotaTable, one: Decimal | int, other: Decimal | int) -> None:
    low, high = (required_contacts(value, table) for value in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert 1 <= low <= high <= table.cap


@given(tables(), amounts)
def test_the_last_row_reached_decides(table: QuotaTable, value: Decimal | int) -> None:
    reached = [contacts for least, contacts in table.rows if floor(value) >= least and floor(value) > 0]
    assert required_contacts(value, table) == min(table.cap, reached[-1] if reached else 1)


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        (0, (0, 0, 0)),
        (1, (1, 0, 0)),
        (2, (1, 1, 0)),
        (3, (1, 1, 1)),
        (7, (3, 2, 2)),
        (8, (3, 3, 2)),
        (9, (3, 3, 3)),
        (11, (4, 4, 3)),
        (18, (6, 6, 6)),
    ],
)
def test_targets_by_the_vectors_of_the_domain(required: int, expected: tuple[int, int, int]) -> None:
    assert targets(required) == Levels(*expected)


@given(st.integers(0, 200))
def test_targets_are_even_with_a_bias_upward(required: int) -> None:
    found = targets(required)
    assert sum(found) == required
    assert all(0 <= above - below <= 1 for above, below in pairwise(found))
    assert found.decision_maker - found.user <= 1


@pytest.mark.parametrize(
    ("required", "available", "seats", "shortage"),
    [
        (9, (1, 5, 10), (1, 5, 3), 0),
        (9, (0, 1, 20), (0, 1, 8), 0),
        (9, (5, 2, 1), (5, 2, 1), 1),
        (6, (5, 5, 0), (4, 2, 0), 0),
        (11, (0, 0, 2), (0, 0, 2), 9),
        (0, (5, 5, 5), (0, 0, 0), 0),
    ],
)
def test_split_by_the_vectors_of_the_domain(
    required: int, available: tuple[int, int, int], seats: tuple[int, int, int], shortage: int
) -> None:
    assert split(required, Levels(*available)) == Split(Levels(*seats), 0, shortage)


def test_people_of_unknown_level_come_only_after_everybody_else() -> None:
    assert split(9, Levels(1, 5, 2), 4) == Split(Levels(1, 5, 2), 1, 0)
    assert split(9, Levels(3, 3, 3), 4) == Split(Levels(3, 3, 3), 0, 0)
    assert split(9, Levels(0, 0, 0), 4) == Split(Levels(0, 0, 0), 4, 5)


@given(st.integers(0, 30), supply_of_levels, supplies)
def test_split_agrees_with_seats_handed_out_one_by_one(required: int, available: Levels, unknown: int) -> None:
    found = split(required, available, unknown)
    given_seats, shortage = oracle.seats(required, {**available._asdict(), "unknown": unknown})
    assert ({**found.seats._asdict(), "unknown": found.unknown}, found.shortage) == (given_seats, shortage)


@given(st.integers(0, 30), supply_of_levels, supplies)
def test_every_seat_is_taken_or_short_and_nobody_sits_twice(required: int, available: Levels, unknown: int) -> None:
    found = split(required, available, unknown)
    assert sum(found.seats) + found.unknown + found.shortage == required
    assert all(0 <= seats <= supply for seats, supply in zip(found.seats, available, strict=True))
    assert 0 <= found.unknown <= unknown
    assert found.shortage == max(0, required - sum(available) - unknown)


@given(st.integers(0, 30), supply_of_levels, supplies, supply_of_levels, supplies)
def test_more_supply_never_chooses_fewer(
    required: int, available: Levels, unknown: int, further: Levels, further_unknown: int
) -> None:
    more = Levels(*(here + there for here, there in zip(available, further, strict=True)))
    before, after = split(required, available, unknown), split(required, more, unknown + further_unknown)
    assert sum(after.seats) + after.unknown >= sum(before.seats) + before.unknown
    reached = [
        min(seats, target)
        for one in (before, after)
        for seats, target in zip(one.seats, targets(required), strict=True)
    ]
    assert all(then >= now for now, then in zip(reached[:3], reached[3:], strict=True))


@given(st.integers(0, 30), supply_of_levels, supplies)
def test_pooled_seats_go_to_the_highest_level_with_somebody_left(
    required: int, available: Levels, unknown: int
) -> None:
    found = split(required, available, unknown)
    wished = targets(required)
    for level in range(3):
        if found.seats[level] > wished[level]:
            assert all(found.seats[above] == available[above] for above in range(level))
    if found.unknown:
        assert found.seats == available


@pytest.mark.parametrize(
    ("amount", "currency", "converted"),
    [
        (Decimal(100), "USD", Decimal(100)),
        (Decimal(100), None, Decimal(100)),
        (Decimal(100), "EUR", Decimal(108)),
        (Decimal("-100.50"), "EUR", Decimal("-108.54")),
        (Decimal(0), "EUR", Decimal(0)),
        (Decimal(100), "CHF", None),
        (None, "USD", None),
        (None, "EUR", None),
        (None, None, None),
    ],
)
def test_amounts_of_another_currency_need_their_rate(
    amount: Decimal | None, currency: str | None, converted: Decimal | None
) -> None:
    assert in_currency(amount, currency, "USD", {"EUR": Decimal("1.08")}) == converted
