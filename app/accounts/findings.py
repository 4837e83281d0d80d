"""Sentences for what shows only when rows are held against each other or against what is stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.accounts.text import shortened

_THINGS = {"accounts": ("account", "Account ID", "Account Name"), "contacts": ("contact", "Contact ID", "Email")}
"""Kind of file → what a row is, the column that names it, and the column that does when the first is empty."""


def rejection(kind: str, found: Mapping[str, Any]) -> str:
    """Return why a row is rejected: all there is to be said, of its cells, its account and the rows before it.

    `found` is a row of `staged` and `verdict`, or what a roster finds without a database; absent keys are no fault.
    """
    parts = [found.get("fault")]
    if found.get("account") is None and (found.get("account_id") or found.get("account_key")):
        parts.append(_no_account(found["account_id"], found["account_name"], several=bool(found.get("several"))))
    if found.get("nobody") and (found.get("person_id") or found.get("person_key")):
        parts.append(_no_contact(found["person_id"], found["person_email"]))
    if found.get("ahead"):
        parts.append("Activity Date lies in the future")
    if found.get("forgotten"):
        parts.append("Activity Date is more than three years ago, which counts for nothing any more")
    if found.get("not_one"):
        thing, first, second = _THINGS[kind]
        parts.append(f"{second} «{shortened(found['external_id'])}» is that of several {thing}s (give the {first})")
    if found.get("repeats"):
        parts.append(_repeated(kind, found))
    if found.get("other_currency"):
        parts.append(f"Revenue Amount is in {found['currency']}, but the account is in {found['other_currency']}")
    if found.get("too_many"):
        parts.append("the file has more than a thousand lines of this account, period and type")
    return "; ".join(part for part in parts if part)


def note(found: Mapping[str, Any]) -> str:
    """Return what is to be said of a row that is taken, or an empty text."""
    parts = [found.get("note")]
    if found.get("parent_fault"):
        parts.append(f"Parent Account «{shortened(found['parent'])}» {_PARENT[found['parent_fault']]}; taken without")
    if found.get("same_address"):
        parts.append(f"Email is also that of line {found['same_address']}, and only one of the two can be asked")
    return "; ".join(part for part in parts if part)


_PARENT = {
    "unknown": "is no account that is known",
    "several": "is the name of several accounts (give the Account ID)",
    "circle": "would make the account its own parent",
}


def _no_account(account_id: str | None, account_name: str | None, *, several: bool) -> str:
    if account_id:
        return f"Account ID «{shortened(account_id)}» is no account that is known (import accounts first)"
    name = f"Account Name «{shortened(account_name or '')}»"
    if several:
        return f"{name} is that of several accounts (give the Account ID)"
    return f"{name} is no account that is known (import accounts first)"


def _no_contact(person_id: str | None, email: str | None) -> str:
    named = f"Contact ID «{shortened(person_id)}»" if person_id else f"Email «{shortened(email or '')}»"
    return f"{named} is no contact that is known (import contacts first)"


def _repeated(kind: str, found: Mapping[str, Any]) -> str:
    if kind == "activities":
        return f"it is the same activity as on line {found['repeats']}"
    thing, first, second = _THINGS[kind]
    alias = found["name_key"] if kind == "accounts" else found["email_key"]
    column = second if found["external_id"] == alias else first
    return f"{column} «{shortened(found['external_id'])}» is the same {thing} as on line {found['repeats']}"
