"""Groups side by side against a plain recount, on the day's segments, and waves and campaigns beside each other."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import reading
from app.reporting.anonymity import anonymity
from app.reporting.groups import Group
from app.reporting.segmenting import segments
from app.reporting.standing import counted
from app.surveys.metrics import METRICS
from tests.support.company import Person, add_account, three_levels
from tests.support.heard import GATEWAY, PERSON, asked, change, say

NAMED = anonymity("nps", finished=False)


def company() -> None:
    """Accounts of three managers and none, of two products and none, one without people and one without a value."""
    for place, (manager, industry, product, value) in enumerate(
        (
            ("Ana", "Rail", "Alpha", 1_000_000),
            ("Ana", "Retail", "Beta", 50_000),
            ("Ben", "Rail", "Alpha", None),
            ("Ben", None, "Beta", 200_000),
            (None, "Rail", None, 0),
        )
    ):
        people = three_levels(f"A{place}", 2, 1, 3)
        people = [
            Person(each.id, each.level, language=("en", "de")[at % 2], more={"department": ("IT", None)[at % 2]})
            for at, each in enumerate(people)
        ]
        attributes = {"product": product} if product else {}
        add_account(f"A{place}", value, people, manager_name=manager, industry=industry, attributes=attributes)
    add_account("EMPTY", 300_000, [], manager_name="Cleo", industry="Rail")


@pytest.fixture
def wave(database: str) -> int:
    """A wave over the company, half of which has answered."""
    company()
    wave_id = asked()
    answer_half(wave_id, 5)
    return wave_id


_ASKED = text(
    "SELECT c.external_id FROM invitation i JOIN contact c ON c.id = i.contact_id WHERE i.wave_id = :w ORDER BY 1"
)


def answer_half(wave_id: int, seed: int) -> None:
    """Let half of the people answer, one of them a mail gateway."""
    dice = random.Random(seed)
    with reading() as session:
        contacts = list(session.scalars(_ASKED, {"w": wave_id}))
    for place, contact in enumerate(dice.sample(contacts, len(contacts) // 2)):
        say(wave_id, contact, dice.randrange(11), hint=PERSON if place else GATEWAY)


ACCOUNTS = {"manager": "a.manager_name", "industry": "a.industry", "attributes.product": "a.attributes ->> 'product'"}
PEOPLE = {"level": "c.level::text", "language": "c.language", "department": "c.department"}

_ROWS = """
    SELECT coalesce({expression}, '') AS value, i.id, i.account_id, i.level, i.sent_at, r.score, f.annual_value
    FROM invitation i JOIN contact c ON c.id = i.contact_id JOIN account a ON a.id = i.account_id
    JOIN wave_account f ON f.wave_id = i.wave_id AND f.account_id = i.account_id
    LEFT JOIN response r ON r.invitation_id = i.id AND r.verdict <> 'machine'
    WHERE i.wave_id = :w
"""
_ACCOUNT_ROWS = """
    SELECT coalesce({expression}, '') AS value, f.* FROM wave_account f JOIN account a ON a.id = f.account_id
    WHERE f.wave_id = :w
"""


def recount(wave_id: int, expression: str) -> tuple[list[Any], list[Any]]:
    with reading() as session:
        people = session.execute(text(_ROWS.format(expression=expression)), {"w": wave_id}).all()
        of_accounts = expression.startswith("a.")
        query = _ACCOUNT_ROWS.format(expression=expression if of_accounts else "NULL")
        return list(people), list(session.execute(text(query), {"w": wave_id}).all())


def found(wave_id: int, dimension: str) -> dict[str, Group]:
    with counted() as session:
        return {group.value: group for group in segments(session, wave_id, dimension, "nps", NAMED)}


def test_people_are_counted_as_by_hand(wave: int) -> None:
    for dimension, expression in {**ACCOUNTS, **PEOPLE}.items():
        _compare_people(wave, dimension, expression)


def _compare_people(wave: int, dimension: str, expression: str) -> None:
    people, _ = recount(wave, expression)
    groups = found(wave, dimension)
    for value in {row.value for row in people}:
        mine = [row for row in people if row.value == value]
        scores = Counter(row.score for row in mine if row.score is not None)
        group = groups[value]
        assert group.sent == sum(row.sent_at is not None for row in mine)
        assert (group.answers, dict(group.scores)) == (scores.total(), dict(scores))
        assert group.accounts_heard == len({row.account_id for row in mine if row.score is not None})
        assert group.score == (METRICS["nps"].score(scores) if scores.total() > 1 else None)


def test_accounts_fall_whole_into_a_group_also_silent_ones(wave: int) -> None:
    for dimension, expression in ACCOUNTS.items():
        _compare_accounts(wave, dimension, expression)


def _compare_accounts(wave: int, dimension: str, expression: str) -> None:
    people, accounts = recount(wave, expression)
    heard = Counter((row.account_id, row.level) for row in people if row.score is not None)
    for value, group in found(wave, dimension).items():
        mine = [row for row in accounts if row.value == value]
        levels = ("decision_maker", "influencer", "user")
        targets = [(row.account_id, level, getattr(row, f"target_{level}")) for row in mine for level in levels]
        assert group.target == sum(target for *_, target in targets)
        assert group.heard == sum(min(heard[account, level], target) for account, level, target in targets)
        worth = {row.account_id: max(row.annual_value, Decimal(0)) for row in mine if row.annual_value is not None}
        loud = {account for account, _ in heard}
        assert group.revenue == sum(worth.values())
        assert group.revenue_heard == sum(value for account, value in worth.items() if account in loud)
        assert group.values_unknown == len(mine) - len(worth)


def test_the_account_nobody_could_be_asked_of_is_there(wave: int) -> None:
    cleo = found(wave, "manager")["Cleo"]
    assert (cleo.sent, cleo.answers) == (0, 0)
    assert cleo.response is None
    assert cleo.coverage == 0
    assert cleo.of_revenue == 0


def test_levels_have_targets(wave: int) -> None:
    groups = found(wave, "level")
    with reading() as session:
        target = session.scalar(text("SELECT sum(target_user) FROM wave_account"))
    assert groups["user"].target == target
    assert groups["user"].coverage == Fraction(groups["user"].heard, int(target or 0))


def test_moves_after_the_invitation_change_nothing(wave: int) -> None:
    before = {by: found(wave, by) for by in ("manager", "language", "level", "attributes.product")}
    change("UPDATE account SET manager_name = 'Dana', attributes = '{}' WHERE external_id <> 'EMPTY'")
    change("UPDATE contact SET level = 'influencer', language = 'fr', account_id = 1")
    assert {by: found(wave, by) for by in before} == before


def test_waves_stand_beside_each_other(wave: int, admin_client: FlaskClient) -> None:
    change("UPDATE invitation SET sent_at = now() - interval '1 year', completed_at = now()")
    change("UPDATE contact SET last_invited_on = NULL, unanswered = 0")
    later = asked("later")
    answer_half(later, 6)
    page = admin_client.get(f"/segments?wave={later}&by=manager&with={wave}").text
    assert "LATER by account manager, against Q4" in page
    assert "in Q4" in page
    waves = admin_client.get(f"/segments.csv?wave={wave}&by=wave").text.splitlines()
    assert [line.split(",")[0] for line in waves[1:]] == ["LATER", "Q4"]
    campaigns = admin_client.get("/segments.csv?by=campaign").text.splitlines()[1:]
    sent = [int(line.split(",")[1]) for line in waves[1:]]
    assert len(campaigns) == 1
    assert int(campaigns[0].split(",")[1]) == sum(sent)


def test_each_group_leads_to_its_answers(wave: int, admin_client: FlaskClient) -> None:
    for value, group in found(wave, "manager").items():
        page = admin_client.get("/answers", query_string={"wave": wave, "in.manager": value}).text
        assert f"<h1>{group.answers} {'answer' if group.answers == 1 else 'answers'} in" in page


def test_groups_are_sorted_and_searched(wave: int, admin_client: FlaskClient) -> None:
    lines = admin_client.get(f"/segments.csv?wave={wave}&by=manager&sort=-sent").text.splitlines()[1:]
    sent = [int(line.split(",")[1]) for line in lines]
    assert sent == sorted(sent, reverse=True)
    only = admin_client.get(f"/segments.csv?wave={wave}&by=manager&q=ben").text.splitlines()[1:]
    assert [line.split(",")[0] for line in only] == ["Ben"]


def test_an_attribute_is_offered(wave: int, admin_client: FlaskClient) -> None:
    assert 'value="attributes.product"' in admin_client.get(f"/segments?wave={wave}").text
