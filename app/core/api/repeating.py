"""A request that is sent again with the same Idempotency-Key is done once: its first answer is given again.

The key is noted and committed before the deed begins, so that two at the same moment never both do it. An answer that
is a failure is not kept: the program may mend its request, or try again, under the same key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from flask import Request, Response
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.api.models import IdempotentRequest
from app.core.api.problems import Problem
from app.core.db import transaction

KEPT_FOR = timedelta(days=7)
GIVEN_UP_AFTER = timedelta(minutes=15)
"""A request that still has no answer by then died with its process; the next one with its key takes its place."""

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def key_given(request: Request) -> str | None:
    """Return the Idempotency-Key of a request, quoted or bare, or None; raises Problem for what is none."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    key = given.strip().removeprefix('"').removesuffix('"')
    if not _KEY.fullmatch(key):
        raise Problem(400, "bad_idempotency_key", f"{HEADER} must be 1 to 255 visible ASCII characters.")
    return key


def once(caller_id: int, key: str, request: Request, work: Callable[[], Response]) -> Response:
    """Do `work` unless this request was answered before; then return that answer.

    Raises Problem: 422 when the key came with another request, 409 while the first one is still being worked on.
    """
    fingerprint = _fingerprint(request)
    kept = _begin(caller_id, key, fingerprint)
    if kept is not None:
        return kept
    try:
        response = work()
    except BaseException:
        _forget(caller_id, key)
        raise
    _keep(caller_id, key, response)
    return response


def forget_old() -> int:
    """Forget the answers of more than seven days ago; return how many."""
    with transaction() as session:
        old = delete(IdempotentRequest).where(IdempotentRequest.began_at < func.now() - KEPT_FOR)
        return session.execute(old).rowcount  # type: ignore[attr-defined, no-any-return]  # of a DELETE


def _begin(caller_id: int, key: str, fingerprint: bytes) -> Response | None:
    """Note that the work begins, or return the answer that it had."""
    mine = IdempotentRequest.api_key_id == caller_id, IdempotentRequest.key == key
    worthless = or_(
        IdempotentRequest.began_at < func.now() - KEPT_FOR,
        IdempotentRequest.status.is_(None) & (IdempotentRequest.began_at < func.now() - GIVEN_UP_AFTER),
    )
    with transaction() as session:
        session.execute(delete(IdempotentRequest).where(*mine, worthless))
        row = {"api_key_id": caller_id, "key": key, "fingerprint": fingerprint}
        begun = insert(IdempotentRequest).values(row).on_conflict_do_nothing().returning(IdempotentRequest.key)
        if session.scalar(begun) is not None:
            return None
        found = session.scalar(select(IdempotentRequest).where(*mine))
    if found is None or (found.status is None and found.fingerprint == fingerprint):
        detail = "The first request with this Idempotency-Key is still being worked on. Ask again in a moment."
        raise Problem(409, "still_running", detail, headers={"Retry-After": "2"})
    if found.fingerprint != fingerprint:
        detail = "This Idempotency-Key came with another request before. Give each request a key of its own."
        raise Problem(422, "idempotency_key_reused", detail)
    return Response(found.answer, found.status, {REPLAYED: "true"}, content_type="application/json")


def _keep(caller_id: int, key: str, response: Response) -> None:
    mine = IdempotentRequest.api_key_id == caller_id, IdempotentRequest.key == key
    values = {"status": response.status_code, "answer": response.get_data()}
    with transaction() as session:
        session.execute(update(IdempotentRequest).where(*mine).values(values))


def _forget(caller_id: int, key: str) -> None:
    mine = IdempotentRequest.api_key_id == caller_id, IdempotentRequest.key == key
    with transaction() as session:
        session.execute(delete(IdempotentRequest).where(*mine))


def _fingerprint(request: Request) -> bytes:
    asked = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(asked + request.get_data()).digest()
