"""An anonymous survey keeps its promise on every page, in every file, and while answers come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.models import Level
from app.core.db import reading
from app.reporting.anonymity import anonymity
from app.reporting.cuts import Cut, may_be_cut
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.support.company import Person, add_account
from tests.support.heard import asked, change, finish, say

SECRET = "vermilion canteen"
REASON = "pay_benefits"
BAND = re.compile(r'class="band |Detractor</|Promoter</')
READABLE = ("text/html", "text/csv", "text/plain", "application/json", "image/svg+xml", "application/yaml")
NEVER = ("/static", "/logos", "/s/", "/u/")


def staff(number: int) -> list[str]:
    """Employees of one site: half decide, half work; return their ids."""
    levels = [Level.DECISION_MAKER, Level.USER]
    people = [Person(f"E{place:02}", levels[place % 2]) for place in range(number)]
    add_account("S1", 10_000_000, people, manager_name="Ana", industry="Own staff")
    return [person.id for person in people]


@pytest.fixture
def survey(application: Flask) -> int:
    """An eNPS wave over twelve people that is out."""
    staff(12)
    return asked(survey="enps")


def answers(wave_id: int, number: int) -> None:
    """Let the first of them answer; each names a reason and writes something nobody else would."""
    with reading() as session:
        contacts = session.scalars(
            text(
                "SELECT c.external_id FROM invitation i JOIN contact c ON c.id = i.contact_id"
                " WHERE i.wave_id = :wave AND i.answered_at IS NULL ORDER BY 1 LIMIT :number"
            ),
            {"wave": wave_id, "number": number},
        ).all()
    for place, contact in enumerate(contacts):
        say(wave_id, contact, 2 if place % 2 else 9, [], f"{SECRET} {contact}")


def pages(application: Flask) -> Iterator[str]:
    """Every address that can be looked at, also with the filters that might cut one person out."""
    for rule in application.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.rule.startswith(NEVER):
            continue
        yield re.sub(r"<key>|<part>|<name>", "enps", re.sub(r"<int:[a-z_]+>", "1", rule.rule))
    for query in ("wave=all", "wave=1&level=user", "wave=1&in.manager=Ana", "wave=1&verdict=human", "q=canteen"):
        yield from (f"{page}?{query}" for page in ("/answers", "/answers.csv", "/drivers", "/drivers.csv", "/accounts"))
    for by in ("level", "manager", "language", "wave", "campaign"):
        yield from (f"{page}?by={by}&with=1" for page in ("/segments", "/segments.csv"))
    yield from (f"/answers/{number}" for number in range(1, 13))
    yield from (f"/contacts/{number}" for number in range(1, 13))
    for chart in ("scores", "score", "response", "sentiment", "coverage"):
        yield f"/waves/1/charts/{chart}"


@pytest.mark.parametrize("over", [False, True])
def test_three_answers_show_nothing_anywhere(
    survey: int, application: Flask, admin_client: FlaskClient, over: bool
) -> None:
    answers(survey, 3)
    if over:
        finish(survey)
    looked_at = 0
    for path in pages(application):
        answer = admin_client.get(path, follow_redirects=True)
        assert answer.status_code < 500, path
        said = answer.get_data(as_text=True) if answer.mimetype in READABLE else ""
        assert SECRET not in said, f"{path} shows what somebody wrote"
        assert not BAND.search(said), f"{path} shows how somebody judged"
        looked_at += answer.status_code == 200
    assert looked_at > 40


def test_nothing_moves_while_answers_come_in(survey: int, admin_client: FlaskClient) -> None:
    """Whoever looks before and after one answer learns nothing: figures open when no more can come."""
    answers(survey, 9)
    looks = []
    for _ in range(2):
        looks.append([_figures(admin_client.get(path).text) for path in ("/drivers?wave=1", "/answers?wave=1")])
        answers(survey, 1)
    assert looks[0] == looks[1]
    assert "when the wave has finished" in admin_client.get("/drivers?wave=1").text
    assert SECRET not in admin_client.get("/answers?wave=1").text


def _figures(page: str) -> list[str]:
    return re.findall(r">[\s+−]*([\d.,]+)[^<]*<", page[page.index("<main") :])


def test_comments_open_from_eight_answers_on_without_their_people(survey: int, admin_client: FlaskClient) -> None:
    answers(survey, 8)
    finish(survey)
    page = admin_client.get("/answers?wave=1").text
    assert page.count(SECRET) == 8
    body = page[page.index("<main") :]
    for telling in ("FirstE", "Last", "/answers/", "/contacts/", "Decision maker", "UTC", "Company S1"):
        assert telling not in body, telling
    assert not BAND.search(body)
    file = admin_client.get("/answers.csv?wave=1").text
    assert file.splitlines()[0] == "Comment"
    assert sorted(file.splitlines()[1:]) == sorted(re.findall(SECRET + r" E\d\d", page))


def test_order_tells_nothing_of_who_answered_when(survey: int, admin_client: FlaskClient) -> None:
    answers(survey, 8)
    finish(survey)
    shown = re.findall(SECRET + r" (E\d\d)", admin_client.get("/answers?wave=1").text)
    assert shown != sorted(shown)
    assert shown != sorted(shown, reverse=True)


def test_seven_answers_give_a_score_and_no_comment(survey: int, admin_client: FlaskClient) -> None:
    answers(survey, 7)
    finish(survey)
    assert SECRET not in admin_client.get("/answers?wave=1").text
    assert "from 8 answers on" in admin_client.get("/drivers?wave=1").text
    whole = admin_client.get("/segments.csv?wave=1&by=manager").text.splitlines()[1].split(",")
    assert (whole[0], whole[2], whole[9]) == ("Ana", "7", "14.2857")


def test_parts_that_are_too_small_or_could_be_subtracted_stay_closed(survey: int, admin_client: FlaskClient) -> None:
    answers(survey, 12)
    finish(survey)
    by_level = admin_client.get("/segments.csv?wave=1&by=level").text.splitlines()[1:]
    assert {line.split(",")[0] for line in by_level if line.split(",")[9]} == {"Decision makers", "Users"}
    with reading() as session:
        allowed = anonymity("enps", finished=True)
        assert may_be_cut(session, survey, Cut({}), allowed)
        assert not may_be_cut(session, survey, Cut({"level": "user"}), allowed)  # six of twelve
        assert may_be_cut(session, survey, Cut({"manager": "Ana"}), allowed)
        assert not may_be_cut(session, survey, Cut({"manager": "Ana", "industry": "Own staff"}), allowed)
        assert not may_be_cut(session, survey, Cut({"manager": "nobody"}), allowed)


def test_cuts_that_differ_by_one_person_are_not_both_shown(survey: int, admin_client: FlaskClient) -> None:
    """Everybody in one cut, and all but one in another: what is shown of both would tell what that one said."""
    answers(survey, 12)
    change('UPDATE response SET segments = segments || \'{"country": "DE", "language": "de"}\'')
    change('UPDATE response SET segments = segments || \'{"language": "fr"}\' WHERE invitation_id <= 6')
    change('UPDATE response SET segments = segments || \'{"country": "FR"}\' WHERE invitation_id <= 7')
    finish(survey)
    shown = {}
    for by in ("country", "language"):
        lines = admin_client.get(f"/segments.csv?wave=1&by={by}").text.splitlines()[1:]
        shown[by] = [line.split(",")[9] for line in lines]
    assert len(list(filter(None, shown["country"]))) == 2
    assert not any(shown["language"])


def test_nobody_answers_after_figures_are_open(survey: int) -> None:
    answers(survey, 8)
    finish(survey)
    with reading() as session:
        silent = session.scalars(text("SELECT id FROM invitation WHERE answered_at IS NULL")).first()
        heard = session.scalars(text("SELECT id FROM invitation WHERE answered_at IS NOT NULL")).first()
    for invitation_id in (silent, heard):
        assert not record_answer(invitation_id or 0, Answer(0), language="en", now=datetime.now(UTC))


def test_a_single_answer_does_not_even_say_whether_it_is_there(survey: int, admin_client: FlaskClient) -> None:
    answers(survey, 8)
    finish(survey)
    with reading() as session:
        asked_ids = session.scalars(text("SELECT id FROM invitation")).all()
    found = [admin_client.get(f"/answers/{number}").text for number in asked_ids]
    shown = {page[page.index("<main") :] for page in found}
    assert len(shown) == 1
    assert "anonymous" in shown.pop()


def test_a_named_survey_beside_it_is_not_touched(survey: int, admin_client: FlaskClient) -> None:
    answers(survey, 3)
    add_account("C1", 5_000, [Person("C1X")])
    named = asked("n1")
    say(named, "C1X", 10, [], "named words")
    page = admin_client.get("/answers?wave=all").text
    assert "named words" in page
    assert SECRET not in page
