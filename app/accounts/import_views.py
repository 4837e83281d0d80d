"""Imports in the browser: files are brought, looked at, and taken by a worker; what became of them stays findable.

A page that shows rows of a file shows what accounts are worth: whoever may not see that sees only what they brought.
"""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import discretion, import_runs, kept_files, recognising
from app.accounts.import_list import COLUMNS, PER_PAGE, STATES, Wanted, imports, order_of, stream_imports
from app.accounts.import_models import ImportFile, ImportRun, ImportState
from app.accounts.import_naming import OUT, Naming, read_naming
from app.accounts.import_standing import work_of
from app.accounts.kinds import KINDS, KindName
from app.accounts.models import Contact
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.core.web import takes_upload

pages = Blueprint("imports", __name__, template_folder="templates")

LARGEST_MB = 512
MOST_FILES = 10
LONGEST_NAME = 80
COUNTS = ("rows", "created", "updated", "unchanged", "rejected", "noted")


@pages.get("/imports")
@needs(Right.EDIT)
def index() -> str:
    """List the imports, the newest first."""
    wanted, page = _wanted(), page_asked()
    with reading() as session:
        rows, total = imports(session, wanted, page=page)
        if not rows and page > 1:
            page, (rows, total) = 1, imports(session, wanted, page=1)
    for row in rows:
        row["href"] = url_for("imports.show", run_id=row["id"])
    return render_template(
        "accounts/imports.html", rows=rows, total=total, page=page, per_page=PER_PAGE, wanted=wanted, states=STATES
    )


@pages.get("/imports.csv")
@needs(Right.EDIT)
def as_csv() -> Response:
    """Return the imports that the list shows, all of them, streamed."""

    def rows() -> Iterator[str]:
        with reading() as session:
            yield from csv_pieces(COLUMNS, stream_imports(session, _wanted()))

    return _file(stream_with_context(rows()), "imports.csv")


@pages.get("/imports/new")
@needs(Right.EDIT)
def new() -> str:
    """Ask for files."""
    return _form({})


@pages.post("/imports/new")
@takes_upload(megabytes=LARGEST_MB)
def bring() -> AnyResponse | tuple[str, int]:
    """Keep the files and have a worker look at them."""
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    if not 1 <= len(uploads) <= MOST_FILES:
        return _form({"files": f"Choose one CSV file, or up to {MOST_FILES} at once."}), 422
    with tempfile.TemporaryDirectory(prefix="quorum-") as folder:
        paths = [_saved(upload, Path(folder) / str(number)) for number, upload in enumerate(uploads)]
        brought = import_runs.bring(paths, actor=actor())
    if brought.run_id is None:
        return _form({"files": " ".join(brought.faults.values())}), 422
    for fault in brought.faults.values():
        flash(f"{fault} This file is left out.", "warning")
    return redirect(url_for("imports.show", run_id=brought.run_id))


@pages.get("/imports/blank/<kind>.csv")
@needs(Right.EDIT)
def blank(kind: str) -> Response:
    """Return a file with nothing but the columns of one kind."""
    found = next((each for name, each in KINDS.items() if name == kind), None) or abort(404)
    line = io.StringIO()
    csv.writer(line).writerow(found.columns)
    return _file(line.getvalue(), f"{kind}.csv")


@pages.get("/imports/<int:run_id>")
@needs(Right.EDIT)
def show(run_id: int) -> str:
    """Show one import: what is asked, how far it is, or what became of it."""
    return _page(run_id, Naming())


@pages.post("/imports/<int:run_id>/columns")
def name_columns(run_id: int) -> AnyResponse | tuple[str, int]:
    """Take what somebody says of the files' kinds and columns, and look at them again."""
    with reading() as session:
        found = import_runs.files(session, import_runs.find(session, run_id).id)
        naming = read_naming(found, request.form, partial(import_runs.remembered, session))
    if naming.faults:
        return _page(run_id, naming), 422
    known = import_runs.name_columns(run_id, naming.kinds, naming.mappings)
    return redirect(url_for("imports.show", run_id=run_id, columns=None if known else 1))


@pages.post("/imports/<int:run_id>/take")
def take(run_id: int) -> AnyResponse:
    """Have a worker take the rows."""
    import_runs.take(run_id, actor=actor())
    return redirect(url_for("imports.show", run_id=run_id))


@pages.post("/imports/<int:run_id>/go-on")
def go_on(run_id: int) -> AnyResponse:
    """Have a worker go on with an import that was stopped or failed."""
    import_runs.go_on(run_id)
    return redirect(url_for("imports.show", run_id=run_id))


@pages.post("/imports/<int:run_id>/stop")
def stop(run_id: int) -> AnyResponse:
    """Stop an import that a worker has, or that waits for one."""
    import_runs.stop(run_id)
    flash("The import stops. The file under way is left as it was before.", "note")
    return redirect(url_for("imports.show", run_id=run_id))


@pages.post("/imports/<int:run_id>/drop")
def drop(run_id: int) -> AnyResponse:
    """Delete the files of an import that nobody wants taken."""
    import_runs.drop(run_id, actor=actor())
    flash("The files are deleted. Nothing more is taken from them.", "done")
    return redirect(url_for("imports.index"))


@pages.get("/imports/<int:run_id>/rejected/<int:file_id>.csv")
@needs(Right.EDIT)
def rejected(run_id: int, file_id: int) -> Response:
    """Return the rejected rows of a file with a reason each, to be mended and brought again."""
    with reading() as session:
        run, file = import_runs.find(session, run_id), session.get(ImportFile, file_id)
        if file is None or file.run_id != run_id or not kept_files.is_kept(session, file_id, kept_files.REJECTED):
            raise NotFound("These rows are not kept (any more).")
    if not _may_see_rows(run):
        abort(403)
    return _file(stream_with_context(kept_files.pieces(file_id, kept_files.REJECTED)), f"rejected-{file_id}.csv")


def _wanted() -> Wanted:
    state = text_asked("state")
    return Wanted(text_asked(), state if state in STATES else "", order_of(text_asked("sort")))


def _file(content: Any, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="text/csv", headers=headers)


def _form(faults: dict[str, str]) -> str:
    return render_template(
        "accounts/import_new.html",
        faults=faults,
        kinds=KINDS,
        megabytes=LARGEST_MB,
        most=MOST_FILES,
        kept_days=import_runs.KEPT_FOR.days,
    )


def _saved(upload: FileStorage, folder: Path) -> Path:
    """Write an upload to a folder of its own, under the name that it has at home, as far as that is a name."""
    folder.mkdir()
    name = (upload.filename or "").rpartition("/")[2]
    shown = "".join(each for each in name if unicodedata.category(each)[0] != "C").strip(" .")
    path = folder / (shown.encode()[-LONGEST_NAME:].decode(errors="ignore") or "file.csv")
    with closing(upload):  # a large one lies on disk until then
        upload.save(path, buffer_size=1 << 20)
    return path


def _may_see_rows(run: ImportRun) -> bool:
    return discretion.exact() or run.made_by == actor()


def _page(run_id: int, said: Naming) -> str:
    with reading() as session:
        run = import_runs.find(session, run_id)
        found = import_runs.files(session, run_id)
        rejects = {file.id for file in found if kept_files.is_kept(session, file.id, kept_files.REJECTED)}
        work = work_of(session, run, found) if run.state in import_runs.AT_WORK else None
        contacts = session.scalar(select(Contact.id).limit(1)) is not None
    naming = run.state is ImportState.ASKING or bool(said.faults)
    naming = naming or (not run.taking and run.state in import_runs.AT_REST and "columns" in request.args)
    return render_template(
        "accounts/import.html",
        run=run,
        files=[_told(file, said, rejects) for file in found],
        naming=naming and run.state is not ImportState.DROPPED,
        work=work,
        faults=said.faults,
        kinds=[(name, name.capitalize()) for name in KINDS] + [(OUT, "Leave this file out")] * (len(found) > 1),
        contacts=contacts,
        rows_shown=_may_see_rows(run),
        states=STATES,
        sums=_sums(found),
        kept_until=run.made_at + import_runs.KEPT_FOR,
    )


def _told(file: ImportFile, naming: Naming, rejects: set[int]) -> dict[str, Any]:
    """Return a file for the page: what is known of its columns, and what became of its rows."""
    kind: KindName | None = file.kind  # type: ignore[assignment]  # one of KINDS
    chosen = naming.chosen.get(file.id)
    said = recognising.meanings(file.header, kind, file.mapping) if kind else {}
    columns = [
        {
            "place": place,
            "name": name,
            "sample": file.sample[place] if place < len(file.sample) else "",
            "ours": chosen[place] if chosen else said[name],
        }
        for place, name in enumerate(said)
    ]
    return {
        "file": file,
        "asked": naming.asked.get(file.id, file.kind),
        "columns": columns,
        "choices": recognising.choices(kind) if kind else [],
        "found": file.outcome or file.outlook,
        "taken": file.outcome is not None,
        "rejected": file.id in rejects,
    }


def _sums(files: list[ImportFile]) -> dict[str, int]:
    """Return the counts of all files together, of what was taken where it was, else of what would be."""
    found = [file.outcome or file.outlook or {} for file in files]
    return {name: sum(each.get(name, 0) for each in found) for name in COUNTS}
