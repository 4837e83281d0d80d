"""Pages and deeds of saved views and of column choice, and what a list puts into its template for them.

Saving a view for oneself changes nothing for others: it needs no more than being let in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response

from app.core import saved_views
from app.core.auth.models import User
from app.core.auth.rights import Right
from app.core.auth.sessions import current_user, may_open, needs
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.listing import text_asked
from app.core.saved_views import SavedView, Sketch, lasting

pages = Blueprint("saved_views", __name__)


@dataclass(frozen=True)
class Bar:
    """What a list shows of its views: those there are, the one in the address, and whether it was changed since."""

    list: str
    views: Sequence[tuple[str, str, bool]]
    query: str
    current: SavedView | None
    changed: bool


def bar(list_key: str, **lasting_too: str) -> Bar:
    """Return what the list with that endpoint shows of its views; `lasting_too` is kept beside the address's query."""
    person, query = _person(), lasting(request.query_string.decode("utf-8", "replace"))
    if lasting_too:
        kept = [(name, value) for name, value in parse_qsl(query) if name not in lasting_too]
        query = saved_views.encoded([*kept, *lasting_too.items()])
    with reading() as session:
        found = saved_views.views_of(session, list_key, person)
    opened = text_asked("view")
    current = next((view for view in found if str(view.id) == opened), None)
    named = [(_label(view, person), address(view), view is current) for view in found]
    return Bar(list_key, named, query, current, current is not None and not _same(current.query, query))


def columns_asked(list_key: str, available: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """Return the columns to show: of the address, else those the person kept, else the default; in the list's order."""
    asked = text_asked("columns").split(",") if text_asked("columns") else saved_views.kept_columns(list_key, _person())
    return tuple(key for key in available if key in asked) or tuple(default)


def address(view: SavedView) -> str:
    """Return the address of a list as a view shows it."""
    return f"{url_for(view.list_key)}?{view.query}{'&' if view.query else ''}view={view.id}"


@pages.get("/views")
@needs(Right.ENTER)
def index() -> str:
    """List the views of a list: one's own, those of others, and what can be brought back."""
    list_key, person = _list(request.args), _person()
    with reading() as session:
        found = saved_views.views_of(session, list_key, person)
        deleted = saved_views.deleted_views(session, list_key, person)
    rows = [
        {"id": view.id, "name": view.name, "shared": view.shared, "href": address(view), "mine": _mine(view, person)}
        for view in found
    ]
    return render_template("saved_views/index.html", rows=rows, deleted=deleted, back=url_for(list_key))


@pages.get("/views/new")
@needs(Right.ENTER)
def new() -> str:
    """Ask for the name of a view."""
    sketch = Sketch("", lasting(request.args.get("query", "")))
    return _form(_list(request.args), sketch, {})


@pages.post("/views/new")
@needs(Right.ENTER)
def save() -> Response | tuple[str, int]:
    """Keep a view."""
    list_key, sketch, person = _list(request.form), _typed(), _person()
    faults = sketch.faults(person)
    try:
        if faults:
            return _form(list_key, sketch, faults), 422
        view_id = saved_views.save_view(list_key, sketch, person=person)
    except Refused as refusal:
        return _form(list_key, sketch, {"name": str(refusal)}), 422
    flash(f"«{sketch.name}» is kept{' and shared with all' if sketch.shared else ''}.", "done")
    return redirect(address(_view(view_id)))


@pages.get("/views/<int:view_id>/edit")
@needs(Right.ENTER)
def edit(view_id: int) -> str:
    """Offer to rename, share or delete a view."""
    view = _view(view_id)
    return _form(view.list_key, Sketch(view.name, view.query, view.shared), {}, view)


@pages.post("/views/<int:view_id>/edit")
@needs(Right.ENTER)
def change(view_id: int) -> Response | tuple[str, int]:
    """Rename a view, share it, or give it the filters of the list one comes from."""
    view, sketch, person = _view(view_id), _typed(), _person()
    if faults := sketch.faults(person):
        return _form(view.list_key, sketch, faults, view), 422
    try:
        saved_views.change_view(view_id, sketch, revision=_revision(), person=person)
    except Refused as refusal:
        return _form(view.list_key, sketch, {"name": str(refusal)}, _view(view_id)), 422
    flash(f"«{sketch.name}» is changed.", "done")
    return redirect(address(_view(view_id)))


@pages.post("/views/<int:view_id>/delete")
@needs(Right.ENTER)
def delete(view_id: int) -> Response:
    """Delete a view; the page it leads to offers to bring it back."""
    view = saved_views.delete_view(view_id, person=_person())
    flash(f"«{view.name}» is deleted. You can bring it back below.", "done")
    return redirect(url_for("saved_views.index", list=view.list_key))


@pages.post("/views/<int:view_id>/bring-back")
@needs(Right.ENTER)
def bring_back(view_id: int) -> Response:
    """Undo a deletion."""
    view = saved_views.bring_back_view(view_id, person=_person())
    flash(f"«{view.name}» is back.", "done")
    return redirect(address(view))


@pages.post("/views/columns")
@needs(Right.ENTER)
def keep_columns() -> Response:
    """Keep the columns a person wants to see in a list, and show it with them."""
    list_key = _list(request.form)
    chosen = [name for name in request.form.getlist("columns") if len(name) <= saved_views.LONGEST_NAME][:100]
    saved_views.keep_columns(list_key, [] if "default" in request.form else chosen, person=_person())
    kept = [pair for pair in parse_qsl(request.form.get("query", "").replace("\0", "")) if pair[0] != "columns"]
    return redirect(f"{url_for(list_key)}?{saved_views.encoded(kept)}".rstrip("?"))


def _form(list_key: str, sketch: Sketch, faults: dict[str, str], view: SavedView | None = None) -> str:
    return render_template(
        "saved_views/form.html",
        list=list_key,
        sketch=sketch,
        faults=faults,
        view=view,
        longest=saved_views.LONGEST_NAME,
        back=f"{url_for(list_key)}?{sketch.query}".rstrip("?"),
    )


def _typed() -> Sketch:
    name = " ".join(request.form.get("name", "").replace("\0", "").split())
    return Sketch(name, lasting(request.form.get("query", "")), "shared" in request.form)


def _revision() -> int:
    given = request.form.get("revision", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0


def _list(given: Mapping[str, str]) -> str:
    """Return the endpoint of the list; NotFound unless it is a page without arguments that the person may open."""
    endpoint = given.get("list", "")
    known = endpoint in current_app.view_functions and endpoint.partition(".")[0] != pages.name
    try:
        if known and may_open(endpoint) and url_for(endpoint):
            return endpoint
    except BuildError as error:
        raise NotFound("There is no such list.") from error
    raise NotFound("There is no such list.")


def _view(view_id: int) -> SavedView:
    with reading() as session:
        return saved_views.saved_view(session, view_id, _person())


def _mine(view: SavedView, person: User) -> bool:
    return saved_views.may_change(view, person)


def _label(view: SavedView, person: User) -> str:
    return view.name if view.owner_id == person.id else f"{view.name} (shared)"


def _same(one: str, other: str) -> bool:
    return sorted(parse_qsl(one)) == sorted(parse_qsl(other))


def _person() -> User:
    return current_user() or abort(401)
