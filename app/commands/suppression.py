"""`quorum suppression`: addresses that nobody may mail."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from app.accounts.models import EVERYTHING, SuppressionReason
from app.commands.context import actor, installation
from app.core.db import reading
from app.core.terminal import console, error_console, output
from app.delivery.suppressing import add as add_address
from app.delivery.suppressing import entries
from app.delivery.suppression_files import SHOWN, export_suppressions, import_suppressions
from app.delivery.suppression_syncing import lift_everywhere
from app.delivery.suppression_syncing import sync as sync_with_account

SOME_REJECTED = 1

_REASON = click.Choice([reason.value for reason in SuppressionReason])


@click.group()
def suppression() -> None:
    """Addresses that nobody may mail: bounces, complaints, unsubscriptions, and what you add."""


@suppression.command("list")
@click.argument("search", default="")
@click.option("--reason", type=_REASON, help="Only those with this reason.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def list_addresses(search: str, reason: str | None, limit: int) -> None:
    """Show the newest entries, or those whose address contains SEARCH."""
    wanted = SuppressionReason(reason) if reason else None
    with installation(), reading() as session:
        rows = entries(session, search=search, reason=wanted, limit=limit)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("address", "reason", "scope", "since", "detail"):
        table.add_column(column)
    for row in rows:
        since = f"{row['since_at']:%Y-%m-%d %H:%M}"
        table.add_row(row["email_key"], row["reason"].value, row["scope"], since, row["detail"] or "")
    console.print(table)
    total = rows[0]["total"] if rows else 0
    error_console.print(f"{len(rows):,} of {total:,} entries.", highlight=False)


@suppression.command("add")
@click.argument("email")
@click.option("--scope", default=EVERYTHING, show_default=True, help="Key of a brand, or * for all brands.")
@click.option("--detail", help="Who asked for it, and when.")
def add(email: str, scope: str, detail: str | None) -> None:
    """Never mail an address again."""
    with installation():
        added = add_address(email, scope=scope, detail=detail, actor=actor())
    console.print("Added." if added else "It was on the list already.", highlight=False)


@suppression.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
def import_file(file: Path, dry_run: bool) -> None:
    """Add the addresses of a CSV file: Email, and if you like Reason, Scope, Since, Detail.

    Nothing is ever taken off the list by it. Exit code 1: some rows were rejected.
    """
    with installation():
        outcome = import_suppressions(file, actor=actor(), dry_run=dry_run)
    counts = f"{outcome.known:,} known, {len(outcome.rejected):,} rejected"
    verb = "would be added" if dry_run else "added"
    console.print(f"{outcome.rows:,} rows: {outcome.added:,} {verb}, {counts}.", highlight=False)
    for line, reason in outcome.rejected[:SHOWN]:
        console.print(f"  {file.name}:{line}  {reason}", highlight=False, markup=False, soft_wrap=True)
    if outcome.rejected:
        raise SystemExit(SOME_REJECTED)


@suppression.command("export")
@click.option("--output", "target", type=click.Path(path_type=Path), help="File to write; stdout unless given.")
def export(target: Path | None) -> None:
    """Write the whole list as CSV."""
    with installation(), output(target) as out:
        rows = export_suppressions(out)
    error_console.print(f"{rows:,} entries.", highlight=False)


@suppression.command("remove")
@click.argument("email")
@click.option("--why", required=True, help="Why it may be mailed again; kept in the audit trail.")
@click.option("--reason", "reasons", multiple=True, type=_REASON, help="Lift only this reason; may be repeated.")
def remove(email: str, why: str, reasons: tuple[str, ...]) -> None:
    """Take an address off the list, here and at SES."""
    wanted = [SuppressionReason(reason) for reason in reasons] or None
    with installation() as settings:
        lifted = lift_everywhere(settings, email, why=why, reasons=wanted, actor=actor())
    console.print(f"Lifted: {', '.join(lifted)}.", highlight=False)


@suppression.command("sync")
def sync() -> None:
    """Come in step with the account-level suppression list of SES."""
    with installation() as settings:
        outcome = sync_with_account(settings, actor=actor())
    console.print(f"{outcome.pulled:,} addresses taken in from SES, {outcome.pushed:,} given to SES.", highlight=False)
