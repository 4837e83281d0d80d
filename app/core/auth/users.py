"""Use cases of the people of the admin: adding them, letting them in, changing their passwords."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.auth import passwords
from app.core.auth.models import User
from app.core.auth.rights import Role
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused

FAILURES_ALLOWED = 8
LOCKED_FOR = timedelta(minutes=15)

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")
_ADDRESS_LENGTH = 254


def add_user(
    email: str, name: str, password: str | None = None, *, role: Role = Role.ADMIN, actor: str = "quorum"
) -> tuple[User, str]:
    """Add a person to the admin and return them with their password, made here when none is given.

    Raises `Refused` for an impossible address, one that is taken, or a weak password.
    """
    email, name = email.strip(), name.strip()
    if not _is_address(email):
        raise Refused(f"“{email}” is not an email address; give one such as ana@company.example.")
    password = _acceptable(password, email)
    user = User(
        email=email,
        name=name or email,
        role=role,
        password_hash=passwords.hash_password(password),
        session_key=_new_key(),
    )
    try:
        with transaction() as session:
            session.add(user)
            audit.record(session, actor=actor, deed="user added", subject=email, role=role)
    except IntegrityError:
        raise Refused(f"{email} can log in already; give the person a new password instead.") from None
    return user, password


def give_role(user_id: int, role: Role, *, actor: str) -> User:
    """Give a person another role, at once; raises `NotFound`, and `Refused` when nobody would be an admin any more."""
    with transaction() as session:
        admins = session.scalars(select(User.id).where(User.role == Role.ADMIN).with_for_update()).all()
        user = session.get(User, user_id, with_for_update=True)
        if user is None:
            raise NotFound("There is no such person (any more).")
        if role is not Role.ADMIN and list(admins) == [user_id]:
            raise Refused(f"{user.name} is the only admin. Make somebody else an admin first.")
        if user.role is not role:
            audit.record(session, actor=actor, deed="role changed", subject=user.email, before=user.role, after=role)
            user.role = role
        return user


def everybody() -> list[User]:
    """Return all people of the admin by name."""
    with reading() as session:
        return list(session.scalars(select(User).order_by(func.lower(User.name), User.id)))


def name_of(user_id: int) -> str:
    """Return how the audit trail calls a person: by address, or by number when they are gone."""
    user = find(user_id)
    return user.email if user else f"user {user_id}"


def find(user_id: int) -> User | None:
    """Return the person with this id, or None."""
    with reading() as session:
        return session.get(User, user_id)


def authenticate(email: str, password: str, now: datetime) -> User | None:
    """Return the person when address and password belong together and the account is not locked, else None.

    A failure is counted before the password is looked at, so that many tries at the same moment get no further
    than eight. Every call takes the work of one hash, whether or not the address is known.
    """
    user = _count_attempt(email, now)
    if user is None:
        passwords.verify_nobody(password)
        return None
    if not passwords.verify(user.password_hash, password):
        _note_lock(user)
        return None
    return _let_in(user.id, password, now)


def change_password(user: User, current: str, new: str, *, now: datetime) -> User:
    """Give `user` a new password, which ends every open session of theirs; return them as they are now.

    Raises `Refused` when `current` is not right or `new` is weak. A wrong `current` counts as a failed login.
    """
    _acceptable(new, user.email)
    if authenticate(user.email, current, now) is None:
        raise Refused("This is not your present password.")
    with transaction() as session:
        return _set_password(session, user.id, new, actor=user.email)


def reset_password(email: str, password: str | None = None, *, actor: str = "quorum") -> str:
    """Give the person a new password without the old one, lift a lock, and return the password.

    Raises `NotFound` for an unknown address and `Refused` for a weak password.
    """
    password = _acceptable(password, email)
    with transaction() as session:
        user = session.query(User).filter(_is_of(email.strip())).one_or_none()
        if user is None:
            raise NotFound(f"Nobody logs in as {email}.")
        _set_password(session, user.id, password, actor=actor)
    return password


def _is_address(email: str) -> bool:
    return len(email) <= _ADDRESS_LENGTH and _ADDRESS.fullmatch(email) is not None


def _is_of(email: str) -> ColumnElement[bool]:
    return func.lower(User.email) == func.lower(email)


def _acceptable(password: str | None, email: str) -> str:
    if password is None:
        return passwords.generate()
    weakness = passwords.weakness(password, email)
    if weakness:
        raise Refused(weakness)
    return password


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def _count_attempt(email: str, now: datetime) -> User | None:
    """Count a try and return whose it is; None when nobody has the address or the account is locked."""
    email = email.strip()
    if not _is_address(email):
        return None
    failures = case((User.failed_logins >= FAILURES_ALLOWED, 1), else_=User.failed_logins + 1)
    attempt = (
        update(User)
        .where(_is_of(email), or_(User.locked_until_at.is_(None), User.locked_until_at <= now))
        .values(
            failed_logins=failures,
            locked_until_at=case((failures >= FAILURES_ALLOWED, now + LOCKED_FOR), else_=None),
        )
        .returning(User)
    )
    with transaction() as session:
        return session.scalars(attempt).one_or_none()


def _note_lock(user: User) -> None:
    if user.failed_logins >= FAILURES_ALLOWED:
        with transaction() as session:
            audit.record(session, actor="quorum", deed="login locked", subject=user.email)


def _let_in(user_id: int, password: str, now: datetime) -> User:
    with transaction() as session:
        user = session.get_one(User, user_id)
        user.failed_logins, user.locked_until_at, user.last_login_at = 0, None, now
        if passwords.needs_rehash(user.password_hash):
            user.password_hash = passwords.hash_password(password)
        return user


def _set_password(session: Session, user_id: int, password: str, *, actor: str) -> User:
    user = session.get_one(User, user_id)
    user.password_hash, user.session_key = passwords.hash_password(password), _new_key()
    user.failed_logins, user.locked_until_at = 0, None
    audit.record(session, actor=actor, deed="password changed", subject=user.email)
    return user
