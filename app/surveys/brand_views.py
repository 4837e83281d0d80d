"""The brands: whose surveys these are. A list, a form with the page and the mail beside it, and public logos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs, open_to_everyone
from app.core.current import settings
from app.core.db import reading
from app.core.errors import NotFound
from app.core.web import A_YEAR, takes_upload
from app.surveys.brand_form import carried, read_form
from app.surveys.branding import brand_in, file_brand, logo_png, look_up, with_logo
from app.surveys.brands import DEFAULT_KEY, NEUTRAL_COLOUR, PAPER, TEXTS, Brand, corrected, is_colour
from app.surveys.contrast import contrast
from app.surveys.editing import key_from
from app.surveys.keeping_brands import (
    Overtaken,
    Uses,
    add_brand,
    bring_back,
    change_brand,
    make_default,
    remove_brand,
    uses_of,
)
from app.surveys.logos import Logo
from app.surveys.models import StoredBrand, Survey

pages = Blueprint("brands", __name__, template_folder="templates")

_NEW = "new"  # stands for a key in addresses, so no brand has it


class Kept(NamedTuple):
    """A brand as the form opens it; `stored` is None for the brand file's, until it is saved."""

    brand: Brand
    stored: StoredBrand | None
    uses: Uses


@pages.get("/brands")
def index() -> str:
    """List the brands: the default one first, then by name; archived ones on demand."""
    archived = request.args.get("show") == "archived"
    with reading() as session:
        rows = [_row(*row) for row in session.execute(_listed(archived=archived))]
        is_kept = session.scalar(select(StoredBrand.id).where(StoredBrand.is_default)) is not None
        others = session.scalar(select(func.count(StoredBrand.id)).where(StoredBrand.archived_at.is_not(None)))
    if not is_kept and not archived:
        rows.insert(0, _file_row(file_brand(settings())))
    return render_template("surveys/brands.html", rows=rows, archived=archived, archived_count=others)


@pages.get("/brands/new")
@needs(Right.EDIT)
def new() -> str:
    """Ask for a new brand; sender and addresses begin as those of the default one."""
    default = opened(_NEW)
    begun = {name: getattr(default, name) for name in ("sender_address", "reply_to", "postal_address")}
    return _form(None, {**begun, "colour": NEUTRAL_COLOUR}, None, {})


@pages.post("/brands/new")
@takes_upload(megabytes=8)
def create() -> AnyResponse | tuple[str, int]:
    """Keep a new brand, or show what is wrong with it."""
    with reading() as session:
        taken = {*session.scalars(select(StoredBrand.key)), DEFAULT_KEY, _NEW}
    sent = read_form(key_from(request.form.get("name", ""), taken, "brand"), None)
    if sent.brand is None:
        return _form(None, request.form, sent.logo, sent.faults), 422
    brand, note = corrected(sent.brand)
    add_brand(brand, actor=actor())
    return _saved(brand, note)


@pages.get("/brands/<key>")
@needs(Right.EDIT)
def edit(key: str) -> str:
    """Show a brand as it is, with its page and its mail beside the form."""
    kept = _kept(key)
    return _form(kept, _texts(kept.brand), kept.brand.logo, {})


@pages.post("/brands/<key>")
@takes_upload(megabytes=8)
def save(key: str) -> AnyResponse | tuple[str, int]:
    """Keep the changed brand, or show what is wrong with it; nothing typed is lost."""
    kept = _kept(key)
    sent = read_form(key, kept.brand.logo)
    if sent.brand is None:
        return _form(kept, request.form, sent.logo, sent.faults), 422
    brand, note = corrected(sent.brand)
    try:
        if kept.stored is None:
            add_brand(brand, actor=actor())
        else:
            change_brand(brand, revision=_revision(), actor=actor())
    except Overtaken as overtaken:
        return _form(_kept(key), request.form, sent.logo, {}, overtaken=str(overtaken)), 409
    return _saved(brand, note)


@pages.post("/brands/<key>/default")
def choose(key: str) -> AnyResponse:
    """Let every survey without a brand of its own show this one."""
    make_default(key, actor=actor())
    flash("Surveys that name no brand show this one from now on.", "done")
    return redirect(url_for("brands.index"))


@pages.post("/brands/<key>/remove")
def remove(key: str) -> AnyResponse:
    """Delete the brand, or archive it when mails and answers of the past show it."""
    deleted = remove_brand(key, actor=actor())
    flash(
        "The brand is deleted." if deleted else "The brand is archived: what was sent with it still shows it.", "done"
    )
    return redirect(url_for("brands.index"))


@pages.post("/brands/<key>/bring-back")
def restore(key: str) -> AnyResponse:
    """Let surveys choose an archived brand again."""
    bring_back(key, actor=actor())
    flash("Surveys can choose this brand again.", "done")
    return redirect(url_for("brands.edit", key=key))


@pages.get("/logos/<digest>.png")
@open_to_everyone
def logo(digest: str) -> Response:
    """Return a logo for mails; its address changes with the picture, so that whoever has it may keep it."""
    png = logo_png(settings(), digest) if digest.isascii() and digest.isalnum() else None
    if png is None:
        raise NotFound("There is no such logo.")
    response = Response(png, mimetype="image/png")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _listed(*, archived: bool) -> Any:
    surveys = (
        select(func.count(Survey.id))
        .where(Survey.brand_id == StoredBrand.id, Survey.archived_at.is_(None))
        .scalar_subquery()
    )
    state = StoredBrand.archived_at.is_not(None) if archived else StoredBrand.archived_at.is_(None)
    return select(StoredBrand, surveys).where(state).order_by(StoredBrand.is_default.desc(), StoredBrand.name)


def _row(stored: StoredBrand, surveys: int) -> dict[str, Any]:
    return {
        "name": stored.name,
        "href": url_for("brands.edit", key=stored.key),
        "colour": stored.colour,
        "sender": f"{stored.sender_name} <{stored.sender_address}>",
        "is_default": stored.is_default,
        "surveys": surveys,
        "changed": stored.updated_at,
    }


def _file_row(brand: Brand) -> dict[str, Any]:
    return {
        "name": brand.name,
        "href": url_for("brands.edit", key=DEFAULT_KEY),
        "colour": brand.colour,
        "sender": f"{brand.sender_name} <{brand.sender_address}>",
        "is_default": True,
        "surveys": None,
        "changed": None,
    }


def _kept(key: str) -> Kept:
    with reading() as session:
        row = session.execute(with_logo().where(StoredBrand.key == key)).one_or_none()
        if row is not None:
            return Kept(brand_in(row), row[0], uses_of(session, row[0].id))
        if key != DEFAULT_KEY or _has_default(session):
            raise NotFound("There is no such brand.")
    return Kept(file_brand(settings()), None, Uses((), 0))


def opened(key: str) -> Brand:
    """Return the brand a form begins with: the one with this key, for a new one the default."""
    if key != _NEW:
        return _kept(key).brand
    with reading() as session:
        return look_up(session, settings())


def _has_default(session: Session) -> bool:
    return session.scalar(select(StoredBrand.id).where(StoredBrand.is_default)) is not None


def _texts(brand: Brand) -> dict[str, str]:
    return {name: getattr(brand, name) or "" for name in TEXTS}


def _revision() -> int:
    given = request.form.get("revision", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else 0


def _form(
    kept: Kept | None, given: Mapping[str, str], logo: Logo | None, faults: Mapping[str, str], overtaken: str = ""
) -> str:
    stored = kept.stored if kept else None
    return render_template(
        "surveys/brand.html",
        kept=kept,
        stored=stored,
        key=kept.brand.key if kept else _NEW,
        given=given,
        logo=logo,
        carried=carried(None if kept and logo == kept.brand.logo else logo),
        faults=faults,
        overtaken=overtaken,
        is_default=kept is not None and (stored is None or stored.is_default),
        contrast=round(contrast(given["colour"], PAPER), 1) if is_colour(given.get("colour")) else None,
    )


def _saved(brand: Brand, note: str | None) -> AnyResponse:
    flash(f"«{brand.name}» is kept. Pages and mails show it within a minute.", "done")
    if note:
        flash(note, "warning")
    return redirect(url_for("brands.edit", key=brand.key))
