"""A file of addresses is looked at first, then put on the suppression list; it is not chosen a second time."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import kept_files
from app.accounts.import_models import ImportState
from app.accounts.import_runs import KEPT_FOR
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound, QuorumError
from app.core.web import takes_upload
from app.delivery import suppression_uploads

pages = Blueprint("suppression_files", __name__, template_folder="templates")

LARGEST_FILE_MB = 64


@pages.get("/suppression/import")
@needs(Right.EDIT)
def ask() -> str:
    """Ask for a file of addresses."""
    return _form({})


@pages.post("/suppression/import")
@takes_upload(megabytes=LARGEST_FILE_MB)
def look_at() -> AnyResponse | tuple[str, int]:
    """Keep a file and look at what taking it would do."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _form({"file": "Choose a CSV file with a column Email."}), 422
    with tempfile.TemporaryDirectory(prefix="quorum-") as folder, upload.stream:
        path = Path(folder) / (secure_filename(upload.filename) or "suppression.csv")
        upload.save(path)
        try:
            run_id = suppression_uploads.look_at(path, actor=actor())
        except QuorumError as fault:
            return _form({"file": str(fault)}), 422
    return redirect(url_for("suppression_files.show", run_id=run_id))


@pages.get("/suppression/import/<int:run_id>")
@needs(Right.EDIT)
def show(run_id: int) -> str:
    """Show what taking a file would do, or did."""
    run, file = suppression_uploads.kept(run_id)
    with reading() as session:
        rejected = kept_files.is_kept(session, file.id, kept_files.REJECTED)
    return render_template(
        "delivery/suppression_file.html",
        run=run,
        file=file,
        found=file.outcome or file.outlook,
        waits=run.state is ImportState.LOOKED,
        rejected=rejected,
        kept_until=run.made_at + KEPT_FOR,
    )


@pages.post("/suppression/import/<int:run_id>/take")
def take(run_id: int) -> AnyResponse:
    """Put the addresses of the file on the list."""
    suppression_uploads.take(run_id, actor=actor())
    return redirect(url_for("suppression_files.show", run_id=run_id))


@pages.post("/suppression/import/<int:run_id>/drop")
def drop(run_id: int) -> AnyResponse:
    """Delete the file; nothing more is taken from it."""
    suppression_uploads.drop(run_id)
    flash("The file is deleted. Nothing more is taken from it.", "done")
    return redirect(url_for("suppression.index"))


@pages.get("/suppression/import/<int:run_id>/rejected.csv")
@needs(Right.EDIT)
def rejected(run_id: int) -> Response:
    """Return the rows that were not used, with a reason each."""
    _, file = suppression_uploads.kept(run_id)
    with reading() as session:
        if not kept_files.is_kept(session, file.id, kept_files.REJECTED):
            raise NotFound("These rows are not kept (any more).")
    headers = {"Content-Disposition": f'attachment; filename="rejected-addresses-{run_id}.csv"'}
    content = stream_with_context(kept_files.pieces(file.id, kept_files.REJECTED))
    return Response(content, mimetype="text/csv", headers=headers)


def _form(faults: dict[str, str]) -> str:
    return render_template("delivery/suppression_import.html", faults=faults, megabytes=LARGEST_FILE_MB)
