"""Imports of rows that are told in a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.accounts.importing import ImportResult, import_accounts, import_contacts, import_revenue
from tests.integration.accounts.stored import Bring
from tests.support.crm_files import ACCOUNT, CONTACT, REVENUE_LINE, write_csv


@pytest.fixture
def bring(database: str, tmp_path: Path) -> Bring:
    """Import rows that are given as changes to the sample row; `only` imports nothing but the cells given."""
    kinds = {
        "accounts": (import_accounts, ACCOUNT),
        "contacts": (import_contacts, CONTACT),
        "revenue": (import_revenue, REVENUE_LINE),
    }

    def bring(kind: str, *rows: Mapping[str, str], only: bool = False, **options: Any) -> ImportResult:
        deed, sample = kinds[kind]
        return deed(write_csv(tmp_path / f"{kind}.csv", [({} if only else sample) | row for row in rows]), **options)

    return bring
