"""`quorum doctor`: examines the installation, and says what to do about what it finds."""

from __future__ import annotations

import json
import os

import click
from rich.table import Table
from rich.text import Text

from app.core.installation import opened
from app.core.terminal import console, error_console, printable
from app.delivery.diagnosis import Finding, Verdict
from app.delivery.doctoring import examine

COLOURS = {Verdict.GOOD: "green", Verdict.CAREFUL: "yellow", Verdict.WRONG: "bold red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Examine database, Redis, workers, mail service and public address. Changes nothing; exits 1 if one is wrong."""
    with opened(os.environ, say=error_console.print, migrating=False) as settings:
        findings = examine(settings)
    if as_json:
        click.echo(json.dumps([_as_json(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _show(findings)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise SystemExit(1)


def _show(findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in findings:
        said = Text(printable(finding.found))
        if finding.advice:
            said.append(f"\n→ {printable(finding.advice)}", style="dim")
        table.add_row(Text(finding.verdict.glyph, style=COLOURS[finding.verdict]), finding.part, said)
    console.print(table)


def _as_json(finding: Finding) -> dict[str, str | None]:
    return {**finding._asdict(), "advice": finding.advice or None}
