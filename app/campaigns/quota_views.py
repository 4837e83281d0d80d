"""The pages of quota tables: the list, a table and what it asks for on the real accounts, its form, two compared."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns import quota_tables, quota_trying
from app.campaigns.quota_files import typed_cells
from app.campaigns.quota_form import TypedRow, TypedTable, name_fault, read_table
from app.campaigns.quota_ground import Trial, trial_asked
from app.campaigns.quota_tables import NamedTable, every_table, named_table
from app.campaigns.quota_trying import CHANGES, ONLY, PER_PAGE
from app.campaigns.segment_quotas import Quotas
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound, QuorumError, Refused
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.sampling import presets
from app.sampling.quota import QuotaTable

pages = Blueprint("quotas", __name__, template_folder="templates")

EMPTY_ROWS = 3
"""Rows at the end of the form that wait to be filled."""

COLUMNS = ("Annual value at least", "Contacts")

Faults = dict[str, str]


@pages.get("/quotas")
def index() -> str:
    """List the quota tables: those that ship, then one's own."""
    with reading() as session:
        tables = every_table(session)
    archived = text_asked("archived") == "1"
    shown = [each for each in tables if archived or each.archived_at is None]
    return render_template("campaigns/quotas.html", tables=shown, archived=archived, hidden=len(tables) - len(shown))


@pages.get("/quotas/<key>")
def show(key: str) -> str:
    """Show a table and what it asks for on the real accounts."""
    with reading() as session:
        named = named_table(session, key)
        trial = _trial(session, named)
        quotas, only, page = Quotas(named.table), text_asked("only") or "all", page_asked()
        return render_template(
            "campaigns/quota.html",
            named=named,
            trial=trial,
            histogram=quota_trying.histogram(session, quotas, trial.ground),
            found=(found := quota_trying.accounts(session, quotas, trial.ground, only=only, page=page)),
            rows=[_account(row) for row in found.rows],
            only=only,
            filters=ONLY,
            per_page=PER_PAGE,
        )


@pages.get("/quotas/<key>.csv")
def as_csv(key: str) -> Response:
    """Return the rows of a table as a file that the form and `quorum plan` take."""
    with reading() as session:
        named = named_table(session, key)
    headers = {"Content-Disposition": f'attachment; filename="quota-{named.key}.csv"'}
    return Response(csv_pieces(COLUMNS, named.table.rows), mimetype="text/csv", headers=headers)


@pages.get("/quotas/new")
@needs(Right.EDIT)
def new() -> str:
    """Offer the form of a new table, filled with the rows of the one that is copied."""
    copied = text_asked("copy") or presets.DEFAULT
    with reading() as session:
        named = named_table(session, copied)
    name = f"Copy of {named.name}" if text_asked("copy") else ""
    return _form(TypedTable.of(name, named.table), {}, None)


@pages.post("/quotas/new")
@needs(Right.EDIT)
def create() -> AnyResponse | tuple[str, int] | str:
    """Keep a new table, or show what is wrong with it."""
    return _take(None)


@pages.get("/quotas/<int:table_id>/edit")
@needs(Right.EDIT)
def edit(table_id: int) -> str:
    """Offer the form of a kept table."""
    with reading() as session:
        named = named_table(session, str(table_id))
    return _form(TypedTable.of(named.name, named.table), {}, named)


@pages.post("/quotas/<int:table_id>/edit")
@needs(Right.EDIT)
def change(table_id: int) -> AnyResponse | tuple[str, int] | str:
    """Change a kept table, or show what is wrong."""
    with reading() as session:
        named = named_table(session, str(table_id))
    return _take(named)


@pages.post("/quotas/<int:table_id>/archive")
def archive(table_id: int) -> AnyResponse:
    """Offer a table to no further campaign."""
    name = quota_tables.archive_table(table_id, actor=actor())
    flash(f"«{name}» is archived. Campaigns that use it keep it; no other can choose it.", "done")
    return redirect(url_for("quotas.show", key=table_id))


@pages.post("/quotas/<int:table_id>/bring-back")
def bring_back(table_id: int) -> AnyResponse:
    """Offer an archived table again."""
    name = quota_tables.bring_back_table(table_id, actor=actor())
    flash(f"«{name}» can be chosen again.", "done")
    return redirect(url_for("quotas.show", key=table_id))


@pages.get("/quotas/compare")
def compare() -> str:
    """Show two tables side by side: totals, and the accounts that gain or lose seats."""
    only, page = text_asked("only") or "all", page_asked()
    with reading() as session:
        tables = every_table(session)
        before = _chosen(tables, text_asked("a"), 0)
        after = _chosen(tables, text_asked("b"), 1)
        trial = _trial(session, before)
        pair = (Quotas(before.table), Quotas(after.table), trial.ground)
        found = quota_trying.differing(session, *pair, only=only, page=page)
        sums = quota_trying.compared(session, *pair)
    return render_template(
        "campaigns/quota_compare.html",
        choices=[(each.key, each.name) for each in tables],
        before=before,
        after=after,
        trial=trial,
        sums=sums,
        found=found,
        rows=found.rows,
        only=only,
        filters=CHANGES,
        per_page=PER_PAGE,
    )


def _chosen(tables: list[NamedTable], key: str, place: int) -> NamedTable:
    if not key:
        return tables[min(place, len(tables) - 1)]
    found = next((each for each in tables if each.key == key), None)
    if found is None:
        raise NotFound("There is no such quota table.")
    return found


def _trial(session: Session, named: NamedTable) -> Trial:
    """Return the ground that is asked for; unless the address says, that of the first campaign that uses the table."""
    asked = request.args.to_dict()
    if "campaign" not in asked and "currency" not in asked and named.used_by:
        asked["campaign"] = str(named.used_by[-1][0])
    return trial_asked(session, asked)


def _take(named: NamedTable | None) -> AnyResponse | tuple[str, int] | str:
    """Do what the button of the form says: more rows, rows from a file, a look at the example, or save."""
    typed, deed = _typed(), request.form.get("do", "save")
    if deed == "fill":
        try:
            filled = _filled()
        except QuorumError as error:
            return _form(typed, {"paste": str(error)}, named), 422
        return _form(TypedTable(typed.name, filled, typed.cap), {}, named, fresh=True)
    if deed == "rows":
        return _form(typed, {}, named, more=True)
    table, faults = read_table(typed)
    if deed == "try":
        return _form(typed, faults, named)
    if fault := name_fault(typed.name):
        faults = {"name": fault} | faults
    if table is None or faults:
        return _form(typed, faults, named), 422
    try:
        return _saved(typed.name, table, named)
    except Refused as refusal:
        return _form(typed, {"name": str(refusal)}, named), 422


def _saved(name: str, table: QuotaTable, named: NamedTable | None) -> AnyResponse:
    if named is None:
        table_id = quota_tables.add_table(name, table, actor=actor())
        flash(f"«{name.strip()}» is kept. Campaigns can choose it now.", "done")
    else:
        table_id, revision = int(named.key), request.form.get("revision", "")
        seen = int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else 0
        followers = quota_tables.change_table(table_id, name, table, revision=seen, actor=actor())
        words = "one campaign follow" if followers == 1 else f"{followers} campaigns follow"
        flash(f"«{name.strip()}» is changed.{f' The next waves of {words}.' if followers else ''}", "done")
    return redirect(url_for("quotas.show", key=table_id))


def _form(
    typed: TypedTable, faults: Faults, named: NamedTable | None, *, more: bool = False, fresh: bool = False
) -> str:
    blank = EMPTY_ROWS * (2 if more else 1)
    filled = [row for row in typed.rows if row.value.strip() or row.people.strip()]
    rows = typed.rows if faults else (*filled, *[TypedRow()] * blank)
    table, _ = read_table(typed)
    with reading() as session:
        trial = trial_asked(session, {"campaign": request.form.get("campaign", text_asked("campaign"))})
        histogram = quota_trying.histogram(session, Quotas(table), trial.ground) if table else None
        before = quota_trying.histogram(session, Quotas(named.table), trial.ground) if named and table else None
    return render_template(
        "campaigns/quota_form.html",
        typed=typed,
        rows=rows,
        faults=faults,
        named=named,
        revision=request.form.get("revision", named.revision if named else ""),
        trial=trial,
        histogram=histogram,
        before=before,
        fresh=fresh,
    )


def _typed() -> TypedTable:
    values, people = request.form.getlist("value"), request.form.getlist("people")
    rows = tuple(TypedRow(_clean(value), _clean(number)) for value, number in zip(values, people, strict=False))
    return TypedTable(_clean(request.form.get("name", "")), rows, _clean(request.form.get("cap", "")))


def _filled() -> tuple[TypedRow, ...]:
    """Return the rows of the file that was chosen, else of the text that was pasted."""
    upload, pasted = request.files.get("file"), request.form.get("paste", "")
    with tempfile.TemporaryDirectory(prefix="quorum-") as folder:
        if upload is not None and upload.filename:
            path = Path(folder) / (secure_filename(upload.filename) or "table.csv")
            upload.save(path)
        else:
            path = Path(folder) / "What was pasted"
            path.write_text(pasted, encoding="utf-8")
        return tuple(TypedRow(*cells) for cells in typed_cells(path))


def _account(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "seats_of": quota_trying.seats_of(row)}


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()
