"""Deeds of account managers in a round: naming a person, correcting one, leaving one out, saying an account is done.

Every deed looks at the deadline and at whose account it is; it writes what stood there before and what does now into
the round's record, and who did it into the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.correcting import Changes, Values, as_text, await_imports, correct, unheard
from app.accounts.deleting import forget_nominated
from app.accounts.models import EVERYTHING, Account, AccountStatus, Contact, ContactStatus, Suppression
from app.campaigns.models import Invitation
from app.campaigns.nominating_models import Deed, Nomination, NominationAnswer, Word
from app.campaigns.nomination_form import FIELDS, Person, read_reason
from app.campaigns.nomination_rounds import Round, find_round
from app.campaigns.picking import picked, unpicked
from app.campaigns.plan_models import Act
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, QuorumError, Refused

_SOFTLY: dict[str, Any] = {"key_share": True}
"""Hold others back who change the row, and no import that only hangs people under the account."""


class Doubtful(QuorumError):
    """What was typed cannot be taken as it is; `field` is where, the message what would be right."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Nominator:
    """Who acts: `actor` as the audit trail calls them; `care` is the address whose accounts they see, None for all."""

    actor: str
    care: str | None


@dataclass(frozen=True)
class _Scene:
    """An open round, one account in it and the one who acts, inside a transaction."""

    session: Session
    round: Round
    account: Account
    by: Nominator

    def record(
        self, deed: Deed, contact: Contact | None = None, changes: Changes | None = None, reason: str | None = None
    ) -> None:
        changes = changes or {}
        line = Nomination(
            round_id=self.round.id,
            account_id=self.account.id,
            contact_id=contact.id if contact else None,
            deed=deed,
            before={name: before for name, (before, _) in changes.items() if before is not None},
            after={name: after for name, (_, after) in changes.items() if after is not None},
            reason=reason,
            done_by=self.by.actor,
        )
        self.session.add(line)
        self.session.flush()
        audit.record(
            self.session,
            actor=self.by.actor,
            deed=f"nomination.{deed}",
            subject=f"contact {contact.id}" if contact else f"account {self.account.id}",
            round=self.round.id,
            account=self.account.id,
            fields=sorted(changes),
            nomination=line.id,
        )


def add_person(round_id: int, account_id: int, person: Person, *, another: bool, by: Nominator, now: datetime) -> int:
    """Add a person to an account and return the contact's id; `another` says that one of the same name is meant.

    The person is known by the address until the CRM brings it; then the two become one (`accounts.correcting`).
    Raises Doubtful for who is there already.
    """
    try:
        with _scene(round_id, account_id, by, now) as scene:
            await_imports(scene.session)
            _look_for_doubles(scene, person, None, another)
            contact = Contact(account_id=account_id, external_id=person.key, email_key=person.key, **person.values())
            contact.nominated_at = now
            scene.session.add(contact)
            scene.session.flush()
            unheard(scene.session, contact, actor=by.actor)
            changes: Changes = {
                name: (None, as_text(value)) for name, value in person.values().items() if value is not None
            }
            scene.record(Deed.ADDED, contact, changes)
            return contact.id
    except IntegrityError:
        raise Doubtful("email", "Somebody has just added this address. Look at the list again.") from None


def correct_person(
    round_id: int, contact_id: int, person: Person, *, seen: str, another: bool, by: Nominator, now: datetime
) -> bool:
    """Set the fields of a contact right and return whether any of them changed.

    `seen` is the `mark` of the contact when the form was made. Raises Doubtful and Refused.
    """
    with _contact_scene(round_id, contact_id, by, now) as (scene, contact):
        if mark(contact) != seen:
            raise Refused("Somebody else has changed this person meanwhile. Look at what stands there now.")
        _look_for_doubles(scene, person, contact, another)
        changes = correct(scene.session, contact, person.values(), actor=by.actor)
        if changes:
            scene.record(Deed.CORRECTED, contact, changes)
        return bool(changes)


def say_left(round_id: int, contact_id: int, *, left: bool, by: Nominator, now: datetime) -> None:
    """Note that a person left the company, or that they are still there after all."""
    with _contact_scene(round_id, contact_id, by, now) as (scene, contact):
        before = ContactStatus.ACTIVE if left else ContactStatus.LEFT
        if contact.status is not before and not (left and contact.status is ContactStatus.SUPPRESSED):
            raise Refused("This person is noted down otherwise already. Look at what stands there now.")
        values: Values = {"status": ContactStatus.LEFT if left else ContactStatus.ACTIVE}
        changes = correct(scene.session, contact, values, actor=by.actor)
        scene.record(Deed.LEFT if left else Deed.CAME_BACK, contact, changes)


def exclude_person(round_id: int, contact_id: int, reason: str, *, by: Nominator, now: datetime) -> None:
    """Let nobody ask a person, for a written reason, until it is taken back."""
    written = read_reason(reason)
    if written is None:
        raise Doubtful("reason", "Write why, in 5 to 500 characters: it goes on record with your name.")
    with _contact_scene(round_id, contact_id, by, now) as (scene, contact):
        if contact.exclusion_reason is not None:
            raise Refused("This person is left out already.")
        picked(scene.session, contact_id, Act.EXCLUDE, reason=written, actor=by.actor)
        scene.record(Deed.EXCLUDED, contact, {"exclusion_reason": (None, written)}, written)


def readmit_person(round_id: int, contact_id: int, *, by: Nominator, now: datetime) -> None:
    """Take the exclusion of a person back."""
    with _contact_scene(round_id, contact_id, by, now) as (scene, contact):
        before = contact.exclusion_reason
        if before is None:
            raise Refused("Nobody leaves this person out.")
        unpicked(scene.session, contact_id, Act.EXCLUDE, actor=by.actor)
        scene.record(Deed.READMITTED, contact, {"exclusion_reason": (before, None)})


def remove_person(round_id: int, contact_id: int, *, by: Nominator, now: datetime) -> int:
    """Take back a person added by hand, whom the CRM does not know and nobody asked; return the id of the account."""
    with _contact_scene(round_id, contact_id, by, now) as (scene, contact):
        if contact.nominated_at is None:
            raise Refused("The CRM knows this person. Say that they left the company, or leave them out.")
        if scene.session.scalar(select(Invitation.id).where(Invitation.contact_id == contact_id).limit(1)):
            raise Refused("This person was asked already. Say that they left the company, or leave them out.")
        gone: Changes = {
            name: (as_text(getattr(contact, name)), None) for name in FIELDS if getattr(contact, name) is not None
        }
        scene.record(Deed.REMOVED, contact, gone)
        forget_nominated(scene.session, [contact_id])
        scene.session.delete(contact)
        return scene.account.id


def say(round_id: int, account_id: int, word: Word | None, *, by: Nominator, now: datetime) -> None:
    """Say of an account that it is done or that there is nobody more, or take that back with None."""
    with _scene(round_id, account_id, by, now) as scene:
        answer = scene.session.get(NominationAnswer, (round_id, account_id), with_for_update=True)
        before = answer.word if answer else None
        if before == word:
            return
        if answer is not None and word is None:
            scene.session.delete(answer)
        elif answer is not None and word is not None:
            answer.word, answer.said_by, answer.said_at = word, by.actor, func.now()
        else:
            scene.session.add(NominationAnswer(round_id=round_id, account_id=account_id, word=word, said_by=by.actor))
        deed = Deed.REOPENED if word is None else Deed(word.value)
        scene.record(deed, None, {"word": (as_text(before), as_text(word))})


def mark(contact: Contact) -> str:
    """Return what tells whether a contact has changed since."""
    return contact.updated_at.isoformat()


@contextmanager
def _scene(round_id: int, account_id: int, by: Nominator, now: datetime) -> Iterator[_Scene]:
    with transaction() as session:
        of = find_round(session, round_id, now)
        account = session.get(Account, account_id, with_for_update=_SOFTLY)
        theirs = account is not None and by.care in (None, (account.manager_email or "").lower())
        if account is None or not theirs or account.status is not AccountStatus.ACTIVE:
            raise NotFound("This account is not in this round, or not in your care.")
        if of.over is not None:
            raise Refused(f"{of.over} Nothing was changed; {of.kept.created_by} can open it again.")
        yield _Scene(session, of, account, by)


@contextmanager
def _contact_scene(round_id: int, contact_id: int, by: Nominator, now: datetime) -> Iterator[tuple[_Scene, Contact]]:
    with transaction() as session:
        account_id = session.scalar(select(Contact.account_id).where(Contact.id == contact_id))
    if account_id is None:
        raise NotFound(GONE)
    with _scene(round_id, account_id, by, now) as scene:
        await_imports(scene.session)
        contact = scene.session.get(Contact, contact_id, with_for_update=_SOFTLY)
        if contact is None or contact.account_id != account_id:
            raise NotFound(GONE)
        yield scene, contact


def _look_for_doubles(scene: _Scene, person: Person, contact: Contact | None, another: bool) -> None:
    """Raise Doubtful where the mailbox is somebody's already, must not be asked, or the name stands there already."""
    session, own = scene.session, contact.id if contact else None
    same = select(Contact, Account).join(Account, Account.id == Contact.account_id)
    same = same.where(or_(Contact.email_key == person.key, Contact.external_id == person.key))
    if found := session.execute(same.where(Contact.id.is_distinct_from(own)).limit(1)).first():
        raise Doubtful("email", _taken(scene, *found))
    if (contact is None or contact.email_key != person.key) and session.scalar(
        select(Suppression.reason).where(Suppression.email_key == person.key, Suppression.scope == EVERYTHING).limit(1)
    ):
        raise Doubtful("email", "Mail to this address bounced, or its reader does not want any. Give another one.")
    name = func.lower(func.concat_ws(" ", Contact.first_name, Contact.last_name))
    typed = " ".join(filter(None, (person.first_name, person.last_name)))
    of_account = select(Contact.id).where(Contact.account_id == scene.account.id, Contact.id.is_distinct_from(own))
    if not another and session.scalar(of_account.where(name == func.lower(typed)).limit(1)):
        raise Doubtful("another", f"«{typed}» is on the list of this account already. Is this another person?")


def _taken(scene: _Scene, contact: Contact, account: Account) -> str:
    name = " ".join(filter(None, (contact.first_name, contact.last_name))) or contact.email or "somebody"
    if account.id == scene.account.id:
        return f"«{name}» of this account has this address already. Correct that person instead."
    if scene.by.care in (None, (account.manager_email or "").lower()):
        return f"«{name}» at «{account.name}» has this address already."
    return f"Somebody at another account has this address already. {scene.round.kept.created_by} can look it up."


GONE = "There is no such person (any more)."
