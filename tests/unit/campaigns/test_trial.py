"""A plan tried in memory: which people the rules get to see, and what the plan comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.models import AccountStatus, ContactStatus, Level
from app.accounts.roster import Roster
from app.accounts.rows import RowFault
from app.campaigns.trial import TrialPlan, prevailing_currency, try_plan
from app.sampling.eligibility import Reason
from app.sampling.quota import QuotaTable
from app.sampling.sample import Terms
from tests.unit.campaigns.rows import account, contact, roster

TODAY = date(2026, 11, 2)
TERMS = Terms(TODAY, "q4", QuotaTable.preset("logarithmic"))
DAY = timedelta(days=1)
DM, INFLUENCER, USER, UNKNOWN = Level
SHARED: dict[str, Any] = {"email_key": "desk@company.example"}


def tried(given_roster: Roster, currency: str = "USD", rates: Mapping[str, Decimal] | None = None) -> TrialPlan:
    return try_plan(given_roster, TERMS, currency, rates or {})


def reasons(plan: TrialPlan) -> dict[str, str]:
    """Return {contact: seat or reason}."""
    return {
        decision.contact_id: str(decision.seat or decision.reason)
        for trial in plan.accounts
        for decision in trial.sample.decisions
    }


@pytest.mark.parametrize(
    ("traits", "reason"),
    [
        ({}, "level"),
        ({"status": ContactStatus.LEFT}, "contact_left"),
        ({"status": ContactStatus.OPTED_OUT}, "opted_out"),
        ({"status": ContactStatus.SUPPRESSED}, "suppressed"),
        ({"email_key": None, "email": "nobody@"}, "invalid_email"),
        ({"exclusion_reason": "asked not to be bothered"}, "excluded_by_manager"),
        ({"embargoed_until": TODAY}, "embargoed"),
        ({"open_case": True}, "open_case"),
        ({"last_invited_on": TODAY - 79 * DAY}, "contacted_recently"),
        ({"last_invited_on": TODAY - 80 * DAY}, "level"),
    ],
)
def test_what_a_row_says_reaches_the_rules(traits: dict[str, Any], reason: str) -> None:
    plan = tried(roster((account("A1", 1), [contact("C1", DM, **traits)])))
    assert reasons(plan) == {"C1": reason}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"pinned": True}, {}),
        ({"unanswered": 0}, {"unanswered": 1}),
        ({}, {"last_invited_on": TODAY - 100 * DAY}),
        ({"engagement_score": 50}, {"engagement_score": 49}),
    ],
)
def test_what_a_row_says_reaches_the_ranking(first: dict[str, Any], second: dict[str, Any]) -> None:
    for one, other in (("C1", "C2"), ("C2", "C1")):
        plan = tried(roster((account("A1", 1), [contact(one, DM, **first), contact(other, DM, **second)])))
        assert reasons(plan) == {one: "level", other: "not_needed"}


def test_departments_reach_the_ranking() -> None:
    for other in ("C2", "C3"):
        people = [contact("C1", DM, department="IT"), contact("C2", INFLUENCER), contact("C3", INFLUENCER)]
        people = [one if one.external_id == other else one._replace(department="IT") for one in people]
        assert reasons(tried(roster((account("A1", 5_000), people))))[other] == "level"


@pytest.mark.parametrize("status", [AccountStatus.CHURNED, AccountStatus.INACTIVE])
def test_accounts_that_are_not_active_ask_nobody(status: AccountStatus) -> None:
    plan = tried(roster((account("A1", status=status), [contact("C1")])))
    assert reasons(plan) == {"C1": "account_inactive"}
    assert (plan.totals.required, plan.totals.shortage) == (0, 0)


@pytest.mark.parametrize(
    ("of_account", "of_contact", "reason"),
    [
        (None, None, "level"),
        (TODAY, None, "embargoed"),
        (None, TODAY, "embargoed"),
        (TODAY, TODAY - DAY, "embargoed"),
        (TODAY - DAY, TODAY, "embargoed"),
        (TODAY - DAY, TODAY - DAY, "level"),
    ],
)
def test_the_later_embargo_of_account_and_contact_holds(
    of_account: date | None, of_contact: date | None, reason: str
) -> None:
    company = account("A1", 1, embargoed_until=of_account)
    assert reasons(tried(roster((company, [contact("C1", DM, embargoed_until=of_contact)])))) == {"C1": reason}


def test_of_all_contacts_with_one_address_the_lowest_id_is_kept_whatever_its_account() -> None:
    plan = tried(
        roster(
            (account("A1"), [contact("C9", **SHARED), contact("C10", **SHARED)]),
            (account("A2"), [contact("C2", **SHARED), contact("C3")]),
        )
    )
    assert reasons(plan) == {
        "C10": "level",
        "C2": "duplicate_email",
        "C9": "duplicate_email",
        "C3": "level",
    }


def test_the_keeper_keeps_an_address_even_if_it_is_not_asked_itself() -> None:
    gone = contact("C1", status=ContactStatus.LEFT, **SHARED)
    plan = tried(
        roster((account("A1", status=AccountStatus.CHURNED), [gone]), (account("A2"), [contact("C2", **SHARED)]))
    )
    assert reasons(plan) == {"C1": "account_inactive", "C2": "duplicate_email"}


def test_contacts_without_an_address_are_nobodys_duplicates() -> None:
    plan = tried(roster((account("A1"), [contact("C1", email_key=None), contact("C2", email_key=None)])))
    assert reasons(plan) == {"C1": "invalid_email", "C2": "invalid_email"}


def test_accounts_and_contacts_come_in_the_plain_order_of_their_ids() -> None:
    plan = tried(
        roster(
            (account("a1"), []),
            (account("A9"), [contact("C9", status=ContactStatus.LEFT), contact("C10")]),
            (account("A10"), []),
        )
    )
    assert [trial.account.external_id for trial in plan.accounts] == ["A10", "A9", "a1"]
    middle = plan.accounts[1]
    assert [one.external_id for one in middle.contacts] == ["C10", "C9"]
    assert [decision.contact_id for decision in middle.sample.decisions] == ["C10", "C9"]


@pytest.mark.parametrize(
    ("currencies", "expected"),
    [
        (["EUR", "USD", "EUR"], "EUR"),
        (["USD", "EUR"], "EUR"),
        ([None, None, "CHF"], "CHF"),
        ([None], "USD"),
        ([], "USD"),
    ],
)
def test_the_currency_of_most_accounts_prevails(currencies: list[str | None], expected: str) -> None:
    assert prevailing_currency([account(f"A{n}", currency=code) for n, code in enumerate(currencies)]) == expected


def test_values_in_other_currencies_need_a_rate() -> None:
    plan = tried(
        roster(
            (account("A1", Decimal("100000.00"), currency="EUR"), []),
            (account("A2", Decimal(100_000), currency="CHF"), []),
            (account("A3", Decimal(100_000), currency="CHF", status=AccountStatus.CHURNED), []),
            (account("A4", Decimal(100_000), currency=None), []),
            (account("A5", None), []),
            (account("A6", None, currency=None), []),
        ),
        rates={"EUR": Decimal("2.2")},
    )
    assert [(trial.sample.annual_value, trial.sample.required) for trial in plan.accounts] == [
        (Decimal(220_000), 7),
        (None, None),
        (None, 0),
        (Decimal(100_000), 6),
        (None, None),
        (None, None),
    ]
    totals = plan.totals
    assert (totals.currency, totals.missing_rates, totals.unknown_values, totals.without_currency) == (
        "USD",
        {"CHF": 1},
        3,
        1,
    )


def test_totals_by_hand() -> None:
    large = [contact("C1", DM), contact("C2", USER), contact("C3", UNKNOWN), contact("C4", DM, email_key=None)]
    small = [contact("C5", USER), contact("C6", USER), contact("C7", UNKNOWN)]
    faults = {"rejected": [RowFault("contacts.csv", 4, "bad")], "noted": [RowFault("accounts.csv", 2, "odd")] * 2}
    plan = tried(
        roster(
            (account("A1", 100_000), large),
            (account("A2", None), small),
            (account("A3", status=AccountStatus.CHURNED), [contact("C8", DM)]),
            **faults,
        )
    )
    totals = plan.totals
    assert (totals.accounts, totals.contacts, totals.required) == (3, 8, 6)
    assert (totals.chosen, totals.excluded) == (4, 4)
    assert totals.chosen_by_level == {"decision_maker": 1, "influencer": 0, "user": 2, "unknown": 1}
    assert {reason: count for reason, count in totals.excluded_by_reason.items() if count} == {
        "account_inactive": 1,
        "invalid_email": 1,
        "not_needed": 2,
    }
    assert list(totals.excluded_by_reason) == list(Reason)
    assert (totals.shortage, totals.accounts_with_shortage, totals.unknown_values) == (3, 1, 1)
    assert (totals.rejected_rows, totals.noted_rows) == (1, 2)


def test_progress_ends_at_the_last_account() -> None:
    told: list[tuple[int, int]] = []
    companies = roster(*((account(f"A{number}"), []) for number in range(1_201)))
    try_plan(companies, TERMS, "USD", {}, lambda done, total: told.append((done, total)))
    assert told == [(500, 1201), (1000, 1201), (1201, 1201)]


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    ids = draw(st.lists(st.integers(1, 60), unique=True, max_size=25))
    keys = st.sampled_from([None, "one@x.example", "two@x.example", "three@x.example"])
    people = [contact(f"C{id}", draw(st.sampled_from(Level)), email_key=draw(keys)) for id in ids]
    parted = [draw(st.integers(0, 3)) for _ in people]
    values = st.one_of(st.none(), st.integers(-1, 10**7))
    return roster(
        *(
            (
                account(f"A{number}", draw(values), status=draw(st.sampled_from(AccountStatus))),
                [person for person, where in zip(people, parted, strict=True) if where == number],
            )
            for number in range(4)
        )
    )


@given(rosters(), st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(given_roster: Roster, random: Random) -> None:
    shuffled = Roster(
        accounts=random.sample(given_roster.accounts, len(given_roster.accounts)),
        contacts={id: random.sample(people, len(people)) for id, people in given_roster.contacts.items()},
    )
    assert tried(shuffled) == tried(given_roster)


@given(rosters())
def test_every_contact_is_decided_once_and_the_figures_agree(given_roster: Roster) -> None:
    plan = tried(given_roster)
    decided = [decision for trial in plan.accounts for decision in trial.sample.decisions]
    everybody = [person.external_id for people in given_roster.contacts.values() for person in people]
    assert sorted(decision.contact_id for decision in decided) == sorted(everybody)
    totals = plan.totals
    assert totals.chosen == sum(totals.chosen_by_level.values()) == sum(one.seat is not None for one in decided)
    assert totals.excluded == sum(totals.excluded_by_reason.values()) == len(decided) - totals.chosen
    assert totals.chosen + totals.shortage == totals.required + totals.unknown_values


@given(rosters())
def test_of_those_who_share_an_address_exactly_one_is_no_duplicate(given_roster: Roster) -> None:
    active = {one.external_id for one in given_roster.accounts if one.status is AccountStatus.ACTIVE}
    sharers: dict[str, list[str]] = {}
    for people in given_roster.contacts.values():
        for person in people:
            if person.email_key:
                sharers.setdefault(person.email_key, []).append(person.external_id)
    duplicates = {id for id, reason in reasons(tried(given_roster)).items() if reason == "duplicate_email"}
    asked = {person.external_id for id in active for person in given_roster.contacts[id]}
    expected = {id for ids in sharers.values() for id in ids if id != min(ids)}
    assert duplicates == expected & asked
