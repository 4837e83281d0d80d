"""Links that nobody can forge: a number and a purpose, signed, and checked without touching the database."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Literal

Purpose = Literal["survey", "unsubscribe", "test", "digest"]

_ID_BYTES = 8
_MAC_BYTES = 16
_TOKEN_LENGTH = (_ID_BYTES + _MAC_BYTES) * 4 // 3


class Signer:
    """Signs ids into tokens of 32 URL-safe characters: 8 bytes of id and 128 bits of HMAC-SHA256.

    Each purpose has a key of its own, so that an unsubscribe link never opens a survey.
    """

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()

    def sign(self, purpose: Purpose, id: int) -> str:
        """Return the token that stands for `id` and serves `purpose` only."""
        body = id.to_bytes(_ID_BYTES, "big")
        return base64.urlsafe_b64encode(body + self._mac(purpose, body)).decode()

    def unsign(self, purpose: Purpose, token: str) -> int | None:
        """Return the id in `token`, or None when it was forged, cut or made for something else."""
        if len(token) != _TOKEN_LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        body, mac = raw[:_ID_BYTES], raw[_ID_BYTES:]
        return int.from_bytes(body, "big") if hmac.compare_digest(mac, self._mac(purpose, body)) else None

    def _mac(self, purpose: Purpose, body: bytes) -> bytes:
        key = hmac.digest(self._secret, f"quorum link {purpose}".encode(), hashlib.sha256)
        return hmac.digest(key, body, hashlib.sha256)[:_MAC_BYTES]
