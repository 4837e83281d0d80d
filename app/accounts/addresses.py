"""When two spellings of a mail address are one mailbox, and whether mail can go there at all. Pure."""

from __future__ import annotations

import re
import unicodedata

import idna

LONGEST_ADDRESS = 254
"""Characters; RFC 5321 (4.5.3.1.3) lets a path be 256, with its angle brackets."""
LONGEST_LOCAL_PART = 64

# No possessive group: Python before 3.11.5 matches those wrongly. None is needed, each part begins with its own mark.
_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]++(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]++)*"
_DOMAIN = r"(?:[a-z0-9]++(?:-++[a-z0-9]++)*\.)+(?![0-9]+\Z)[a-z0-9]++(?:-++[a-z0-9]++)*"
_is_local = re.compile(_LOCAL).fullmatch
_is_domain = re.compile(rf"(?!.*[a-z0-9-]{{64}}){_DOMAIN}").fullmatch
_is_plain = re.compile(f"{_LOCAL}@{_DOMAIN}").fullmatch


def email_key(text: str) -> str | None:
    """Return the normalised address in `text`, or None when no mail can go there.

    Trimmed, invisible characters removed, lower case, the domain in its ASCII form (IDNA 2008 after UTS 46). The local
    part has to be an ASCII dot-atom (RFC 5322, 3.2.3): others exist, and hardly a server takes them.
    """
    if len(text) <= LONGEST_LOCAL_PART and text.isascii():  # so short that no part of it can be too long
        key = text.lower()
        if _is_plain(key) and "xn--" not in key:
            return key
    return _carefully(text)


def _carefully(text: str) -> str | None:
    shown = "".join([char for char in text if unicodedata.category(char) not in {"Cc", "Cf"}]).strip()
    local, _, domain = shown.rpartition("@")
    if not local.isascii() or not _is_local(local.lower()) or len(local) > LONGEST_LOCAL_PART:
        return None
    key = f"{local.lower()}@{_ascii_domain(domain)}"
    return key if len(key) <= LONGEST_ADDRESS and _is_domain(key.rpartition("@")[2]) else None


def _ascii_domain(domain: str) -> str:
    plain = domain.lower()
    if len(domain) > LONGEST_ADDRESS or (plain.isascii() and "xn--" not in plain):
        return plain
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode()
    except UnicodeError:
        return ""
