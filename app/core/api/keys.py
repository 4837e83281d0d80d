"""Deeds over the keys of programs: making one, taking it back, and finding whose it is."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select, update

from app.core import audit
from app.core.api.models import ApiKey
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused

PREFIX = "qk_"
HINT_LENGTH = len(PREFIX) + 6
LONGEST_NAME = 80
NOTED_EVERY = timedelta(minutes=5)
"""So often at most it is noted that a key was used; nobody needs to know the second."""


def make_key(name: str, scopes: Collection[str], *, actor: str) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which cannot be read again afterwards."""
    # 256 random bits: a slow hash, as passwords need it, would add nothing but the time of every request.
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        made = ApiKey(
            name=name, hint=secret[:HINT_LENGTH], digest=_digest(secret), scopes=sorted(scopes), created_by=actor
        )
        session.add(made)
        session.flush()
        audit.record(
            session, actor=actor, deed="api_key.made", subject=f"api key {made.id}", name=name, scopes=made.scopes
        )
        return made, secret


def revoke_key(key_id: int, *, actor: str) -> ApiKey:
    """Take a key back for good; raises NotFound, and Refused when it is revoked already."""
    with transaction() as session:
        key = session.get(ApiKey, key_id, with_for_update=True)
        if key is None:
            raise NotFound("There is no such key.")
        if key.revoked_at is not None:
            raise Refused(f"«{key.name}» is revoked already.")
        key.revoked_at, key.revoked_by = func.now(), actor
        audit.record(session, actor=actor, deed="api_key.revoked", subject=f"api key {key_id}", name=key.name)
    return key


def all_keys() -> Sequence[ApiKey]:
    """Return every key, those in force first, the newest ahead."""
    with reading() as session:
        return session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())).all()


def find_key(key_id: int) -> ApiKey:
    """Return a key; raises NotFound."""
    with reading() as session:
        key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound("There is no such key.")
    return key


def key_behind(secret: str) -> ApiKey | None:
    """Return the key in force that has this secret, or None; notes that it was used."""
    with transaction() as session:
        key = session.scalar(select(ApiKey).where(ApiKey.digest == _digest(secret), ApiKey.revoked_at.is_(None)))
        if key is not None:
            long_ago = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < func.now() - NOTED_EVERY)
            session.execute(update(ApiKey).where(ApiKey.id == key.id, long_ago).values(last_used_at=func.now()))
    return key


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
