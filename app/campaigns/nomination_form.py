"""What an account manager types about a person, read and judged. Pure: no database, so no duplicates here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.accounts import places
from app.accounts.addresses import email_key
from app.accounts.cells import Unreadable, text
from app.accounts.models import Level
from app.accounts.text import visible

LONGEST_NAME = 200
LONGEST_REASON = 500
SHORTEST_REASON = 5

LEVELS: Mapping[Level, str] = {
    Level.DECISION_MAKER: "Decision maker: signs, or could end the contract",
    Level.INFLUENCER: "Influencer: is asked before it is signed",
    Level.USER: "User: works with what we deliver",
    Level.UNKNOWN: "I do not know",
}
"""The levels as an account manager would recognise them."""

FIELDS = ("first_name", "last_name", "email", "job_title", "level", "language")


@dataclass(frozen=True)
class Person:
    """A contact as an account manager names them; `email` as it was typed, `key` the mailbox it is."""

    first_name: str | None
    last_name: str | None
    email: str
    key: str
    job_title: str | None
    level: Level
    language: str | None

    def values(self) -> dict[str, str | Level | None]:
        """Return the fields as columns of a contact."""
        return {name: getattr(self, name) for name in FIELDS}


def read_person(given: Mapping[str, str]) -> tuple[Person | None, dict[str, str]]:
    """Return the person that the fields of a form describe, or what is wrong with which field."""
    faults: dict[str, str] = {}
    texts = {name: _text(name, given, faults) for name in ("first_name", "last_name", "job_title")}
    if not texts["first_name"] and not texts["last_name"] and not faults:
        faults["last_name"] = "Give a name, so that the survey can greet the person."
    email = visible(given.get("email", ""))
    key = email_key(email)
    if not email:
        faults["email"] = "Give the address the survey is to go to."
    elif key is None:
        faults["email"] = "This is no address that mail can go to; write one such as ana.sand@company.example."
    if given.get("level") not in set(Level):
        faults["level"] = "Choose a level; «I do not know» is one, too."
    language = _language(given, faults)
    if faults or key is None:
        return None, faults
    return Person(**texts, email=email, key=key, level=Level(given["level"]), language=language), {}


def read_reason(given: str) -> str | None:
    """Return a written reason without what nobody sees, or None when it is too short or too long to be one."""
    reason = visible(given)
    return reason if SHORTEST_REASON <= len(reason) <= LONGEST_REASON else None


def _text(name: str, given: Mapping[str, str], faults: dict[str, str]) -> str | None:
    try:
        return text(LONGEST_NAME)(given.get(name, ""))
    except Unreadable as error:
        faults[name] = f"This {error}."
        return None


def _language(given: Mapping[str, str], faults: dict[str, str]) -> str | None:
    try:
        return places.language(given.get("language", ""))
    except Unreadable as error:
        faults["language"] = f"This {error}; leave it empty when you do not know."
        return None
