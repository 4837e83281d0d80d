"""`quorum plan` on files and a wave planned in the database choose the same people, for the same reasons."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text

from app.accounts.importing import import_accounts, import_contacts
from app.accounts.roster import load_roster
from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.planning import plan_wave
from app.campaigns.trial import try_plan
from app.core.db import transaction
from app.demo.company import write_company
from app.sampling.quota import QuotaTable
from app.sampling.sample import Terms

TODAY = date(2026, 11, 2)
RATES = {"EUR": Decimal("1.08")}

DECIDED = text(
    """
    SELECT c.external_id, d.level::text, d.seat::text, d.reason::text, d.rank
    FROM decision d JOIN contact c ON c.id = d.contact_id
    """
)
FROZEN = text("SELECT a.external_id, f.required, f.shortage FROM wave_account f JOIN account a ON a.id = f.account_id")


def test_files_and_database_decide_alike(database: str, tmp_path: Path) -> None:
    files = write_company(tmp_path, today=TODAY)
    table = QuotaTable.preset("logarithmic")
    trial = try_plan(load_roster(files.accounts, files.contacts), Terms(TODAY, "q4", table), "USD", RATES)

    import_accounts(files.accounts)
    import_contacts(files.contacts)
    plan_wave(create_wave(WaveOrder("q4", "Q4", TODAY, rates=RATES), actor="test"), actor="test")
    with transaction() as session:
        decided = {row[0]: tuple(row[1:]) for row in session.execute(DECIDED)}
        frozen = {row[0]: tuple(row[1:]) for row in session.execute(FROZEN)}

    tried = {
        decision.contact_id: tuple(decision[1:]) for account in trial.accounts for decision in account.sample.decisions
    }
    assert len(tried) == 1000
    assert decided == tried
    assert frozen == {
        account.account.external_id: (account.sample.required, account.sample.split.shortage)
        for account in trial.accounts
    }
