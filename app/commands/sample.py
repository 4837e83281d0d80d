"""`quorum sample`: writes the CRM export of an invented company, to try the other commands on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from app.core.terminal import console
from app.demo.company import write_company


@click.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def sample(folder: Path) -> None:
    """Write accounts.csv, contacts.csv and revenue.csv of an invented company into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    files = write_company(folder, today=datetime.now(UTC).date())
    for path in files:
        console.print(str(path))
    console.print(f"Next: quorum plan --accounts {files.accounts} --contacts {files.contacts}")
