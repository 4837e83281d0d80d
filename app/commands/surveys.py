"""`quorum survey`: what is asked, as files: listing, checking, taking in, handing out, publishing."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from app.commands.context import actor, installation
from app.core.db import reading
from app.core.terminal import console, error_console, output
from app.surveys import designing
from app.surveys.comparing import Change, compare
from app.surveys.definition import advice, validate
from app.surveys.drafting import Draft, as_yaml, read_draft
from app.surveys.faults import DefinitionError, Fault
from app.surveys.finding import STATES, list_surveys, state_of
from app.surveys.naming import language_name
from app.surveys.publishing import publish as publish_draft


@click.group()
def survey() -> None:
    """Surveys: what customers are asked, in every language."""


@survey.command("list")
@click.option("--state", type=click.Choice(sorted(STATES)), help="Only those that stand so; archived ones only here.")
def list_all(state: str | None) -> None:
    """Show all surveys."""
    with installation(), reading() as session:
        found = list_surveys(session, state=state or "")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("key", "name", "state", "metric", "languages"):
        table.add_column(column)
    for column in ("version", "waves"):
        table.add_column(column, justify="right")
    for each in found:
        version = str(each.version) if each.version else "—"
        languages = " ".join(each.languages)
        table.add_row(
            each.key, each.title, STATES[each.state].lower(), each.metric, languages, version, str(each.waves)
        )
    console.print(table)


@survey.command("validate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong in a file, and what could be better. Stores nothing and needs no server."""
    definition = validate(_read(file), file.name)
    for fault in advice(definition):
        error_console.print(f"Advice: {fault}", highlight=False, markup=False)
    said = ", ".join(language_name(lang) for lang in definition.languages)
    console.print(f"{file.name} can be published, in {said}.", highlight=False, markup=False)


@survey.command("export")
@click.argument("key")
@click.option("--version", type=click.IntRange(1), help="A published version instead of the draft.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output.")
def export(key: str, version: int | None, out: Path | None) -> None:
    """Write a survey as YAML."""
    with installation(), reading() as session:
        draft = state_of(session, key, f"v{version}")[1] if version else designing.current_draft(session, key)
    with output(out) as target:
        target.write(as_yaml(draft))


@survey.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", metavar="KEY", help="Replace the draft of this survey; a new survey is made unless given.")
@click.option("--yes", is_flag=True, help="Do not ask before a draft is replaced.")
def take_in(file: Path, into: str | None, yes: bool) -> None:
    """Make a survey from a file, or replace the draft of one after showing what changes."""
    draft = _read(file)
    with installation():
        key = _replace(draft, into, yes) if into else designing.start_from_upload(draft, actor=actor())
    if key:
        console.print(f"The draft of {key} is saved. Next: quorum survey publish {key}", highlight=False)


@survey.command("publish")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def publish(key: str, yes: bool) -> None:
    """Publish the draft as the next version; waves made from then on ask it."""
    with installation():
        with reading() as session:
            revision = designing.find_survey(session, key).revision
        if not yes:
            click.confirm(f"Publish the draft of «{key}»? A published version never changes.", abort=True, err=True)
        version = publish_draft(key, revision=revision, actor=actor())
    console.print(f"Version {version.version} of {key} is published.", highlight=False)


def _read(file: Path) -> Draft:
    try:
        return read_draft(file.read_text(encoding="utf-8-sig"), file.name)
    except UnicodeDecodeError as error:
        raise DefinitionError(file.name, (Fault("", f"should be UTF-8 text; byte {error.start} is not"),)) from error


def _replace(draft: Draft, key: str, yes: bool) -> str | None:
    with reading() as session:
        survey = designing.find_survey(session, key)
    changes = compare(survey.draft, draft | {"key": key})
    if not changes:
        console.print("The file says what the draft says; nothing is replaced.", highlight=False)
        return None
    for change in changes:
        console.print(_said(change), highlight=False, markup=False)
    if not yes:
        click.confirm(f"Replace the draft of «{key}»?", abort=True, err=True)
    designing.replace(key, draft, revision=survey.revision, actor=actor())
    return key


def _said(change: Change) -> str:
    what = f"{change.what}, {language_name(change.lang)}" if change.lang else change.what
    line = f"{change.kind.capitalize():9} {what}"
    if change.before is None and change.after is None:
        return line
    return f"{line}\n          - {change.before or ''}\n          + {change.after or ''}"
