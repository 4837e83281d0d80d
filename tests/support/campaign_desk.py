"""A company to ask, and campaigns made the way people make them: by the form, as it is offered."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.campaigns.models import Campaign
from app.core.db import reading
from tests.support.company import add_account, three_levels
from tests.support.forms import filled


def a_company() -> None:
    """Make twelve accounts of two industries, each with people on three levels."""
    for number in range(12):
        industry = ("Rail", "Banking")[number % 2]
        people = three_levels(f"A{number}", 1, 1, 2)
        tier = {"service_tier": ("gold", "silver")[number % 2]}
        add_account(f"A{number}", 900 * 3**number, people, industry=industry, country="DE", attributes=tier)


def campaign(campaign_id: int = 1) -> Campaign:
    """Return a campaign as it is kept."""
    with reading() as session:
        return session.get_one(Campaign, campaign_id)


def make(client: FlaskClient, **changes: Any) -> tuple[int, str]:
    """Send the form of a new campaign as it is offered, but for `changes`; return status and the page it leads to."""
    return send(client, "/campaigns/new", **changes)


def send(client: FlaskClient, path: str, **changes: Any) -> tuple[int, str]:
    """Send the form on the page at `path` as it is filled, but for `changes`."""
    answer = client.post(path, data=filled(client.get(path).text) | {"do": "save"} | changes)
    status = answer.status_code
    return status, client.get(answer.location).text if status == 302 else answer.text
