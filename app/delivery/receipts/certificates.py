"""Fetches the certificates that SNS signs with, from addresses that `signatures` has checked, and keeps good ones."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from threading import Lock
from typing import Any

LARGEST = 32 * 1024
"""Bytes; those of SNS have about 2,000."""
PATIENCE_SECONDS = 5
KEPT = 32
_FOUND, _SERVER_FAULT = 200, 500


class NoCertificate(Exception):
    """There is none at that address, or nothing that could be one."""


class CertificateAway(Exception):
    """It cannot be had at the moment; SNS tries again when told so."""


class Certificates:
    """Certificates by address; `fetch` brings one that is not known yet and raises NoCertificate or CertificateAway."""

    def __init__(self, fetch: Callable[[str], bytes] | None = None) -> None:
        self._fetch = fetch or download
        self._kept: dict[str, bytes] = {}
        self._lock = Lock()

    def at(self, url: str) -> bytes:
        """Return the certificate at `url` (PEM), kept or fetched."""
        kept = self._kept.get(url)
        return self._fetch(url) if kept is None else kept

    def keep(self, url: str, certificate: bytes) -> None:
        """Keep one that a signature was checked with."""
        with self._lock:
            self._kept[url] = certificate
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **more: Any) -> None:
        """Follow nobody anywhere."""


def download(url: str) -> bytes:
    """Return what lies at `url`: no redirects, a few seconds, a few kilobytes."""
    try:
        with urllib.request.build_opener(_NoRedirect).open(url, timeout=PATIENCE_SECONDS) as answer:
            content: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        if error.code >= _SERVER_FAULT:
            raise CertificateAway(f"its certificate cannot be had: status {error.code}") from None
        raise NoCertificate(f"there is no certificate: status {error.code}") from None
    except (OSError, HTTPException) as error:
        raise CertificateAway(f"its certificate cannot be had: {type(error).__name__}") from None
    if len(content) > LARGEST:
        raise NoCertificate("its certificate is too large to be one")
    return content
