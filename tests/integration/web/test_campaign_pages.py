"""The pages of campaigns: made with few answers, found, changed by two people at once, held, ended, looked back on."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.campaigns.creating_campaigns import change_campaign, settings_of
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.core.auth.rights import Role
from app.core.db import reading, transaction
from tests.support.campaign_desk import a_company, campaign, make, send
from tests.support.company import TODAY, planned
from tests.support.forms import filled
from tests.support.people import logged_in
from tests.support.web import csrf_token, post_form

LONG = "X" * 80


@pytest.fixture
def ana(application: Flask, admin_client: FlaskClient) -> FlaskClient:
    """Somebody who is logged in, with a company to ask."""
    a_company()
    return admin_client


def test_an_empty_list_says_what_to_do_next(admin_client: FlaskClient) -> None:
    page = admin_client.get("/campaigns").text
    assert "No campaign yet" in page
    assert 'href="/campaigns/new"' in page


def test_a_campaign_is_made_as_it_is_offered_with_its_first_wave(ana: FlaskClient) -> None:
    status, _ = make(ana)
    assert status == 302
    made = campaign()
    assert (made.name, made.state, made.cadence) == ("Relationship programme", CampaignState.DRAFT, "quarterly")
    assert (made.country, made.time_zone, made.currency) == ("DE", "Europe/Berlin", "USD")
    assert made.starts_on is not None
    assert made.starts_on >= TODAY + timedelta(days=7)
    with reading() as session:
        wave = session.scalars(select(Wave)).one()
    assert (wave.state, wave.planned_for) == (WaveState.DRAFT, made.starts_on)
    page = ana.get("/campaigns/1").text
    assert f"See whom «{wave.name}» would ask, and confirm it" in page


def test_a_draft_has_no_wave_and_starts_by_hand(ana: FlaskClient) -> None:
    _, page = make(ana, do="draft", when="by_hand")
    assert "Nothing leaves before it is started." in page
    _, page = post_form(ana, "/campaigns/1/start", "/campaigns/1")
    assert "Make a wave whenever you want to ask." in page
    day = (TODAY + timedelta(days=30)).isoformat()
    post_form(ana, "/campaigns/1/waves", "/campaigns/1", name="Spring", day=day)
    with reading() as session:
        assert [wave.name for wave in session.scalars(select(Wave))] == ["Spring"]


def test_one_that_asks_after_events_leads_to_its_event(ana: FlaskClient) -> None:
    status, page = make(ana, when="after_event", name="Support")
    assert status == 302
    assert "asks after an event" in page
    assert "Whom it asks depends on the events" in ana.get("/campaigns/1/edit").text


FAULTY = {
    "name": ("", "Give the campaign a name"),
    "survey_key": ("none_such", "There is no survey «none_such»"),
    "starts_on": ((TODAY - timedelta(days=2)).isoformat(), "is past"),
    "ends_on": ((TODAY + timedelta(days=1)).isoformat(), "It would end before its first day"),
    "window_to": ("9", "has no hour in which a mail could leave"),
    "time_zone": ("Mars/Phobos", "is no time zone"),
    "country": ("ZZ", "is no country"),
    "reminder_1": ("59", "must come later"),
    "wave_days": ("3", "let it take answers longer"),
    "currency": ("XQZ", "is no currency"),
    "brand_id": ("99", "There is no such brand"),
    "daily_cap": ("0", "from 1 to"),
    "typed.account.industry": ("Whaling", "No active account fits"),
    "typed.contact.department": ("Whaling", "none of their contacts"),
    "any_days": ("1", "stricter than the house"),
}
"""Field → what somebody gives there, and what is said about it."""


def test_what_cannot_be_meant_is_said_and_nothing_typed_is_lost(ana: FlaskClient) -> None:
    offered = filled(ana.get("/campaigns/new").text) | {"do": "save"}
    for field, (given, said) in FAULTY.items():
        answer = ana.post("/campaigns/new", data=offered | {"sender_name": "Ana of <Rail>", field: given})
        assert (answer.status_code, said in answer.text) == (422, True), field
        assert 'class="error-summary"' in answer.text, field
        assert "autofocus" in answer.text, field
        assert "Ana of &lt;Rail&gt;" in answer.text, field
    with reading() as session:
        assert session.scalar(select(Campaign.id)) is None


def test_all_that_is_wrong_is_said_at_once_and_junk_is_no_fault_of_ours(ana: FlaskClient) -> None:
    page = make(ana, name="", daily_cap="x", any_days="1", starts_on="tomorrow")[1]
    assert "4 things are not right yet" in page
    assert page.index('href="#field-name"') < page.index('href="#field-starts_on"') < page.index("#field-daily_cap")
    token = csrf_token(ana, "/campaigns/new")
    junk: list[dict[str, Any]] = [
        {},
        {"contact.level": "x", "account.": "y", "account.attributes.": "z", "typed.": "q"},
        {"starts_on": "9999-12-31", "wave_days": "999999999", "spread_days": "999999999", "daily_cap": "999999999"},
        {"name": LONG * 9, "rate-": "1", "rate-XXX": "9" * 99, "segment-field": ["a", "b"], "segment-values": "\0"},
        {"value_from": "1e999", "value_to": "-0", "when": "before_review", "revision": "9" * 30},
    ]
    for fields in junk:
        for deed in ("save", "try", "count", "rows", "draft", "nonsense"):
            answer = ana.post("/campaigns/new", data={"csrf_token": token, "do": deed} | fields)
            assert answer.status_code in (200, 422), (fields, deed)


def test_a_rhythm_that_its_own_reminders_overlap_is_refused(ana: FlaskClient) -> None:
    status, page = make(ana, when="monthly", wave_days="60", reminder_2="40")
    assert status == 422
    assert "before the last mail of this one" in page


def test_the_form_offers_real_values_and_counts_whom_they_fit(ana: FlaskClient) -> None:
    page = ana.get("/campaigns/new").text
    for value in ("Rail", "Banking", "gold", "Germany"):
        assert value in page
    fields = filled(page)
    answer = ana.post("/campaigns/new", data=fields | {"do": "try", "account.industry": "Rail"})
    assert '<div id="count"' in answer.text
    assert answer.text.index(">6<") < answer.text.index(">24<"), "six accounts with four people each"
    assert "<form" not in answer.text
    again = ana.post("/campaigns/new", data=fields | {"do": "count", "account.industry": "Rail", "name": "Rail only"})
    assert "Rail only" in again.text
    assert 'value="Rail" checked' in again.text
    with reading() as session:
        assert session.scalar(select(Campaign.id)) is None


def test_a_filter_reaches_the_wave_and_comes_back_into_the_form(ana: FlaskClient) -> None:
    make(
        ana,
        **{"account.industry": ["Rail"], "contact.level": ["user"], "typed.account.attributes.service_tier": "GOLD"},
    )
    wanted = {
        "account": {"industry": ["Rail"], "attributes.service_tier": ["GOLD"]},
        "contact": {"level": ["user"]},
    }
    with reading() as session:
        assert session.scalars(select(Wave)).one().audience == wanted
    page = ana.get("/campaigns/1/edit").text
    assert 'value="Rail" checked' in page
    assert 'value="GOLD" checked' in page
    assert "Industry: Rail; Service tier: GOLD; Level: User" in ana.get("/campaigns/1").text


def test_a_segment_has_a_table_of_its_own(ana: FlaskClient) -> None:
    page = ana.post("/campaigns/new", data=filled(ana.get("/campaigns/new").text) | {"do": "rows"}).text
    assert page.count('name="segment-field"') > 1
    segment = {"segment-field": "industry", "segment-values": "Banking\nRail", "segment-table": "steps"}
    make(ana, **segment)
    [kept] = campaign().segment_quotas
    assert (kept["field"], kept["values"], kept["quota"]["table"]) == ("industry", ["Banking", "Rail"], "steps")
    status, page = send(ana, "/campaigns/1/edit", **(segment | {"segment-values": ""}))
    assert (status, "Write at least one value" in page) == (422, True)


def test_a_change_is_kept_with_what_was_before_and_the_wave_without_a_plan_follows(ana: FlaskClient) -> None:
    make(ana)
    _, page = send(ana, "/campaigns/1/edit", daily_cap="50", **{"account.industry": ["Rail"]})
    assert "Invitations a day: 100 → 50" in page
    assert "Who is asked: everybody → Industry: Rail" in page
    with reading() as session:
        assert session.scalars(select(Wave)).one().audience == {"account": {"industry": ["Rail"]}}


def test_of_two_people_at_once_the_second_is_told_what_the_first_did(ana: FlaskClient) -> None:
    make(ana)
    form = filled(ana.get("/campaigns/1/edit").text)
    kept = campaign()
    change_campaign(
        1, settings_of(kept).__class__(**vars(settings_of(kept)) | {"account_cap": 7}), revision=1, actor="bo"
    )
    answer = ana.post("/campaigns/1/edit", data=form | {"do": "save", "daily_cap": "42"})
    assert answer.status_code == 409
    assert "bo: Invitations a day and account 3 → 7" in answer.text
    assert 'value="42"' in answer.text
    assert campaign().daily_cap == 100
    assert ana.post("/campaigns/1/edit", data=filled(answer.text) | {"do": "save"}).status_code == 302
    assert (campaign().daily_cap, campaign().account_cap) == (42, 7), "both changes hold"


def test_one_like_it_begins_anew(ana: FlaskClient) -> None:
    make(ana, sender_name="Ana Sand")
    with transaction() as session:
        session.execute(update(Campaign).values(starts_on=TODAY - timedelta(days=400)))
    fields = filled(ana.get("/campaigns/new?copy=1").text)
    assert (fields["name"], fields["sender_name"]) == ("Copy of Relationship programme", "Ana Sand")
    assert fields["starts_on"] > TODAY.isoformat()
    assert ana.get("/campaigns/new?copy=77").status_code == 404


def test_the_list_is_searched_filtered_sorted_and_exported(ana: FlaskClient) -> None:
    make(ana, name="Alpha")
    make(ana, name=LONG)
    make(ana, name="مرحبا 你好", when="after_event")
    with transaction() as session:
        session.execute(update(Campaign).where(Campaign.name == "Alpha").values(trouble="There is no rate for CHF."))
    page = ana.get("/campaigns").text
    assert "One campaign needs a look" in page
    assert "There is no rate for CHF." in page
    assert "مرحبا 你好" in page
    assert LONG not in ana.get("/campaigns?q=alp").text
    assert "Alpha" not in ana.get("/campaigns?kind=transactional").text
    assert "No campaign fits" in ana.get("/campaigns?state=finished").text
    rows = list(csv.DictReader(io.StringIO(ana.get("/campaigns.csv?sort=-name&kind=relationship").text)))
    assert [row["name"] for row in rows] == [LONG, "Alpha"]
    assert rows[1]["trouble"] == "There is no rate for CHF."
    assert rows[1]["next_on"] == str(campaign().starts_on)
    for strange in ("?page=999999", "?sort=;drop", "?state=x&kind=y", "?page=-1", "?q=%25%00", "?endpoint=x&_anchor=y"):
        assert ana.get(f"/campaigns{strange}").status_code == 200, strange


def test_amounts_are_told_to_whoever_may_see_them_only(ana: FlaskClient, application: Flask) -> None:
    make(ana, value_from="5000")
    assert "US$5,000 to any" in ana.get("/campaigns/1").text
    viewer = logged_in(application, Role.VIEWER).get("/campaigns/1").text
    assert "a range of annual value" in viewer
    assert "5,000" not in viewer


def test_a_viewer_sees_all_of_it_and_no_button(ana: FlaskClient, application: Flask) -> None:
    make(ana)
    client = logged_in(application, Role.VIEWER)
    assert "Make a campaign" not in client.get("/campaigns").text
    page = client.get("/campaigns/1").text
    for button in ("/campaigns/1/edit", "/campaigns/1/pause", "/campaigns/1/finish", "/campaigns/new"):
        assert f'"{button}' not in page


@pytest.mark.parametrize(
    "path", ["/campaigns/77", "/campaigns/77/edit", "/campaigns/77/finish", "/waves/77/stop", "/waves/77/extend"]
)
def test_what_there_is_not_leads_to_no_page(admin_client: FlaskClient, path: str) -> None:
    assert admin_client.get(path).status_code == 404


def test_the_list_of_waves_is_searched_filtered_sorted_and_exported(ana: FlaskClient) -> None:
    assert "No wave yet" in ana.get("/waves").text
    planned("q1")
    make(ana, name="Alpha")
    page = ana.get("/waves?sort=campaign").text
    assert page.index("Alpha</a>") < page.index("Relationship programme</a>")
    assert 'href="/campaigns/2"' in page
    assert "Alpha</a>" not in ana.get("/waves?state=planned").text
    assert "Alpha</a>" not in ana.get("/waves?campaign=1").text
    assert "No wave fits" in ana.get("/waves?q=nothing").text
    rows = list(csv.DictReader(io.StringIO(ana.get("/waves.csv?q=q1").text)))
    assert [row["key"] for row in rows] == ["q1"]
    for strange in ("?page=999999", "?sort=;drop", "?state=x&endpoint=y", "?campaign=x", "?campaign=" + "9" * 30):
        assert ana.get(f"/waves{strange}").status_code == 200, strange
