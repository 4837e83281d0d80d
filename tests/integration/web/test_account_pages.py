"""The account overview, the account's page and its printable sheet, as people with a role see them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.accounts.joining import merge_accounts
from app.core import db
from app.core.auth.rights import Role
from app.reporting import account
from tests.support.company import Person, add_account, draft, three_levels
from tests.support.database import Cluster, fresh_database
from tests.support.heard import GATEWAY, asked, change, finish, say
from tests.support.people import logged_in
from tests.support.settings import settings

LONG = "Ünüberschaubar" * 8
NUMBERS_OF_NOBODY = re.compile(r"NaN|None|\binf\b|nan%")


def words(page: str) -> str:
    """Return what a page says, in one line."""
    body = re.sub(r"<(script|style|title)\b.*?</\1>", " ", page.partition("<main")[2], flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def company() -> int:
    """Seven accounts with people of every kind, out and partly answered; return the wave's id."""
    parent = add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6), manager_name="Ana Sand")
    add_account("A2", 100_000, three_levels("A2", 0, 1, 9), parent_id=parent, manager_name="Bo Wolf")
    add_account("A3", 5_000, three_levels("A3", 1, 1, 1))
    add_account("A4", None, [Person("A4U", more={"first_name": LONG, "last_name": "陈 وليد"})])
    add_account("A5", 20_000, three_levels("A5", 1, 1, 1))
    add_account("A6", 0, [])
    add_account("A8", 6_000_000, three_levels("A8", 4, 4, 3))
    wave_id = asked()
    change("UPDATE invitation SET sent_at = now()")
    say(wave_id, "A1D000", 2, ["support"], "Nobody calls back.")
    say(wave_id, "A1I000", 9, comment="Solid work.")
    say(wave_id, "A1U000", 10)
    say(wave_id, "A1U001", 9)
    say(wave_id, "A3D000", 9, comment="Only me here.")
    say(wave_id, "A4U", 10, hint=GATEWAY)
    for place, contact in enumerate(three_levels("A8", 4, 4, 1)):
        say(wave_id, contact.id, (10, 6, 9)[place % 3], comment=f"Words {place % 4} of ours.")
    change("UPDATE invitation SET bounced_at = now() WHERE account_id = 5")
    return wave_id


@dataclass(frozen=True)
class House:
    """A company with answers, and people who look at it."""

    wave: int
    editor: FlaskClient
    viewer: FlaskClient


@pytest.fixture(scope="module")
def house(cluster: Cluster, valkey_server: str) -> Iterator[House]:
    """The company, for tests that only look; those that change something come after them, with one of their own."""
    with fresh_database(cluster) as url:
        application = create_app(settings(url, valkey_server))
        engine = db.engine()  # tests that come after have another one
        yield House(company(), logged_in(application, Role.EDITOR), logged_in(application, Role.VIEWER))
        engine.dispose()


@pytest.fixture
def editor(application: Flask) -> FlaskClient:
    return logged_in(application, Role.EDITOR)


def test_filters_read_as_a_sentence_and_each_can_be_taken_away(house: House) -> None:
    page = house.editor.get(
        "/accounts?manager=Ana+Sand&manager=Bo+Wolf&alert=silent&alert=short&silent=user&value_from=10,000"
    )
    said = words(page.text)
    assert "managed by Ana Sand or Bo Wolf" in said
    assert "worth US$10,000 or more" in said
    assert "where no user has answered" in said
    chips = re.findall(r'class="chip" href="([^"]*)">([^<]*)', page.text)
    rest = next(unescape(href) for href, label in chips if label == "where nobody has answered")
    assert "alert=short" in rest
    assert "alert=silent" not in rest
    assert all(house.editor.get(unescape(href)).status_code == 200 for href, _ in chips)


def test_an_amount_that_is_none_is_said_at_its_field(house: House) -> None:
    page = house.editor.get("/accounts?value_from=lots&value_to=NaN")
    assert page.status_code == 200
    assert "«lots» is no amount" in page.text
    assert 'value="lots"' in page.text
    assert words(page.text).startswith('id="content"') or "7 accounts in Q4" in words(page.text)


def test_whoever_sees_buckets_cannot_filter_by_value(house: House) -> None:
    page = house.viewer.get("/accounts?value_from=5000001&value_to=6000000").text
    assert "7 accounts in Q4" in words(page)
    assert "Worth at least" not in page


@pytest.mark.parametrize(
    "query",
    ["sort=%00", "page=-1", "page=99999999999", "parent=x", "parent=9999999999999999999999", "alert=nope", "wave=x"],
)
def test_odd_addresses_show_the_list(house: House, query: str) -> None:
    assert "7 accounts in Q4" in words(house.editor.get(f"/accounts?{query}").text)


def test_a_file_says_exactly_what_the_list_shows(house: House) -> None:
    address = "/accounts?sort=name&alert=silent&columns=annual_value,coverage,score,user&q=company"
    [link] = re.findall(r'href="(/accounts\.csv[^"]*)"', house.editor.get(address).text)
    lines = list(csv.reader(io.StringIO(house.editor.get(unescape(link)).text)))
    assert lines[0] == ["Account ID", "Account", "Annual value (USD)", "Users", "Coverage", "Score", "Alerts"]
    assert [line[0] for line in lines[1:]] == ["A2", "A4", "A5", "A6"]
    assert lines[1][2:5] == ["100000.00", "0 of 2", "0.0000"]
    assert lines[2][2] == ""
    assert lines[2][6] == "nobody has answered; value unknown"


def test_the_file_of_a_viewer_has_buckets(house: House) -> None:
    text = house.viewer.get("/accounts.csv?columns=annual_value").text
    assert "6000000" not in text
    assert "US$5,000,000 to US$10,000,000" in text


def test_the_page_shows_the_unit_its_words_and_what_the_levels_say_together(house: House) -> None:
    page = house.editor.get("/accounts/1").text
    said = words(page)
    assert "Company A1: 36% of its quota heard" in said
    assert "The score of 50 hides the top: 1 of 1 decision maker is a detractor." in said
    assert "Decision makers 1 of 4 wanted answered" in said
    assert "Nobody calls back." in said
    assert page.count('class="disc detractor"') == 2, "the person, and the key"
    assert "With all 1 below" in said
    assert "All accounts below" in said
    assert "Not asked in this wave" in said


def test_empty_seats_are_rings(house: House) -> None:
    page = house.editor.get("/accounts/2").text
    assert page.count('class="disc vacant"') == 1 + 3, "the key, and the seats for decision makers"
    assert "nobody to ask" in page


def test_one_answer_is_an_answer_and_no_score(house: House) -> None:
    said = words(house.editor.get("/accounts/3").text)
    assert "one answer, not a score" in said
    assert "100" not in said.partition("The decision-making unit")[0]
    row = words(house.editor.get("/accounts?q=A3").text)
    assert "Promoter 9 , one answer" in row


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        (4, "only a mail program pressed a score; it does not count"),
        (4, "unknown: left out of revenue coverage"),
        (4, f"{LONG} 陈 وليد"),
        (5, "3 people were asked, and every mail came back: the addresses need a look."),
        (6, "Nobody at this account has been asked in this wave."),
        (6, "Not enough contacts for this revenue value."),
    ],
)
def test_edges_are_said_as_what_they_are(house: House, account: int, sentence: str) -> None:
    assert sentence in words(house.editor.get(f"/accounts/{account}").text)


def test_there_is_no_such_account(house: House) -> None:
    for path in ("/accounts/77", "/accounts/77/review", "/accounts/99999999999999999999"):
        assert house.editor.get(path).status_code == 404


def test_the_sheet_names_who_said_what(house: House) -> None:
    said = words(house.editor.get("/accounts/1/review").text)
    assert "FirstA1D000 Last" in said
    assert "Nobody calls back." in said
    assert "US$" not in said, "what an account is worth is no matter for its own people"


OF_SOMEBODY = re.compile(r"First|etractor|romoter|unhappy|content\.|hides the top|answered \d+ \w+ 20")


def test_a_sheet_without_names_says_nothing_of_few_answers(house: House) -> None:
    page = house.editor.get("/accounts/1/review?names=hidden").text
    said = words(page)
    assert "Comments stand here from 8 answers on" in said
    assert "NPS — too few answers to keep people unknown" in said
    assert not OF_SOMEBODY.search(said)
    assert "calls back" not in said
    assert not re.search(r"/contacts/\d|/answers/\d", page)


def test_a_sheet_without_names_shows_words_of_many_that_nobody_can_be_held_to(house: House) -> None:
    said = words(house.editor.get("/accounts/7/review?names=hidden").text)
    quotes = said.partition("What people said")[2].partition("Named most often")[0].partition("Over time")[0]
    assert quotes.split(" of ours.") == sorted(quotes.split(" of ours."), key=lambda each: each or "~")
    assert quotes.count("Words") == 9
    assert not OF_SOMEBODY.search(said)
    assert "n = 9" in said
    assert "too few answers to keep people unknown" in said, "of one user, and of another level beside it"


def test_no_page_shows_a_number_of_nothing(editor: FlaskClient) -> None:
    company()
    latecomer = add_account("A9", 700, [])
    for path in ("/accounts", *(f"/accounts/{id}{sheet}" for id in range(1, 9) for sheet in ("", "/review"))):
        page = editor.get(path)
        assert page.status_code == 200, path
        assert not NUMBERS_OF_NOBODY.search(words(page.text)), path
    assert "not part of Q4" in words(editor.get(f"/accounts/{latecomer}").text)


def test_without_a_wave_there_are_accounts_and_dashes_with_their_reason(editor: FlaskClient) -> None:
    assert "Company A1" not in editor.get("/accounts").text
    add_account("A1", 6_000_000, three_levels("A1", 1, 0, 0))
    said = words(editor.get("/accounts").text)
    assert "1 account, and no wave yet" in said
    assert "— no wave yet" in said
    assert "0%" not in said
    assert editor.get("/accounts/1").status_code == 200
    assert editor.get("/accounts/1/review?names=hidden").status_code == 200
    assert editor.get("/accounts.csv").status_code == 200


def test_a_draft_leads_to_its_plan(editor: FlaskClient) -> None:
    add_account("A1", 6_000_000, three_levels("A1", 1, 0, 0))
    draft()
    assert "This wave is not planned yet" in words(editor.get("/accounts").text)
    assert "not part of Q4" in words(editor.get("/accounts/1").text)


def test_whoever_changed_level_or_account_stands_where_the_wave_froze_them(editor: FlaskClient) -> None:
    company()
    change("UPDATE contact SET level = 'user' WHERE external_id = 'A1D000'")
    change("UPDATE contact SET account_id = 3 WHERE external_id = 'A1I000'")
    said = words(editor.get("/accounts/1").text)
    assert "user by now; decision maker in this wave" in said
    assert "now at Company A3" in said
    assert "Decision makers 1 of 4 wanted answered" in said
    assert "Solid work." not in words(editor.get("/accounts/3").text)


def test_an_anonymous_survey_shows_who_was_asked_and_nothing_of_what_was_said(editor: FlaskClient) -> None:
    add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6))
    wave_id = asked("e1", survey="enps")
    change("UPDATE invitation SET sent_at = now()")
    for person in ("A1D000", "A1I000", "A1U000"):
        say(wave_id, person, 2, comment="Secret words.")
    finish(wave_id)
    for path in ("/accounts/1", "/accounts/1/review", "/accounts/1/review?names=hidden", "/accounts", "/accounts.csv"):
        page = editor.get(f"{path}{'&' if '?' in path else '?'}wave={wave_id}").text
        assert not re.search(r"Secret words|etractor|unhappy|ENPS\s|>−100<", page), path
    assert "Sort" not in editor.get(f"/accounts?wave={wave_id}&sort=score&band=detractor").text
    assert "3 of 11 asked" in words(editor.get(f"/accounts/1?wave={wave_id}").text)


def test_answers_after_events_stand_on_the_page(editor: FlaskClient) -> None:
    wave = company()
    change("UPDATE campaign SET kind = 'transactional'")
    change("UPDATE wave SET state = state")
    said = words(editor.get(f"/accounts/1?wave={wave}").text)
    assert "Answers after events, newest first" in said


def test_an_account_that_was_merged_leads_to_the_one_that_took_it_in(editor: FlaskClient) -> None:
    wave = company()
    merge_accounts(3, 2, actor="test")
    answer = editor.get(f"/accounts/3?wave={wave}")
    assert (answer.status_code, answer.location) == (302, f"/accounts/2?wave={wave}")
    assert "as Company A3" in words(editor.get("/accounts/2").text)
    assert "merged into Company A2" in words(editor.get("/accounts").text)


def test_of_thousands_asked_after_events_the_newest_stand_on_the_page(
    editor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = company()
    monkeypatch.setattr(account, "MOST_PEOPLE", 3)
    change("UPDATE response SET answered_at = now() - invitation_id * interval '1 hour'")
    page = words(editor.get(f"/accounts/1?wave={wave}").text)
    assert "The newest 3 stand here, and 8 more were asked" in page
    assert "Nobody calls back." in page, "those who answered first come first"
    assert "The newest 3 stand here" in words(editor.get(f"/accounts/1/review?wave={wave}").text)
    assert "more were asked" not in words(editor.get(f"/accounts/4?wave={wave}").text)
