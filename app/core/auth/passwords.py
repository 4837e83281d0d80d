"""Passwords: hashing with Argon2id, checking, making readable ones. Knows no user and no database."""

from __future__ import annotations

import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 256

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else when read aloud
_GROUPS, _GROUP_LENGTH = 4, 5

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the Argon2id hash to keep, with its parameters and a salt of its own in it."""
    return _hasher.hash(_composed(password))


def verify(password_hash: str, password: str) -> bool:
    """Tell whether `password` is the one behind `password_hash`; always takes the full work of one hash."""
    try:
        return _hasher.verify(password_hash, _composed(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Tell whether the hash was made with weaker parameters than those in force today."""
    return _hasher.check_needs_rehash(password_hash)


def verify_nobody(password: str) -> bool:
    """Spend the work of `verify` on a hash nobody can meet, so that time does not tell which addresses exist."""
    return verify(hash_of_nobody(), password)


def hash_of_nobody() -> str:
    """Return a hash that costs what ours cost and that no known password meets."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${_random(_hasher.salt_len)}${_random(_hasher.hash_len)}"


def generate() -> str:
    """Return a password of 99 bits that can be read from a screen and typed, such as `k7mw3-pq9ht-2vxnd-8rbfc`."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def weakness(password: str, email: str) -> str | None:
    """Return the sentence that says why `password` will not do for `email`, or None when it will."""
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters; a few words in a row are easy to remember."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    if len(set(password)) < MIN_LENGTH // 2:
        return "The same few characters over and over are easy to guess; use a few words in a row."
    if email.partition("@")[0].lower() in password.lower():
        return "The password must not contain the name in your address."
    return None


def _composed(password: str) -> str:
    """One password, whichever way a keyboard composes its accents."""
    return unicodedata.normalize("NFKC", password)


def _random(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
