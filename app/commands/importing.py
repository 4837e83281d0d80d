"""`quorum import`: brings a CRM export into the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from rich.table import Table

from app.accounts.importing import (
    ImportResult,
    import_accounts,
    import_activities,
    import_contacts,
    import_revenue,
)
from app.accounts.rows import RowFault
from app.commands.context import actor, installation
from app.commands.options import mapping_option, read_mapping
from app.core.errors import QuorumError
from app.core.terminal import console, error_console, progress

SOME_REJECTED = 1

_Import = Callable[..., ImportResult]
_FILE = click.Path(path_type=Path)


@click.command("import")
@click.option("--accounts", type=_FILE, help="CSV of accounts; imported first.")
@click.option("--contacts", type=_FILE, help="CSV of contacts.")
@click.option("--revenue", type=_FILE, help="CSV of revenue lines.")
@click.option("--activities", type=_FILE, help="CSV of what contacts did.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--rejected-to", type=_FILE, help="Folder for the rejected rows, as CSV with a reason column.")
@mapping_option
def import_files(
    accounts: Path | None,
    contacts: Path | None,
    revenue: Path | None,
    activities: Path | None,
    dry_run: bool,
    rejected_to: Path | None,
    mapping: tuple[str, ...],
) -> None:
    """Bring CRM exports into Quorum: accounts, contacts, revenue, activities.

    Every row gets an outcome; bad rows never stop good ones; the same file twice changes nothing. Exit code 0: all
    rows were taken. 1: good rows were taken, some were rejected. 2: a file could not be used; nothing of it was taken.
    """
    given = [
        (import_accounts, accounts),
        (import_contacts, contacts),
        (import_revenue, revenue),
        (import_activities, activities),
    ]
    if not any(path for _, path in given):
        raise click.UsageError("Name at least one file: --accounts, --contacts, --revenue or --activities.")
    columns = read_mapping(mapping)
    if rejected_to is not None:
        _make_folder(rejected_to)
    if dry_run and accounts is not None and (contacts or revenue):
        error_console.print("A dry run adds no accounts, so the rest is held against those that are there already.")
    with installation():
        results = [
            _import(deed, path, dry_run=dry_run, rejected_to=rejected_to, mapping=columns)
            for deed, path in given
            if path is not None
        ]
    _show(results, dry_run)
    rejected = sum(result.rejected for result in results)
    if rejected:
        raise SystemExit(SOME_REJECTED)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise QuorumError(f"The folder {folder} cannot be made: {error.strerror}.") from error


def _import(
    deed: _Import, path: Path, *, dry_run: bool, rejected_to: Path | None, mapping: dict[str, str] | None
) -> ImportResult:
    target = rejected_to / f"{path.stem}-rejected.csv" if rejected_to is not None else None
    with progress(f"Reading {path.name}", unit="bytes") as report:
        return deed(path, dry_run=dry_run, rejected_to=target, mapping=mapping, progress=report, actor=actor())


def _show(results: list[ImportResult], dry_run: bool) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in ("rows", "new", "changed", "unchanged", "rejected", "with a note"):
        table.add_column(column, justify="right")
    for result in results:
        counts = (result.rows, result.created, result.updated, result.unchanged, result.rejected, result.noted)
        table.add_row(result.kind, *(f"{count:,}" for count in counts))
    console.print(table)
    for result in results:
        _faults("Rejected", result.rejected, result.first_faults)
        _faults("Taken with a note", result.noted, result.first_notes)
    taken = sum(result.rows - result.rejected for result in results)
    rejected = sum(result.rejected for result in results)
    verb = "would be taken" if dry_run else "taken"
    error_console.print(f"{taken:,} rows {verb}, {rejected:,} rejected.", highlight=False)


def _faults(title: str, count: int, faults: list[RowFault]) -> None:
    if not faults:
        return
    console.print(f"\n{title}: {count:,}" + (f", the first {len(faults)}" if count > len(faults) else ""), style="bold")
    for file, line, reason in faults:
        console.print(f"  {file}:{line}  {reason}", highlight=False, markup=False, soft_wrap=True)
