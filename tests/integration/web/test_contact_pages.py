"""Pages of the contact rules and of events, with the deeds that hang on their buttons."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.accounts.models import ContactStatus, Level
from app.campaigns.contact_rules import Rules
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign
from app.campaigns.triggers import TriggerSettings
from app.core.db import transaction
from tests.support.company import TODAY, Person, add_account, planned
from tests.support.events import event_campaign, told
from tests.support.web import post_form

DAY = timedelta(days=1)


def asked(days_ago: int, **more: Any) -> int:
    """A company whose only contact the CRM says was asked so many days ago; the id of the account."""
    status = more.pop("status", ContactStatus.ACTIVE)
    values = {"last_invited_on": TODAY - days_ago * DAY, "first_name": "<i>Maria</i>", "last_name": "Silva"} | more
    return add_account("A1", 1000, [Person("P1", Level.DECISION_MAKER, status, more=values)])


@pytest.mark.parametrize("page", ["/contact-rules", "/contacts", "/contacts?q=nobody", "/events", "/events?q=x&page=9"])
def test_an_empty_installation_has_the_pages(admin_client: FlaskClient, page: str) -> None:
    assert admin_client.get(page).status_code == 200


def test_the_rules_of_the_house_are_changed_and_stand_in_the_trail(admin_client: FlaskClient) -> None:
    typed = {name: str(days) for name, days in Rules().as_json().items()}
    status, page = post_form(admin_client, "/contact-rules", "/contact-rules", **(typed | {"any_days": "seven"}))
    assert status == 422
    assert "Give a number of days from 0 to 730." in page
    assert 'value="seven"' in page, "nothing typed is lost"
    assert post_form(admin_client, "/contact-rules", "/contact-rules", **(typed | {"any_days": "10"}))[0] == 302
    with transaction() as session:
        assert house_rules(session) == Rules(any_days=10)
        detail = session.scalar(text("SELECT detail FROM audit_entry WHERE deed = 'contact_rules.changed'"))
    assert detail == {"any_days": {"from": 7, "to": 10}}


@pytest.mark.parametrize("search", ["maria", "silva", "P1@COMPANY.example", "P1", "sil mar"])
def test_a_contact_is_found_by_name_address_and_id(admin_client: FlaskClient, search: str) -> None:
    asked(1)
    page = admin_client.get("/contacts", query_string={"q": search}).text
    assert "&lt;i&gt;Maria&lt;/i&gt; Silva" in page
    assert 'href="/contacts/1"' in page


def test_a_contact_says_when_they_may_be_asked_and_what_holds_them_back(admin_client: FlaskClient) -> None:
    asked(3)
    page = admin_client.get("/contacts/1").text
    again: date = TODAY + 77 * DAY
    assert f"may be asked again from {again.day} {again:%b %Y}" in page
    assert "between two relationship surveys lie 80 days" in page
    assert "between any two surveys lie 7 days" in page


def test_somebody_who_said_no_is_not_asked_whatever_the_rules_say(admin_client: FlaskClient) -> None:
    asked(100, status=ContactStatus.OPTED_OUT)
    page = admin_client.get("/contacts/1").text
    assert "not to be asked for now" in page
    assert "The person does not want surveys." in page
    assert "Ask all the same" not in page


def test_an_override_needs_a_reason_and_frees_the_person(admin_client: FlaskClient) -> None:
    asked(3)
    status, page = post_form(admin_client, "/contacts/1/override", "/contacts/1", reason="x")
    assert status == 422
    assert "Write why" in page
    status, page = post_form(admin_client, "/contacts/1/override", "/contacts/1", reason="They asked for it.")
    assert status == 302
    assert "may be asked now" in page
    assert "They asked for it." in page
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_entry WHERE deed = 'contact_rules.overridden'")) == 1


def test_an_override_counts_when_a_wave_is_planned(admin_client: FlaskClient) -> None:
    asked(3)
    planned("before")
    post_form(admin_client, "/contacts/1/override", "/contacts/1", reason="They asked for it.")
    planned("after")
    with transaction() as session:
        reasons = session.scalars(text("SELECT reason::text FROM decision ORDER BY wave_id")).all()
    assert reasons == ["contacted_recently", None]


def test_the_rules_of_the_house_and_stricter_ones_of_a_campaign_count_when_a_wave_is_planned(
    admin_client: FlaskClient,
) -> None:
    asked(81)
    planned("as-it-is")
    with transaction() as session:
        session.execute(text("UPDATE invitation SET refused_at = now()"))
        session.execute(text("""UPDATE campaign SET rules = '{"relationship_days": 82}'"""))
    planned("stricter")
    with transaction() as session:
        session.execute(text("UPDATE campaign SET rules = '{}'"))
    typed = {name: str(days) for name, days in Rules(relationship_days=100).as_json().items()}
    post_form(admin_client, "/contact-rules", "/contact-rules", **typed)
    planned("house")
    with transaction() as session:
        reasons = session.scalars(text("SELECT reason::text FROM decision ORDER BY wave_id")).all()
    assert reasons == [None, "contacted_recently", "contacted_recently"]


def test_an_account_page_leads_to_its_contacts(admin_client: FlaskClient) -> None:
    account_id = asked(100)
    planned()
    assert 'href="/contacts/1"' in admin_client.get(f"/accounts/{account_id}").text


def test_a_contact_that_is_gone_is_no_page(admin_client: FlaskClient) -> None:
    assert admin_client.get("/contacts/7").status_code == 404


def test_events_are_found_with_what_became_of_them(admin_client: FlaskClient) -> None:
    asked(3)
    told("=cmd@company.example")
    campaign_id = event_campaign("Support <b>")
    told(properties={"ticket_id": "T-77"})
    told(id="Again", delay=timedelta(days=90))
    page = admin_client.get("/events").text
    assert "no running campaign asks after this event" in page
    assert "the person was asked too recently" in page
    assert "Support &lt;b&gt;" in page
    assert "1 event fit" in admin_client.get("/events?q=t-77").text
    assert "1 event fit" in admin_client.get("/events?decision=scheduled").text
    assert "1 event fit" in admin_client.get("/events?reason=contacted_recently").text
    assert "2 events fit" in admin_client.get(f"/events?campaign={campaign_id}&contact=1").text
    assert "No event fits" in admin_client.get("/events?q=nothing").text
    rows = list(csv.DictReader(io.StringIO(admin_client.get("/events.csv?decision=refused").text)))
    assert [row["reason"] for row in rows] == [
        "the person was asked too recently",
        "no running campaign asks after this event",
    ]
    assert rows[1]["email"] == "'=cmd@company.example"


def test_the_event_of_a_campaign_is_set_on_its_page(admin_client: FlaskClient) -> None:
    asked(100)
    campaign_id = event_campaign()
    path = f"/campaigns/{campaign_id}/trigger"
    typed = {
        "event": "order.shipped",
        "delay_minutes": "x",
        "repeat": "every",
        "subject": "",
        "unknown_contacts": "refuse",
    }
    status, page = post_form(admin_client, path, path, **typed)
    assert status == 422
    assert "Give the minutes after the event" in page
    assert 'value="order.shipped"' in page
    assert post_form(admin_client, path, path, **(typed | {"delay_minutes": "60"}))[0] == 302
    with transaction() as session:
        kept = session.scalars(select(Campaign.trigger)).one()
    assert TriggerSettings.read(kept).delay_minutes == 60
    planned()
    with transaction() as session:
        relationship = session.scalar(text("SELECT id FROM campaign WHERE kind = 'relationship'"))
    assert admin_client.get(f"/campaigns/{relationship}/trigger").status_code == 404
