"""Passwords: whose they are, how many tries there are, how they are kept, changed and made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select, update

from app.core.audit import AuditEntry
from app.core.auth import passwords, users
from app.core.auth.models import User
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from tests.support.admin import EMAIL, PASSWORD

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NEW = "hairlines instead of boxes"


@pytest.fixture
def person(database: str) -> User:
    return users.add_user(EMAIL, "Ana Sand", PASSWORD)[0]


def stored(user: User) -> User:
    with reading() as session:
        return session.get_one(User, user.id)


def fail(times: int, now: datetime = NOW) -> None:
    for _ in range(times):
        assert users.authenticate(EMAIL, "wrong", now) is None


# Lock-out


def test_eight_failures_lock_even_the_right_password_out_for_fifteen_minutes(person: User) -> None:
    fail(8)
    assert users.authenticate(EMAIL, PASSWORD, NOW + timedelta(minutes=14, seconds=59)) is None
    assert users.authenticate(EMAIL, PASSWORD, NOW + timedelta(minutes=15)) is not None


def test_seven_failures_do_not_lock_and_a_login_forgets_them(person: User) -> None:
    for _ in range(2):
        fail(7)
        assert users.authenticate(EMAIL, PASSWORD, NOW) is not None


def test_after_a_lock_there_are_eight_tries_again(person: User) -> None:
    fail(8)
    later = NOW + timedelta(minutes=16)
    fail(7, later)
    assert users.authenticate(EMAIL, PASSWORD, later) is not None


def test_tries_at_the_same_moment_are_all_counted(person: User) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: users.authenticate(EMAIL, "wrong", NOW), range(16)))
    assert found == [None] * 16
    assert stored(person).failed_logins == 8
    assert users.authenticate(EMAIL, PASSWORD, NOW) is None


def test_a_lock_is_on_the_audit_trail(person: User) -> None:
    fail(9)
    with reading() as session:
        locks = session.scalars(select(AuditEntry).where(AuditEntry.deed == "login locked")).all()
    assert [lock.subject for lock in locks] == [EMAIL]


# Keeping, changing, making


def test_guessing_the_present_password_inside_a_session_locks_too(person: User) -> None:
    for _ in range(8):
        with pytest.raises(Refused):
            users.change_password(person, "wrong", NEW, now=NOW)
    with pytest.raises(Refused):
        users.change_password(person, PASSWORD, NEW, now=NOW)


def test_a_password_can_be_reset_without_the_old_one(person: User) -> None:
    fail(8)
    password = users.reset_password(EMAIL.upper())
    assert users.authenticate(EMAIL, password, NOW) is not None
    assert stored(person).session_key != person.session_key
    with pytest.raises(NotFound, match="Nobody logs in as"):
        users.reset_password("nobody@quorum.example")


def test_a_generated_password_is_strong_readable_and_works(database: str) -> None:
    _, password = users.add_user("jonas@quorum.example", "Jonas Weiler")
    assert len(password) == 23
    assert not set(password) & set("0O1lI")
    assert passwords.weakness(password, "jonas@quorum.example") is None
    assert users.authenticate("jonas@quorum.example", password, NOW) is not None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("no address", None),
        ("two@at@quorum.example", None),
        ("nul\x00@quorum.example", None),
        (f"{'a' * 250}@quorum.example", None),
        ("jonas@quorum.example", "too short"),
        ("jonas@quorum.example", "aaaaaaaaaaaaaa"),
        ("jonas@quorum.example", "My Name Is Jonas"),
        ("jonas@quorum.example", "x7" * 200),
        (EMAIL.upper(), None),
    ],
)
def test_who_cannot_be_added_is_refused_in_a_sentence(person: User, email: str, password: str | None) -> None:
    with pytest.raises(Refused, match=r"\w+ .*[.]$"):
        users.add_user(email, "Somebody", password)


def test_the_password_is_kept_as_argon2id_only(person: User) -> None:
    assert stored(person).password_hash.startswith("$argon2id$v=19$")
    assert PASSWORD not in repr(vars(stored(person)))


def test_an_unknown_address_costs_the_same_work_as_a_known_one() -> None:
    known, nobody = passwords.hash_password(PASSWORD), passwords.hash_of_nobody()
    assert extract_parameters(nobody) == extract_parameters(known)
    assert len(nobody) == len(known)
    assert passwords.verify_nobody(PASSWORD) is False


def test_a_hash_of_weaker_days_is_renewed_at_the_next_login(person: User) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with transaction() as session:
        session.execute(update(User).values(password_hash=weak))
    assert users.authenticate(EMAIL, PASSWORD, NOW) is not None
    assert not passwords.needs_rehash(stored(person).password_hash)
    assert users.authenticate(EMAIL, PASSWORD, NOW) is not None


def test_two_ways_of_typing_an_accent_are_one_password() -> None:
    assert passwords.verify(passwords.hash_password("caf\u00e9 et encre"), "cafe\u0301 et encre")
