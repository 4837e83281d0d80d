"""What every page of nominations starts from: who looks, and at which round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from flask import request
from sqlalchemy.orm import Session

from app.accounts import discretion
from app.campaigns.nominating import Nominator
from app.campaigns.nomination_list import ONLY, Wanted
from app.campaigns.nomination_rounds import Round, find_round
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, allowed
from app.core.listing import page_asked, text_asked


def nominator() -> Nominator:
    """Return the person logged in: who may look at everything sees every account, anybody else their own."""
    return Nominator(actor(), None if allowed(Right.LOOK) else actor().lower())


def round_asked(session: Session, round_id: int) -> Round:
    """Return a round as it is now; raises NotFound."""
    return as_seen(find_round(session, round_id, datetime.now(UTC)))


def as_seen(of: Round) -> Round:
    """Return a round as the person logged in may see it: with exact values, or with buckets."""
    return replace(of, buckets=discretion.hidden_in())


def wanted_of(sorts: Mapping[str, str], usual: str) -> Wanted:
    """Return what the address of a list asks for; a manager sees their own accounts, whatever it says."""
    care = nominator().care
    only, sort = text_asked("only"), text_asked("sort")
    return Wanted(
        manager=care if care is not None else text_asked("manager") or None,
        only=only if only in ONLY else "",
        search=text_asked(),
        sort=sort if sort in sorts else usual,
        page=page_asked(),
    )


def typed() -> dict[str, str]:
    """Return the fields of the form that was sent, as they were typed."""
    return {name: value.replace("\0", "") for name, value in request.form.items()}
