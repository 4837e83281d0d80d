"""`quorum wave`: makes a wave, plans it, shows every decision, sends it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.deciding import DECISION_COLUMNS, stream_decisions
from app.campaigns.planning import plan_wave
from app.campaigns.quota_files import read_quota
from app.commands.context import actor, installation, wave_by_key
from app.commands.options import read_day, read_rates
from app.core.db import reading
from app.core.queue import nudge
from app.core.safe_csv import safe_cell
from app.core.terminal import console, error_console, output, progress
from app.delivery.launching import launch_wave
from app.delivery.pausing import pause_wave, resume_wave
from app.reporting.standing import counted
from app.reporting.waves import list_waves
from app.sampling import presets
from app.sampling.quota import QuotaTable


@click.group()
def wave() -> None:
    """Waves: who is asked, why, and when it is sent."""


@wave.command("new")
@click.argument("key")
@click.option("--name", help="How people call it, such as «Q4 2026»; the key unless given.")
@click.option("--survey", default="relationship_nps", show_default=True, help="Which survey it asks.")
@click.option(
    "--preset", type=click.Choice(presets.names()), default="logarithmic", show_default=True, help="Quota table."
)
@click.option("--quota", type=click.Path(path_type=Path), help="Your own quota table as CSV, instead of a preset.")
@click.option("--today", metavar="YYYY-MM-DD", help="The day the rules reckon from; today unless given.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 365), help="How long it takes answers.")
@click.option("--currency", default="USD", show_default=True, help="The currency of the quota table.")
@click.option("--rate", multiple=True, metavar="EUR=1.08", help="Fixed rate of another currency.")
def new(
    key: str,
    name: str | None,
    survey: str,
    preset: str,
    quota: Path | None,
    today: str | None,
    days: int,
    currency: str,
    rate: tuple[str, ...],
) -> None:
    """Make a wave; nobody is chosen and nothing is sent yet."""
    order = WaveOrder(
        key=key,
        name=name or key,
        planned_for=read_day(today) if today else datetime.now(UTC).date(),
        survey_key=survey,
        quota=read_quota(quota) if quota else QuotaTable.preset(preset),
        currency=currency.upper(),
        rates=read_rates(rate),
        days=days,
    )
    with installation():
        create_wave(order, actor=actor())
    console.print(f"Wave {key} is made. Next: quorum wave plan {key}", highlight=False)


@wave.command("plan")
@click.argument("key")
def plan(key: str) -> None:
    """Decide every contact of every account, with its reason. Sends nothing."""
    with installation(), progress("Planning", unit="accounts") as report:
        totals = plan_wave(wave_by_key(key).id, actor=actor(), progress=report)
    console.print(
        f"{totals.accounts:,} accounts, {totals.contacts:,} contacts decided: "
        f"[bold]{totals.chosen:,} people will be asked[/], {totals.shortage:,} seats find nobody.",
        highlight=False,
    )
    console.print(f"Look first: quorum wave decisions {key}\nThen send:  quorum wave send {key}", highlight=False)


@wave.command("decisions")
@click.argument("key")
def decisions(key: str) -> None:
    """Print every decision of a planned wave as CSV."""
    with installation(), reading() as session:
        wave_id = wave_by_key(key).id
        with output(None) as out:
            writer = csv.writer(out)
            writer.writerow(DECISION_COLUMNS)
            for row in stream_decisions(session, wave_id):
                writer.writerow([safe_cell(cell) for cell in row])


@wave.command("send")
@click.argument("key")
@click.option("--at-once", is_flag=True, help="All of them now, whatever the hour and the caps: for a trial.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def send(key: str, at_once: bool, yes: bool) -> None:
    """Put the mails of a planned wave into the ledger; they leave in working hours, within the caps of each day."""
    with installation():
        found = wave_by_key(key)
        if not yes:
            click.confirm(f"Send the mails of «{found.name}» now?", abort=True, err=True)
        queued = launch_wave(found.id, now=datetime.now(UTC), actor=actor(), at_once=at_once)
        nudge("workers.jobs.release")
    when = "" if at_once else " in the working hours of their readers (--at-once: now)"
    console.print(f"{queued:,} mails are queued; running workers send them{when}.", highlight=False)
    error_console.print("No workers running? Start everything with: quorum up", style="dim", highlight=False)


@wave.command("pause")
@click.argument("key")
def pause(key: str) -> None:
    """Hold the mails that have not left yet."""
    with installation():
        pause_wave(wave_by_key(key).id, actor=actor())
    console.print(f"Wave {key} is paused.", highlight=False)


@wave.command("resume")
@click.argument("key")
def resume(key: str) -> None:
    """Let a paused wave go on; nobody is mailed twice."""
    with installation():
        resume_wave(wave_by_key(key).id, actor=actor())
    console.print(f"Wave {key} goes on.", highlight=False)


@wave.command("list")
def list_all() -> None:
    """Show all waves."""
    with installation(), counted() as session:
        waves = list_waves(session)
    if not waves:
        console.print("There are no waves yet. Make one with: quorum wave new q4", highlight=False)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("key", "name", "state", "planned for"):
        table.add_column(column)
    for column in ("asked", "answered"):
        table.add_column(column, justify="right")
    for found in waves:
        table.add_row(
            found.key, found.name, found.state, str(found.planned_for), f"{found.asked:,}", f"{found.answered:,}"
        )
    console.print(table)
