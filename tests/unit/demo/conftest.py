from __future__ import annotations

from datetime import date

import pytest

from app.demo.company import CompanyFiles, write_company

TODAY = date(2026, 11, 2)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> CompanyFiles:
    return write_company(tmp_path_factory.mktemp("company"), today=TODAY)
