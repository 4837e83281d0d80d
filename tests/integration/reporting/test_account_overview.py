"""The account overview against a plain recount: every sort, every filter, every page, alone and consolidated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import text

from app.accounts.deleting import delete_account
from app.accounts.joining import merge_accounts
from app.reporting.alerts import ALERTS
from app.reporting.anonymity import anonymity
from app.reporting.consolidating import consolidated, lifetime_below
from app.reporting.filtering import BANDS, SORTS, STAGES, Wanted
from app.reporting.overview import account_overview, stream_accounts
from app.reporting.segmenting import segments
from app.reporting.standing import counted
from tests.support.company import TODAY, Person, add_account, three_levels
from tests.support.database import Cluster, fresh_database
from tests.support.heard import GATEWAY, asked, change, say

SOON, LATE = TODAY + timedelta(days=30), TODAY + timedelta(days=400)


def company() -> int:
    """Accounts of every kind, a wave that is out, some answers; return the wave's id."""
    care: dict[str, Any] = {"manager_name": "Ana Sand", "industry": "Banking", "country": "DE"}
    parent = add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6), **care, renewal_on=SOON)
    add_account("A2", 1_000_000, three_levels("A2", 0, 1, 9), parent_id=parent, **care, renewal_on=LATE)
    child = add_account("A3", 100_000, three_levels("A3", 2, 2, 2), parent_id=parent, manager_name="Bo Wolf")
    add_account("A4", 50_000, [], industry="Rail", lifetime_value=Decimal(900))
    add_account("A5", None, three_levels("A5", 1, 1, 1))
    add_account("A6", 0, three_levels("A6", 0, 0, 2), country="AT")
    add_account("A7", 900, [Person("A7X")], parent_id=child, currency="EUR", lifetime_value=Decimal(70))
    wave_id = asked(rates={"EUR": Decimal("1.1")})
    change("UPDATE invitation SET sent_at = now()")
    for contact, score in {"A1D000": 2, "A1I000": 9, "A1U000": 10, "A3D000": 9, "A3U000": 9, "A7X": 4}.items():
        say(wave_id, contact, score)
    say(wave_id, "A5D000", 10, hint=GATEWAY)
    change(
        "UPDATE invitation SET bounced_at = now() WHERE account_id = (SELECT id FROM account WHERE external_id = 'A6')"
    )
    return wave_id


@pytest.fixture(scope="module")
def wave(cluster: Cluster) -> Iterator[int]:
    """The company, for tests that only look."""
    with fresh_database(cluster):
        yield company()


def rows(wave_id: int, **wanted: Any) -> list[Mapping[str, Any]]:
    with counted() as session:
        return list(account_overview(session, Wanted(wave_id, today=TODAY, **wanted)).rows)


def ids(wave_id: int, **wanted: Any) -> list[str]:
    return [row["external_id"] for row in rows(wave_id, **wanted)]


def test_a_row_tells_what_the_account_is_and_how_it_stands(wave: int) -> None:
    found = {row["external_id"]: row for row in rows(wave)}
    first = found["A1"]
    assert (first["required"], first["contacts"], first["sent"], first["answers"]) == (11, 18, 11, 3)
    assert first["coverage"] == Fraction(3, 11)
    assert first["score"] == Fraction(100, 3)
    assert (first["coverage_decision_maker"], first["coverage_user"]) == (Fraction(1, 4), Fraction(1, 3))
    assert first["alerts"] == ["decision_makers_low", "renewal_near"]
    assert found["A4"]["alerts"] == ["silent", "short"]
    assert found["A5"]["alerts"] == ["silent", "value_unknown"], "what a mail gateway pressed is no answer"
    assert found["A6"]["alerts"] == ["silent", "bounced"]
    assert (found["A5"]["required"], found["A5"]["score"], found["A5"]["coverage"]) == (None, None, 0)


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{key}" for key in SORTS), "nonsense", "-", "name; DROP TABLE wave"])
def test_every_sort_shows_every_account_once_whatever_the_page(wave: int, sort: str) -> None:
    paged = [id for page in (1, 2, 3, 4) for id in ids(wave, sort=sort, per_page=2, page=page)]
    assert sorted(paged) == ["A1", "A2", "A3", "A4", "A5", "A6", "A7"]
    assert paged == ids(wave, sort=sort)


_INVITED = text(
    "SELECT a.external_id AS account, array_agg(c.external_id ORDER BY c.id) AS people FROM invitation i"
    " JOIN account a ON a.id = i.account_id JOIN contact c ON c.id = i.contact_id WHERE i.wave_id = :wave_id GROUP BY 1"
)

SORTED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "annual_value": lambda row: row["annual_value"],
    "answers": lambda row: row["answers"],
    "coverage": lambda row: row["coverage"],
    "decision_maker": lambda row: row["coverage_decision_maker"],
    "score": lambda row: row["score"] if row["answers"] > 1 else None,
    "manager": lambda row: row["manager"],
    "renewal_on": lambda row: row["renewal_on"],
}


@pytest.mark.parametrize("key", SORTED)
def test_sorts_go_by_the_figure_shown_with_the_unknown_last(wave: int, key: str) -> None:
    for sort, downwards in ((key, False), (f"-{key}", True)):
        shown = [SORTED[key](row) for row in rows(wave, sort=sort)]
        known = [value for value in shown if value is not None]
        assert known == sorted(known, reverse=downwards)
        assert all(value is None for value in shown[len(known) :])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"search": "company a3"}, ["A3"]),
        ({"search": "COMPANY  A3"}, ["A3"]),
        ({"search": "A3"}, ["A3"]),
        ({"search": "%"}, []),
        ({"search": "_"}, []),
        ({"fields": {"manager": ("Ana Sand", "Bo Wolf")}}, ["A1", "A2", "A3"]),
        ({"fields": {"manager": ("Ana Sand",), "country": ("AT",)}}, []),
        ({"fields": {"industry": ("Rail", "Banking")}}, ["A1", "A2", "A4"]),
        ({"band": "detractor"}, ["A1", "A7"]),
        ({"band": "passive"}, []),
        ({"alerts": ("silent", "short")}, ["A4"]),
        ({"alerts": ("renewal_near",)}, ["A1"]),
        ({"stages": {"silent": "influencer"}}, ["A2", "A3", "A4"]),
        ({"stages": {"heard": "any"}}, ["A1", "A3", "A7"]),
        ({"stages": {"surveyed": "decision_maker"}}, ["A1", "A3", "A5"]),
        ({"stages": {"covered": "all"}}, []),
        ({"value_from": Decimal(50_000), "value_to": Decimal(1_000_000)}, ["A2", "A3", "A4"]),
        ({"parent": 1}, ["A1", "A2", "A3", "A7"]),
        ({"parent": 3}, ["A3", "A7"]),
        ({"page": 99}, ["A1", "A2", "A3", "A4", "A7", "A6", "A5"]),
    ],
)
def test_filters_find_what_they_say(wave: int, wanted: dict[str, Any], found: list[str]) -> None:
    assert ids(wave, **wanted) == found


def test_every_filter_there_is_works_alone_and_with_the_others(wave: int) -> None:
    everybody = set(ids(wave))
    for name, values in STAGES.items():
        for value in values:
            assert set(ids(wave, stages={name: value}, sort="-trend")) <= everybody, (name, value)
    for band in BANDS:
        assert set(ids(wave, band=band, alerts=tuple(ALERTS))) <= everybody, band


def test_a_file_has_the_rows_of_all_pages_in_their_order(wave: int) -> None:
    with counted() as session:
        wanted = Wanted(wave, sort="-score", per_page=2, today=TODAY)
        assert [row["external_id"] for row in stream_accounts(session, wanted)] == ids(wave, sort="-score")


def test_consolidated_figures_are_sums_over_sums(wave: int) -> None:
    found = {row["external_id"]: row["below"] for row in rows(wave)}
    group = found["A1"]
    assert group is not None
    assert (group.accounts, group.sums["answers"], group.sums["wanted"]) == (4, 6, 11 + 9 + 6 + 1)
    assert group.annual_value == Decimal("7100990.00"), "€900 are $990 at the wave's rate"
    assert group.coverage == Fraction(3 + 2 + 0, 27), "a user's answer does not stand for the decision maker wanted"
    assert group.score == Fraction(100 * (4 - 2), 6)
    assert group.coverage_of("decision_maker") == Fraction(2, 4 + 3 + 2 + 1)
    assert found["A3"] is not None
    assert found["A3"].accounts == 2
    assert found["A4"] is None


def test_the_trend_is_held_against_the_wave_before_and_only_between_scores(database: str) -> None:
    before = company()
    long_ago = {"day": TODAY - timedelta(days=200)}
    change("UPDATE wave SET planned_for = :day", long_ago)
    change("UPDATE invitation SET closes_on = :day", long_ago)
    wave_id = asked("q5", rates={"EUR": Decimal("1.1")})
    with counted() as session:
        first = {row.account: row.people for row in session.execute(_INVITED, {"wave_id": wave_id})}
    for account, scores in {"A1": (2, 3), "A3": (10,), "A7": (9,)}.items():
        for contact, score in zip(first[account], scores, strict=False):
            say(wave_id, contact, score)
    found = {row["external_id"]: row for row in rows(wave_id, before_id=before)}
    assert round(found["A1"]["trend"], 3) == round(Decimal(-400) / 3, 3)
    assert "falling" in found["A1"]["alerts"]
    assert (found["A3"]["trend"], found["A7"]["trend"]) == (None, None), "one answer is no score"
    assert ids(wave_id, before_id=before, alerts=("falling",)) == ["A1"]


def test_currencies_are_never_added(database: str) -> None:
    company()
    with counted() as session:
        change("UPDATE account SET lifetime_value = 100 WHERE external_id IN ('A1', 'A2')")
    with counted() as session:
        assert lifetime_below(session, 1) == [("EUR", Decimal(70)), ("USD", Decimal(200))]


def test_a_circle_of_parents_ends(database: str) -> None:
    wave_id = company()
    change("UPDATE account SET parent_id = (SELECT id FROM account WHERE external_id = 'A7') WHERE external_id = 'A1'")
    with counted() as session:
        assert consolidated(session, [1], wave_id)[1].accounts == 4
    assert sorted(ids(wave_id, parent=1)) == ["A1", "A2", "A3", "A7"]


def test_a_wave_keeps_the_lines_of_accounts_that_are_gone_and_groups_those_that_were_merged(database: str) -> None:
    wave_id = company()
    merge_accounts(7, 2, actor="test")
    delete_account(6, actor="test")
    found = {row["name"]: row for row in rows(wave_id, sort="name")}
    assert len(found) == 7
    assert (found["Company A7"]["id"], found["Company A7"]["merged_into"]) == (2, "Company A2")
    assert found["deleted account"]["external_id"] is None
    assert found["Company A1"]["below"].sums["answers"] == 6, "with the answer of the account that was taken in"
    assert found["Company A1"]["below"].accounts == 3
    assert sorted(row["id"] for row in rows(wave_id, parent=1)) == [1, 2, 2, 3], "with the line of the merged account"


def test_a_merged_account_that_nobody_asked_is_in_the_segment_of_its_new_one(
    database: str,
) -> None:
    def of_ana() -> int:
        with counted() as session:
            groups = segments(session, wave_id, "manager", "nps", anonymity("nps", finished=True))
        return next(group.target for group in groups if group.value == "Ana Sand")

    wave_id = company()
    before = of_ana()
    merge_accounts(4, 2, actor="test")
    assert of_ana() > before


def test_the_line_of_a_merged_account_is_found_under_the_manager_of_the_one_that_took_it_in(database: str) -> None:
    wave_id = company()
    merge_accounts(7, 2, actor="test")
    found = {row["name"]: row for row in rows(wave_id, fields={"manager": ("Ana Sand",)})}
    assert sorted(found) == ["Company A1", "Company A2", "Company A7"]
    merged = found["Company A7"]
    assert (merged["manager"], merged["merged_into"], merged["external_id"]) == ("Ana Sand", "Company A2", "A7")
    assert (merged["lifetime_value"], merged["status"], merged["has_children"]) == (None, None, False)
