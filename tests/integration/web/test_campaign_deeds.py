"""What is done to campaigns and waves on their pages: started, held, extended, ended; and what is on record of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.campaigns.campaign_progress import wave_lines
from app.campaigns.models import CampaignState, Wave
from app.campaigns.running import pause_campaign
from app.core.db import reading
from tests.support.campaign_desk import a_company, campaign, make
from tests.support.company import TODAY, launch, planned
from tests.support.forms import filled
from tests.support.web import post_form


@pytest.fixture
def ana(application: Flask, admin_client: FlaskClient) -> FlaskClient:
    """Somebody who is logged in, with a company to ask."""
    a_company()
    return admin_client


def test_a_running_campaign_shows_how_far_it_is_and_is_held_by_name(ana: FlaskClient) -> None:
    wave_id = planned()
    launch(wave_id)
    with reading() as session:
        people = wave_lines(session, 1)[0].planned
    page = ana.get("/campaigns/1").text
    assert 'data-live="5"' in page
    assert f"Pause: hold {people} invitations" in page
    _, page = post_form(ana, "/campaigns/1/pause", "/campaigns/1")
    assert f"{people} invitations wait until somebody lets the campaign go on." in page
    assert f"Go on: send {people} invitations" in page
    _, page = post_form(ana, "/campaigns/1/resume", "/campaigns/1")
    assert "is running" in page
    status, page = post_form(ana, "/waves/1/stop", "/waves/1/stop", reason=" ")
    assert (status, f"Stop, and leave {people} people unasked" in page) == (422, True)
    _, page = post_form(ana, "/waves/1/stop", "/waves/1/stop", reason="The survey is wrong.")
    assert "The survey is wrong." in page
    assert ana.get("/waves/1/stop").status_code == 409


def test_a_wave_is_extended_to_a_later_day_only(ana: FlaskClient) -> None:
    launch(planned())
    for given, said in (("soon", "Give the last day as"), (TODAY.isoformat(), "give a later day")):
        status, page = post_form(ana, "/waves/1/extend", "/waves/1/extend", until=given)
        assert (status, said in page) == (422, True)
    until = TODAY + timedelta(days=60)
    _, page = post_form(ana, "/waves/1/extend", "/waves/1/extend", until=until.isoformat())
    assert "Last day: " in page
    with reading() as session:
        assert session.get_one(Wave, 1).ends_on == until


def test_finishing_says_how_many_it_leaves_unasked_and_asks_why(ana: FlaskClient) -> None:
    launch(planned())
    assert "people unasked" in ana.get("/campaigns/1/finish").text
    assert post_form(ana, "/campaigns/1/finish", "/campaigns/1/finish", reason="")[0] == 422
    _, page = post_form(ana, "/campaigns/1/finish", "/campaigns/1/finish", reason="Merged with another one.")
    assert "It is over and asks nobody any more" in page
    assert campaign().state is CampaignState.FINISHED
    assert "/campaigns/1/edit" not in page
    status, page = send_again(ana)
    assert (status, "is finished; nothing about it changes" in page) == (422, True)


def send_again(client: FlaskClient) -> tuple[int, str]:
    page = client.get("/campaigns/1/edit").text
    answer = client.post("/campaigns/1/edit", data=filled(page) | {"do": "save", "daily_cap": "5"})
    return answer.status_code, answer.text


def test_a_planned_wave_is_confirmed_by_the_number_of_its_people(ana: FlaskClient) -> None:
    wave_id = planned(planned_for=TODAY + timedelta(days=9))
    with reading() as session:
        people = wave_lines(session, 1)[0].planned
    assert f"Confirm: ask {people} people" in ana.get("/campaigns/1").text
    _, page = post_form(ana, f"/waves/{wave_id}/approve", "/campaigns/1")
    assert "Confirm: ask" not in page
    assert "«Q4» leaves by itself from" in page


def test_approving_its_first_wave_sets_a_draft_going(ana: FlaskClient) -> None:
    make(ana)
    _, page = post_form(ana, "/waves/1/approve", "/campaigns/new")
    assert "leaves by itself from" in page
    assert campaign().state is CampaignState.SCHEDULED
    assert "started the campaign" in page


def test_the_history_is_paged_and_says_who(ana: FlaskClient) -> None:
    make(ana, do="draft", when="by_hand")
    post_form(ana, "/campaigns/1/start", "/campaigns/1")
    for _ in range(11):
        post_form(ana, "/campaigns/1/pause", "/campaigns/1")
        post_form(ana, "/campaigns/1/resume", "/campaigns/1")
    page = ana.get("/campaigns/1?history=2").text
    assert "ana.sand@quorum.example made the campaign" in page
    assert "21–24 of 24" in page
    pause_campaign(1, actor="bo", reason="The bank holiday")
    assert "The bank holiday" in ana.get("/campaigns/1").text
