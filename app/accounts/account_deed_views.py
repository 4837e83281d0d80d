"""The pages on which an account is deleted or merged into another one, each after its name was typed once more."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts.deleting import delete_account
from app.accounts.joining import merge_accounts
from app.accounts.models import Account, Contact, RevenueLine
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.listing import text_asked
from app.core.searching import contains

pages = Blueprint("account_deeds", __name__, template_folder="templates")

MOST_FOUND = 20
Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Touched:
    """An account and what stands and falls with it."""

    account: Account
    people: int
    lines: int
    daughters: int


@pages.get("/accounts/<int:account_id>/delete")
@needs(Right.ADMINISTER)
def delete(account_id: int) -> str:
    """Show what deleting an account would take along, and ask for its name."""
    return _deletion(account_id, {})


@pages.post("/accounts/<int:account_id>/delete")
@needs(Right.ADMINISTER)
def carry_out_deletion(account_id: int) -> Answer:
    """Delete the account if its name was typed."""
    touched = _touched(account_id)
    faults = _name_faults(touched.account)
    if faults:
        return _deletion(account_id, faults), 422
    people = delete_account(account_id, actor=actor())
    flash(f"«{touched.account.name}» and {_people(people)} are deleted. Figures of waves stay as they were.", "done")
    return redirect(url_for("accounts.index"))


@pages.get("/accounts/<int:account_id>/merge")
@needs(Right.ADMINISTER)
def merge(account_id: int) -> str:
    """Find the account that stays, then show what the merger moves and ask for the name of the one that goes."""
    return _merger(account_id, text_asked("into"), {})


@pages.post("/accounts/<int:account_id>/merge")
@needs(Right.ADMINISTER)
def carry_out_merger(account_id: int) -> Answer:
    """Merge the account if its name was typed."""
    into = request.form.get("into", "")
    touched, stays = _touched(account_id), _number(into)
    faults = _name_faults(touched.account)
    if not faults and stays is not None:
        try:
            people = merge_accounts(account_id, stays, actor=actor())
        except Refused as refusal:
            faults = {"name": str(refusal)}
        else:
            flash(f"«{touched.account.name}» is merged: {_people(people)} moved here.", "done")
            return redirect(url_for("accounts.sheet", account_id=stays))
    return _merger(account_id, into, faults), 422


def _deletion(account_id: int, faults: dict[str, str]) -> str:
    return render_template(
        "accounts/delete.html", touched=_touched(account_id), faults=faults, typed=request.form.get("name", "")
    )


def _merger(account_id: int, into: str, faults: dict[str, str]) -> str:
    touched, search = _touched(account_id), text_asked()
    stays = _number(into)
    with reading() as session:
        other = session.get(Account, stays) if stays not in (None, account_id) else None
        found = _others(session, account_id, search) if search and other is None else []
    return render_template(
        "accounts/merge.html",
        touched=touched,
        into=other,
        found=found,
        most=MOST_FOUND,
        search_text=search,
        faults=faults,
        typed=request.form.get("name", ""),
    )


def _touched(account_id: int) -> Touched:
    with reading() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound("There is no such account (any more).")
        return Touched(
            account,
            people=session.scalar(select(func.count()).where(Contact.account_id == account_id)) or 0,
            lines=session.scalar(select(func.count()).where(RevenueLine.account_id == account_id)) or 0,
            daughters=session.scalar(select(func.count()).where(Account.parent_id == account_id)) or 0,
        )


def _others(session: Session, account_id: int, search: str) -> list[Account]:
    named = or_(Account.name.ilike(contains(search)), Account.external_id == search)
    query = select(Account).where(Account.id != account_id, named).order_by(Account.name, Account.id)
    return list(session.scalars(query.limit(MOST_FOUND)))


def _name_faults(account: Account) -> dict[str, str]:
    typed = " ".join(request.form.get("name", "").split()).casefold()
    if typed == " ".join(account.name.split()).casefold():
        return {}
    return {"name": f"Type the name of the account as it stands here: {account.name}"}


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count:,} people"


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None
