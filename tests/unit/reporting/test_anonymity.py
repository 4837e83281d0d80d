"""What an anonymous survey lets nobody learn, whatever they look at and subtract."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.anonymity import ANONYMOUS_VERSIONS, Anonymity, anonymity, unnamed

OPEN = anonymity("enps", finished=True)
SEALED = anonymity("enps", finished=False)

groups = st.dictionaries(st.integers(0, 8), st.integers(0, 15), max_size=8)


@pytest.mark.parametrize("n", range(12))
def test_scores_from_five_answers_and_details_from_eight(n: int) -> None:
    assert (OPEN.score(n), OPEN.detail(n)) == (n >= 5, n >= 8)
    assert (OPEN.why(n) is None) == (n >= 8)


@pytest.mark.parametrize("n", [0, 5, 8, 1000])
def test_nothing_is_shown_while_answers_still_come_in(n: int) -> None:
    assert not SEALED.score(n)
    assert not SEALED.detail(n)
    assert SEALED.scored({"a": n}) == SEALED.detailed({"a": n}) == frozenset()
    assert "when the wave has finished" in (SEALED.why(n) or "")


@pytest.mark.parametrize("metric", ["nps", "ces", "csat"])
def test_a_survey_with_names_shows_everything(metric: str) -> None:
    for finished in (True, False):
        allowed = anonymity(metric, finished=finished)
        assert allowed.named
        assert allowed.score(1)
        assert allowed.detail(1)
        assert allowed.why(1) is None
        assert allowed.scored({"a": 0, "b": 1}) == {"a", "b"}


def test_the_next_smallest_goes_with_the_only_one_that_is_hidden() -> None:
    assert OPEN.scored({"a": 4, "b": 6, "c": 20}) == {"c"}
    assert OPEN.scored({"a": 4, "b": 3, "c": 20}) == {"c"}
    assert OPEN.scored({"a": 5, "b": 6, "c": 20}) == {"a", "b", "c"}
    assert OPEN.scored({"a": 0, "b": 6, "c": 20}) == {"b", "c"}
    assert OPEN.detailed({"a": 7, "b": 8, "c": 20}) == {"c"}
    assert OPEN.scored({"a": 4, "b": 6}) == frozenset()


@given(groups)
def test_what_is_hidden_cannot_be_worked_out_from_what_is_shown(counts: dict[int, int]) -> None:
    for shown, least in ((OPEN.scored(counts), 5), (OPEN.detailed(counts), 8)):
        assert all(counts[group] >= least for group in shown)
        hidden = [counts[group] for group in counts if group not in shown and counts[group]]
        assert not hidden or sum(hidden) >= least or not shown


@given(groups)
def test_no_more_is_hidden_than_has_to_be(counts: dict[int, int]) -> None:
    shown = OPEN.scored(counts)
    small = sum(n for n in counts.values() if n < 5)
    hidden_large = [n for group, n in counts.items() if n >= 5 and group not in shown]
    if small == 0 or small >= 5:
        assert not hidden_large
    else:
        assert len(hidden_large) <= 1


def test_of_two_groups_that_differ_by_few_people_one_stays_closed() -> None:
    countries = {"DE": 20, "FR": 20}
    same = {("DE", "de"): 20, ("FR", "fr"): 20}
    nearly = {("DE", "de"): 19, ("DE", "fr"): 1, ("FR", "fr"): 20}
    apart = {("DE", "de"): 15, ("DE", "fr"): 5, ("FR", "fr"): 20}
    assert OPEN.scored(countries, [same]) == {"DE", "FR"}
    assert OPEN.scored(countries, [nearly]) == frozenset()
    assert OPEN.scored(countries, [apart]) == {"DE", "FR"}
    assert OPEN.detailed(countries, [apart]) == frozenset()
    assert anonymity("nps", finished=False).scored(countries, [nearly]) == {"DE", "FR"}


def test_a_persons_row_loses_what_the_person_said_and_whether() -> None:
    row = {
        "contact_id": 3,
        "last_name": "Sand",
        "disposition": "complete",
        "score": 2,
        "drivers": ["pay"],
        "comments": {"why": "No."},
        "answered_at": "today",
        "language": "de",
    }
    assert unnamed(row) == {
        "contact_id": 3,
        "last_name": "Sand",
        "disposition": "asked",
        "score": None,
        "drivers": [],
        "comments": {},
        "answered_at": None,
        "language": None,
    }
    assert unnamed({"disposition": "bounced"}) == {"disposition": "bounced"}


def test_those_who_answered_look_like_those_who_did_not() -> None:
    told = {unnamed({"disposition": name})["disposition"] for name in ("complete", "partial", "break_off", "silent")}
    assert told == {"asked"}


def test_every_anonymous_metric_is_known_to_the_database() -> None:
    assert "'enps'" in ANONYMOUS_VERSIONS
    assert "'nps'" not in ANONYMOUS_VERSIONS


def test_what_is_no_survey_shows_everything() -> None:
    assert Anonymity().named
