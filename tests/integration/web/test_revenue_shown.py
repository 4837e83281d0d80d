"""Whoever may not see exact revenue sees the bucket, and the exact figure nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.accounts.models import RevenueLine, RevenueType
from app.core import db
from app.core.auth.rights import Role
from app.core.db import transaction
from app.delivery.launching import launch_wave
from tests.support.company import add_account, planned, three_levels
from tests.support.people import logged_in
from tests.support.settings import settings

VALUES = {"annual": 6_055_836, "lifetime": 73_914_288, "line": 91_827}
FIGURES = re.compile("|".join(f"{value:,}".replace(",", ",?") for value in VALUES.values()))
BUCKETS = ("US$5,000,000 to US$10,000,000", "US$10,000,000 and more", "US$50,000 to US$100,000")


@pytest.fixture
def wave(application: Flask) -> int:
    """A wave that is out, over an account whose every amount is a figure like no other."""
    account = add_account(
        "A1", VALUES["annual"], three_levels("A", 3, 3, 3), industry="Rail", lifetime_value=Decimal(VALUES["lifetime"])
    )
    with transaction() as session:
        lines = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), "type": RevenueType.ARR}
        session.add(RevenueLine(account_id=account, amount=Decimal(VALUES["line"]), **lines))
    wave_id = planned()
    launch_wave(wave_id, now=datetime.now(UTC), actor="test")
    return wave_id


def pages(application: Flask) -> Iterator[str]:
    """Every page that can be looked at, the first of its kind where it speaks of one thing."""
    for rule in application.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.rule.startswith(("/static", "/logos", "/s/", "/u/")):
            yield re.sub(r"<int:[a-z_]+>", "1", re.sub(r"<(key|part)>", "logarithmic", rule.rule))


def test_the_exact_figures_are_where_they_belong(application: Flask, wave: int) -> None:
    client = logged_in(application, Role.EDITOR)
    sheet = client.get("/accounts/1").text
    assert all(f"{value:,}" in sheet for value in VALUES.values())
    assert f"{VALUES['annual']:,}" in client.get("/accounts").text


def test_a_viewer_sees_buckets_and_no_exact_figure_on_any_page(application: Flask, wave: int) -> None:
    client = logged_in(application, Role.VIEWER)
    sheet = client.get("/accounts/1").text
    assert all(bucket in sheet for bucket in BUCKETS)
    looked = 0
    for page in pages(application):
        answer = client.get(page)
        looked += answer.status_code == 200
        assert not FIGURES.search(answer.text), page
    assert looked > 15


def test_no_order_tells_which_of_two_accounts_of_a_bucket_is_worth_more(application: Flask) -> None:
    group = add_account("G", 1_000_000, three_levels("G", 1, 1, 1))
    for name, value in (("A1B", 60_001), ("A2B", 90_001)):
        add_account(name, value, three_levels(name, 1, 1, 1), parent_id=group)
    looked = ["/accounts"]
    assert _orders(application, looked) == {Role.VIEWER: [False], Role.EDITOR: [True]}
    launch_wave(planned(), now=datetime.now(UTC), actor="test")
    looked = ["/waves/1", f"/accounts/{group}", "/waves/1/charts/coverage"]
    assert _orders(application, looked) == {Role.VIEWER: [False] * 3, Role.EDITOR: [True] * 3}


def _orders(application: Flask, pages: list[str]) -> dict[Role, list[bool]]:
    """Tell of each page whether the account that is worth more stands first, for whoever may not and who may see it."""
    found = {}
    for role in (Role.VIEWER, Role.EDITOR):
        with transaction() as session:
            session.execute(text("DELETE FROM admin_user"))
        client = logged_in(application, role)
        texts = [client.get(page).text.partition("<h1")[2] for page in pages]
        found[role] = [each.rindex("Company A2B") < each.rindex("Company A1B") for each in texts]
    return found


def test_the_figures_cannot_be_closed_in_on(application: Flask, wave: int) -> None:
    """A table with a row right at an account's value must not tell on which side of it the account lies."""
    with transaction() as session:
        for name, value in (("low", VALUES["annual"]), ("high", VALUES["annual"] + 1)):
            quota = f'{{"rows": [["1", 1], ["{value}", 9]], "cap": 18}}'
            statement = text("INSERT INTO quota_table (name, quota) VALUES (:name, cast(:quota as jsonb))")
            session.execute(statement, {"name": name, "quota": quota})
    told: dict[Role, list[str]] = {}
    for role in (Role.VIEWER, Role.EDITOR):
        client = logged_in(application, role)
        told[role] = [_title(client, f"/quotas/{key}") for key in (1, 2)]
    assert told[Role.EDITOR] == ["«low» asks for 9 people at one account", "«high» asks for one person at one account"]
    assert told[Role.VIEWER] == ["«low» asks for 9 people at one account", "«high» asks for 9 people at one account"]


def test_an_installation_can_hide_them_from_everybody(database: str, valkey: str) -> None:
    application = create_app(settings(database, valkey, exact_revenue_roles="nobody", value_buckets="1000,10000"))
    add_account("A1", VALUES["annual"], three_levels("A", 1, 1, 1))
    planned()
    sheet = logged_in(application, Role.ADMIN).get("/accounts/1").text
    db.engine().dispose()
    assert "US$10,000 and more" in sheet
    assert not FIGURES.search(sheet)


def _title(client: FlaskClient, page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", client.get(page).text)
    assert found is not None
    return found[1]
