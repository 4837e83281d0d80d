"""Who may be asked, and the first reason why not: domain section 3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sampling.eligibility import ContactRules, Person, Reason, exclusion
from tests.unit.sampling import oracle
from tests.unit.sampling.rosters import TODAY, people

ANNA = Person("C1", "user")
DAY = timedelta(days=1)
RULES = ContactRules()

FAULTS: dict[Reason, dict[str, Any]] = {
    Reason.CONTACT_LEFT: {"status": "left"},
    Reason.OPTED_OUT: {"status": "opted_out"},
    Reason.SUPPRESSED: {"status": "suppressed"},
    Reason.INVALID_EMAIL: {"deliverable": False},
    Reason.DUPLICATE_EMAIL: {"duplicate": True},
    Reason.EXCLUDED_BY_MANAGER: {"exclusion_reason": "is leaving in spring"},
    Reason.EMBARGOED: {"embargoed_until": TODAY},
    Reason.OPEN_CASE: {"open_case": True},
    Reason.OPEN_INVITATION: {"open_invitation": True},
    Reason.CONTACTED_RECENTLY: {"last_invited_on": TODAY - 79 * DAY},
}


def why(person: Person, *, active: bool = True) -> Reason | None:
    return exclusion(person, today=TODAY, rules=RULES, account_active=active)


def test_reasons_stand_in_the_order_of_the_domain() -> None:
    assert [str(reason) for reason in Reason] == [
        *("account_inactive", "contact_left", "opted_out", "suppressed", "invalid_email", "duplicate_email"),
        *("excluded_by_manager", "embargoed", "open_case", "open_invitation", "contacted_recently", "not_needed"),
    ]


def test_nobody_is_excluded_without_a_reason() -> None:
    assert why(ANNA) is None


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_alone_is_its_reason(reason: Reason) -> None:
    assert why(ANNA._replace(**FAULTS[reason])) is reason


@pytest.mark.parametrize("reason", FAULTS)
def test_of_several_faults_the_first_is_told(reason: Reason) -> None:
    order = list(FAULTS)
    later = {name: trait for other in order[order.index(reason) :] for name, trait in FAULTS[other].items()}
    assert why(ANNA._replace(**{**later, **FAULTS[reason]})) is reason


def test_an_inactive_account_goes_before_every_fault() -> None:
    every = {name: trait for fault in FAULTS.values() for name, trait in fault.items()}
    assert why(ANNA._replace(**every), active=False) is Reason.ACCOUNT_INACTIVE


@pytest.mark.parametrize(("days", "reason"), [(0, Reason.EMBARGOED), (1, Reason.EMBARGOED), (-1, None)])
def test_an_embargo_holds_through_its_last_day(days: int, reason: Reason | None) -> None:
    assert why(ANNA._replace(embargoed_until=TODAY + days * DAY)) is reason


@pytest.mark.parametrize(
    ("days", "reason"),
    [(-2, Reason.CONTACTED_RECENTLY), (0, Reason.CONTACTED_RECENTLY), (79, Reason.CONTACTED_RECENTLY), (80, None)],
)
def test_eighty_days_lie_between_two_relationship_surveys(days: int, reason: Reason | None) -> None:
    assert why(ANNA._replace(last_invited_on=TODAY - days * DAY)) is reason


def test_the_days_between_two_surveys_are_a_setting() -> None:
    recent = ANNA._replace(last_invited_on=TODAY - 30 * DAY)
    assert exclusion(recent, today=TODAY, rules=ContactRules(relationship_days=30)) is None
    assert exclusion(recent, today=TODAY, rules=ContactRules(relationship_days=31)) is Reason.CONTACTED_RECENTLY


@pytest.mark.parametrize(
    ("days", "reason"), [(0, Reason.CONTACTED_RECENTLY), (6, Reason.CONTACTED_RECENTLY), (7, None)]
)
def test_seven_days_lie_between_a_survey_after_an_event_and_a_relationship_survey(
    days: int, reason: Reason | None
) -> None:
    assert why(ANNA._replace(last_transactional_on=TODAY - days * DAY)) is reason


def test_what_was_asked_before_an_override_holds_nobody_back() -> None:
    asked = ANNA._replace(last_invited_on=TODAY - 20 * DAY, last_transactional_on=TODAY - 3 * DAY)
    assert why(asked._replace(forgiven_on=TODAY - 4 * DAY)) is Reason.CONTACTED_RECENTLY
    assert why(asked._replace(forgiven_on=TODAY - 3 * DAY)) is None


def test_the_last_survey_of_either_kind_counts_for_the_order() -> None:
    assert ANNA.asked_on is None
    assert ANNA._replace(last_transactional_on=TODAY).asked_on == TODAY
    assert ANNA._replace(last_invited_on=TODAY, last_transactional_on=TODAY - DAY).asked_on == TODAY


def test_a_manager_excludes_only_with_a_written_reason() -> None:
    assert why(ANNA._replace(exclusion_reason="")) is None


def test_a_pin_does_not_overrule_a_reason() -> None:
    assert why(ANNA._replace(pinned=True, status="opted_out")) is Reason.OPTED_OUT


@given(people, st.booleans())
def test_the_reason_is_the_first_sentence_of_the_domain_that_holds(person: Person, active: bool) -> None:
    assert why(person, active=active) == oracle.reason(person, TODAY, active)
