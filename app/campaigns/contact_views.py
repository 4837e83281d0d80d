"""Pages of the contact rules: those of the house, and for any contact when we may ask again and what holds it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.activities import recent_activities
from app.accounts.engagement import ActivityKind
from app.campaigns.asking_again import FOUND_AT_MOST, AskingAgain, ForCampaign, asking_again, find_contacts
from app.campaigns.contact_rules import Hold, Rule, read_rules
from app.campaigns.house_rules import change_house_rules, house_rules
from app.campaigns.overriding import LONGEST_REASON, override_rules
from app.campaigns.settings import Kind
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import Refused
from app.core.formats import day
from app.core.listing import text_asked

pages = Blueprint("contacts", __name__, template_folder="templates")

KINDS = {Kind.RELATIONSHIP: "relationship survey", Kind.TRANSACTIONAL: "survey after an event"}
ACTIVITIES = {
    ActivityKind.MEETING: "Meeting",
    ActivityKind.TICKET: "Ticket",
    ActivityKind.PURCHASE: "Purchase",
    ActivityKind.LOGIN: "Login",
    ActivityKind.MAIL_REPLY: "Reply to a mail",
}
FIELDS = {
    "relationship_days": ("Days between two relationship surveys", "Of one person, whichever campaign asks."),
    "transactional_days": ("Days between two surveys after events", "A second ticket within these days asks nobody."),
    "decision_maker_days": ("The same for decision makers", "They answer rarely, and leave when asked too often."),
    "any_days": ("Days between any two surveys", "Whatever their kind."),
    "ahead_days": (
        "Days ahead in which a relationship survey comes first",
        "While one is open, or due so soon, no event asks that person.",
    ),
}
"""Rule → label and hint of its field."""


@pages.get("/contact-rules")
def rules() -> str:
    """Show the contact rules of the house."""
    with reading() as session:
        given = {name: str(days) for name, days in house_rules(session).as_json().items()}
    return render_template("campaigns/contact_rules.html", fields=FIELDS, given=given, faults={})


@pages.post("/contact-rules")
def change_rules() -> AnyResponse | tuple[str, int]:
    """Set the contact rules of the house."""
    given = {name: request.form.get(name, "") for name in FIELDS}
    kept, faults = read_rules(given)
    if faults:
        return render_template("campaigns/contact_rules.html", fields=FIELDS, given=given, faults=faults), 422
    change_house_rules(kept, actor=actor())
    flash("The contact rules hold from now on, for mails that wait as well.", "done")
    return redirect(url_for("contacts.rules"))


@pages.get("/contacts")
def index() -> str:
    """Find a contact by name or address."""
    search = text_asked()
    with reading() as session:
        rows = [_row(*pair) for pair in find_contacts(session, search)] if search else []
    return render_template("campaigns/contacts.html", rows=rows, search_text=search, at_most=FOUND_AT_MOST)


@pages.get("/contacts/<int:contact_id>")
def show(contact_id: int) -> str:
    """Say when a contact may be asked again, and what holds them back."""
    return _page(contact_id, {}, "")


@pages.post("/contacts/<int:contact_id>/override")
@needs(Right.OVERRIDE)
def override(contact_id: int) -> AnyResponse | tuple[str, int]:
    """Let a contact be asked again although the rules hold them back."""
    reason = request.form.get("reason", "").replace("\0", "").strip()
    try:
        override_rules(contact_id, reason=reason, actor=actor(), now=datetime.now(UTC))
    except Refused as refusal:
        return _page(contact_id, {"reason": str(refusal)}, reason), 422
    flash("What was asked until now holds this person back no longer. It is on record with your reason.", "done")
    return redirect(url_for("contacts.show", contact_id=contact_id))


def _row(contact: Any, account: Any) -> dict[str, Any]:
    return {
        "name": _name(contact),
        "email": contact.email,
        "level": contact.level,
        "account": account.name,
        "href": url_for("contacts.show", contact_id=contact.id),
        "account_href": url_for("accounts.sheet", account_id=account.id),
    }


def _name(contact: Any) -> str:
    return " ".join(filter(None, (contact.first_name, contact.last_name))) or contact.email or contact.external_id


def _page(contact_id: int, faults: dict[str, str], reason: str) -> str:
    now = datetime.now(UTC)
    with reading() as session:
        found = asking_again(session, contact_id, now)
        activities = recent_activities(session, contact_id)
    return render_template(
        "campaigns/contact.html",
        found=found,
        activities=activities,
        activity_kinds=ACTIVITIES,
        name=_name(found.contact),
        verdict=_verdict(found),
        rows=[_asked(row, found) for row in found.campaigns],
        kinds=KINDS,
        longest=LONGEST_REASON,
        faults=faults,
        reason=reason,
    )


def _verdict(found: AskingAgain) -> str:
    """Return the answer in one phrase, for the title: by the rules of the house for a relationship survey."""
    if found.always:
        return "not to be asked for now"
    until = next(row.until for row in found.campaigns if row.name is None and row.kind is Kind.RELATIONSHIP)
    return f"may be asked again from {day(until.date())}" if until else "may be asked now"


def _asked(row: ForCampaign, found: AskingAgain) -> dict[str, Any]:
    why = [_sentence(hold, row) for hold in row.holds]
    if row.relationship_first:
        why.insert(0, "A relationship survey is open or due soon, and comes first.")
    name = row.name or f"Any {KINDS[row.kind]}"
    return {"name": name, "until": row.until, "why": why, "first": row.relationship_first, "always": bool(found.always)}


def _sentence(hold: Hold, row: ForCampaign) -> str:
    asked = f"A {KINDS[hold.ask.kind]} left on {day(hold.ask.at.date())}"
    if hold.rule is Rule.A_DAY:
        return f"{asked}; between any two lie 24 hours."
    days = getattr(row.rules, hold.rule)
    between = {
        Rule.RELATIONSHIP: "two relationship surveys",
        Rule.TRANSACTIONAL: "two surveys after events",
        Rule.DECISION_MAKER: "two surveys after events of a decision maker",
        Rule.ANY: "any two surveys",
    }[hold.rule]
    return f"{asked}; between {between} lie {days} days."
