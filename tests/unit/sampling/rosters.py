"""Random people for the properties. Ranges are narrow on purpose, so that ties and thresholds come up all the time."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from app.sampling.eligibility import Person
from app.sampling.selection import Candidate
from tests.unit.sampling.oracle import EVERY_LEVEL

TODAY = date(2026, 11, 2)

ids = st.integers(0, 10_000).map("C{:05}".format)
levels = st.sampled_from(EVERY_LEVEL)
days_ago = st.one_of(st.sampled_from([-3, 0, 79, 80, 89, 90, 179, 180, 181, 269, 270, 8910]), st.integers(0, 400))
invited = st.one_of(st.none(), days_ago.map(lambda days: TODAY - timedelta(days=days)))
scores = st.one_of(st.none(), st.sampled_from([0, 9, 10, 95, 99, 100]))
unanswered = st.integers(0, 4)
departments = st.sampled_from([None, "IT", "Operations", "Finance"])
seldom = st.integers(0, 9).map(lambda number: number == 0)
values = st.one_of(st.none(), st.integers(-5, 20_000_000), st.decimals(-2, 20_000, places=2, allow_nan=False))

candidates = st.builds(
    Candidate,
    id=ids,
    level=levels,
    last_invited_on=invited,
    engagement=scores,
    unanswered=unanswered,
    pinned=seldom,
    department=departments,
)
fit_people = st.builds(
    Person,
    id=ids,
    level=levels,
    department=departments,
    engagement=scores,
    last_invited_on=st.one_of(st.none(), st.integers(80, 400).map(lambda days: TODAY - timedelta(days=days))),
    unanswered=unanswered,
    pinned=seldom,
    last_transactional_on=st.one_of(st.none(), st.integers(7, 200).map(lambda days: TODAY - timedelta(days=days))),
)
people = st.builds(
    Person,
    id=ids,
    level=levels,
    status=st.sampled_from(["active"] * 12 + ["left", "opted_out", "suppressed"]),
    department=departments,
    engagement=scores,
    last_invited_on=invited,
    unanswered=unanswered,
    pinned=seldom,
    deliverable=seldom.map(lambda fault: not fault),
    duplicate=seldom,
    exclusion_reason=st.sampled_from([None, None, None, "", "in a takeover"]),
    embargoed_until=st.sampled_from([None] * 6 + [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]),
    open_case=seldom,
    open_invitation=seldom,
    last_transactional_on=st.one_of(
        st.none(), st.sampled_from([0, 6, 7, 100]).map(lambda n: TODAY - timedelta(days=n))
    ),
    forgiven_on=st.sampled_from([None] * 6 + [TODAY - timedelta(days=3), TODAY - timedelta(days=79)]),
)


def rosters(one: st.SearchStrategy[Person] = people, most: int = 30) -> st.SearchStrategy[list[Person]]:
    """People of one account, each with an id of its own."""
    return st.lists(one, max_size=most, unique_by=lambda person: person.id)


candidate_lists = st.lists(candidates, max_size=25, unique_by=lambda candidate: candidate.id)
