"""Comments: found as their language has them, filtered, paged, filed, and each with its story."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.joining import merge_accounts
from app.core.db import reading
from app.reporting.answer import answer_sheet
from app.reporting.answering import PER_PAGE, Wanted, answer_page
from app.reporting.cuts import Cut
from tests.support.company import Person, add_account, three_levels
from tests.support.heard import GATEWAY, asked, change, finish, say

SAID = {
    "D0": ("en", 3, ["support/response_time"], "Your team slows down with our tickets."),
    "D1": ("de", 9, ["product/fit"], "Die Häuser wurden schnell geliefert."),
    "D2": ("zh", 6, [], "物流太慢了，客服很好。"),
    "D3": ("en", 10, ["support"], "<script>alert(1)</script> & quick support"),
    "D4": ("fr", 7, [], ""),
    "D5": ("en", 8, ["price"], "The invoicing is slow, invoices are wrong."),
    "D6": ("xx", 8, [], "Un mot inconnu"),
}


@pytest.fixture
def wave(database: str) -> int:
    """A wave in which seven people have answered, and a mail gateway as well."""
    people = [Person(name, language=language) for name, (language, *_) in SAID.items()]
    add_account("A1", 9_000_000, [*people, Person("GATE")], manager_name="Ana")
    add_account("B1", 9_000_000, three_levels("B1", 2, 0, 0), manager_name="Ben")
    wave_id = asked()
    for name, (language, score, drivers, comment) in SAID.items():
        say(wave_id, name, score, drivers, comment, language=language)
    say(wave_id, "GATE", 10, [], "slow machine", hint=GATEWAY)
    return wave_id


def found(wave_id: int, **wanted: object) -> set[str]:
    with reading() as session:
        page = answer_page(session, Wanted(wave_id=wave_id, **wanted))  # type: ignore[arg-type]
    return {row["contact_key"] for row in page.rows}


WORDS: Mapping[str, set[str]] = {
    "slow": {"D0", "D5"},  # «slows» is the same word, and the gateway's is left out
    "haus": {"D1"},
    "Häuser schnell": {"D1"},
    "tickets -invoice": {"D0"},
    "invoic*": {"D5"},
    '"invoices are wrong"': {"D5"},
    '"wrong invoices"': set(),
    "太慢": {"D2"},
    "慢太": set(),
    "inconnu": {"D6"},
    "ticket OR haus": {"D0", "D1"},
    "why": set(),  # the key of the question is no word of anybody
    "' | :*": set(),
}
"""What is typed → who wrote it."""


def test_words_are_found_as_their_language_has_them(wave: int) -> None:
    assert {search: found(wave, search=search) for search in WORDS} == WORDS


def test_answers_of_a_merged_account_are_found_under_the_one_that_took_it_in(wave: int) -> None:
    merge_accounts(1, 2, actor="test")
    assert found(wave, account_id=2) == set(SAID)
    assert found(wave, company="b1", sort="account") == set(SAID)
    assert found(wave, company="a1") == set()
    with reading() as session:
        assert {row["account"] for row in answer_page(session, Wanted(wave_id=wave)).rows} == {"Company B1"}
        sheet = answer_sheet(session, session.scalar(text("SELECT min(invitation_id) FROM response")) or 0)
    assert sheet.answer is not None
    assert (sheet.answer["account"], sheet.answer["account_id"], sheet.answer["account_now"]) == ("Company B1", 2, 2)


def test_every_filter_leaves_what_fits(wave: int) -> None:
    everybody = set(SAID)
    assert found(wave) == everybody
    assert found(wave, band="detractor") == {"D0", "D2"}
    assert found(wave, driver="support") == {"D0", "D3"}
    assert found(wave, driver="support/") == {"D3"}
    assert found(wave, driver="support/response_time") == {"D0"}
    assert found(wave, driver="-") == {"D2", "D4", "D6"}
    assert found(wave, language="de") == {"D1"}
    assert found(wave, commented=True) == everybody - {"D4"}
    assert found(wave, verdict="machine") == {"GATE"}
    assert found(wave, company="a1") == everybody
    assert found(wave, company="b_") == set()
    assert found(wave, cut=Cut({"manager": "Ana"})) == everybody
    assert found(wave, cut=Cut({"level": "decision_maker"})) == set()
    assert found(wave, account_id=2) == set()
    assert found(wave, campaign_id=999) == set()
    assert found(wave, band="passive", search="slow", driver="price") == {"D5"}


def test_hits_are_marked_and_nothing_else_is_markup(wave: int, admin_client: FlaskClient) -> None:
    page = admin_client.get("/answers", query_string={"wave": wave, "q": "slow"}).text
    assert "Your team <mark>slows</mark> down" in page
    page = admin_client.get("/answers", query_string={"wave": wave, "q": "support"}).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<mark>太慢</mark>" in admin_client.get("/answers", query_string={"wave": wave, "q": "太慢"}).text


def test_the_address_says_what_is_shown(wave: int, admin_client: FlaskClient) -> None:
    page = admin_client.get("/answers", query_string={"wave": wave, "band": "detractor", "in.manager": "Ana"}).text
    assert "2 answers in" in page
    assert re.search(r"detractors<span[^>]*>×", page)
    assert "account manager: Ana" in page


def test_the_file_holds_exactly_what_is_shown(wave: int, admin_client: FlaskClient) -> None:
    query = {"wave": wave, "q": "slow", "sort": "-score"}
    lines = list(csv.DictReader(io.StringIO(admin_client.get("/answers.csv", query_string=query).text)))
    assert [line["Contact ID"] for line in lines] == ["D5", "D0"]
    assert lines[1]["Comment"] == SAID["D0"][3]
    assert (lines[1]["Drivers tier 1"], lines[1]["Drivers tier 2"]) == ("support", "support/response_time")
    assert (lines[0]["Band"], lines[0]["Account manager"]) == ("passive", "Ana")


def test_pages_hold_every_answer_once(wave: int) -> None:
    add_account("BIG", 10**12, [Person(f"P{number:03}") for number in range(40)])
    later = asked("later")
    change(
        "INSERT INTO response (invitation_id, wave_id, account_id, contact_id, level, survey_version_id, state, score,"
        " language) SELECT i.id, i.wave_id, i.account_id, i.contact_id, i.level, w.survey_version_id, 'complete', 9,"
        " 'en' FROM invitation i JOIN wave w ON w.id = i.wave_id WHERE i.wave_id = :wave",
        {"wave": later},
    )
    with reading() as session:
        first = answer_page(session, Wanted(sort="score"))
        total = session.scalar(text("SELECT count(*) FROM response WHERE verdict <> 'machine'"))
        pages = [answer_page(session, Wanted(sort="score", page=n)) for n in range(1, -(-first.total // PER_PAGE) + 1)]
        beyond = answer_page(session, Wanted(page=999))
    seen = [row["invitation_id"] for page in pages for row in page.rows]
    assert first.total == total == len(seen) == len(set(seen))
    assert beyond.page == 1


def test_an_answer_has_its_story(wave: int, admin_client: FlaskClient) -> None:
    change("UPDATE invitation SET sent_at = now() - interval '1 day'")
    invitation = say(wave, "D0", 1, ["price"], "Worse by the day.")
    change("UPDATE contact SET account_id = 2, level = 'influencer' WHERE external_id = 'D0'")
    page = admin_client.get(f"/answers/{invitation}").text
    assert "FirstD0 Last gave a 1" in page
    assert "slows down" in page, "the revision before"
    assert "Worse by the day." in page
    assert "has moved to Company B1 since" in page
    assert "Given by" in page
    assert "version 1" in page


def test_a_gateways_answer_says_so(wave: int, admin_client: FlaskClient) -> None:
    with reading() as session:
        gateway = session.scalars(text("SELECT invitation_id FROM response WHERE verdict = 'machine'")).one()
    page = admin_client.get(f"/answers/{gateway}").text
    assert "A mail gateway gave this answer" in page
    assert "a known program" in page


def test_labels_are_those_of_the_version_answered(wave: int, admin_client: FlaskClient) -> None:
    change(
        "INSERT INTO survey_version (key, version, definition, mails) SELECT key, 2, jsonb_set(definition,"
        " '{questions,drivers,0,label,en}', '[\"Renamed\"]'), mails FROM survey_version WHERE version = 1"
    )
    page = admin_client.get("/answers", query_string={"wave": wave}).text
    assert "Renamed" not in page
    assert "Renamed" not in admin_client.get("/drivers", query_string={"wave": wave}).text


def test_people_and_accounts_that_are_gone_leave_their_answers(wave: int, admin_client: FlaskClient) -> None:
    finish(wave)
    change("DELETE FROM contact WHERE external_id = 'D0'")
    page = admin_client.get("/answers", query_string={"wave": wave}).text
    assert "deleted contact" in page
    assert "slows down" in page


def test_no_answer_is_said_kindly(admin_client: FlaskClient) -> None:
    for path in ("/answers/999", "/answers/99999999999999999999"):
        assert admin_client.get(path).status_code == 404
