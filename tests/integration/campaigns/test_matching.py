"""How many a campaign's settings make: exactly where accounts are few, and from a sample that says so where not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.campaigns.audience import Audience
from app.campaigns.audience_values import offered
from app.campaigns.matching import SAMPLE, matching, nobody_fits
from app.core.db import reading, transaction
from tests.integration.campaigns.test_campaigns import SETTINGS
from tests.support.company import TODAY

pytestmark = pytest.mark.usefixtures("database")

MANY = 4 * SAMPLE
LARGE = Audience(account={"industry": ("Rail",)})

_COMPANY = (
    "INSERT INTO account (external_id, name, name_key, annual_value, currency, industry)"
    " SELECT 'A' || n, 'A' || n, 'a' || n, 10000, 'USD', CASE WHEN n % 8 = 0 THEN 'Rail' ELSE 'Banking' END"
    " FROM generate_series(1, :accounts) n",
    "INSERT INTO contact (account_id, external_id, email, email_key, level)"
    " SELECT a.id, a.external_id || n, a.external_id || n || '@c.example', a.external_id || n || '@c.example', 'user'"
    " FROM account a, generate_series(1, 2) n",
)


@pytest.fixture
def many(database: str) -> None:
    """So many accounts that only a part of them is counted, each with two people and a quota of three."""
    with transaction() as session:
        for statement in _COMPANY:
            session.execute(text(statement), {"accounts": MANY})


def test_of_many_accounts_a_sample_is_counted_and_said_to_be_one(many: None) -> None:
    with reading() as session:
        found = matching(session, SETTINGS, today=TODAY)
        few = matching(session, replace(SETTINGS, audience=LARGE), today=TODAY)
        dear = matching(session, replace(SETTINGS, audience=Audience(value_from=Decimal(10_001))), today=TODAY)
    assert (found.accounts, found.estimated) == (MANY, True)
    assert found.people == pytest.approx(2 * MANY, rel=0.01)
    assert found.mails == 3 * found.invitations == 3 * found.people
    assert (few.accounts, few.people, few.estimated) == (MANY // 8, MANY // 4, False)
    assert (dear.accounts, dear.people, dear.mails) == (0, 0, 0)


def test_what_is_there_is_offered_and_what_is_not_fits_nobody(many: None) -> None:
    with reading() as session:
        values = {(each.side, each.field): each.values for each in offered(session, {})}
        assert values["account", "industry"] == (("Banking", "Banking"), ("Rail", "Rail"))
        assert values["contact", "level"] == (("user", "User"),)
        assert values["account", "name"] == ()
        assert nobody_fits(session, SETTINGS) is None
        assert nobody_fits(session, replace(SETTINGS, audience=LARGE)) is None
        for audience in (Audience(account={"industry": ("Whaling",)}), Audience(contact={"level": ("influencer",)})):
            assert nobody_fits(session, replace(SETTINGS, audience=audience))
