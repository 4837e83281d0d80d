"""Texts from elsewhere made clean and comparable. Pure: knows nothing of files, columns or the database."""

from __future__ import annotations

import re
import unicodedata

_SPACES = "\t\n\r\v\f\x85\u2028\u2029"
_JOINERS = "\u200c\u200d"
_EDGES = _JOINERS + " "


def visible(text: str) -> str:
    """Return `text` in NFC, without control and invisible characters and without space around it.

    A line break becomes a space. Joiners inside stay: Persian names and some emoji are spelled with them.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join([" " if char in _SPACES else char for char in text if char in _SPACES or not _hidden(char)])
    return unicodedata.normalize("NFC", kept).strip().strip(_EDGES).strip()


def squashed(text: str) -> str:
    """Return what two spellings of a word share: case, spaces and punctuation do not matter."""
    return re.sub(r"[\W_]+", "", text.casefold())


def name_key(name: str) -> str:
    """Return what two spellings of one account's name share: case and the width of spaces do not matter."""
    return unicodedata.normalize("NFC", " ".join(name.casefold().split()))


def shortened(text: str, length: int = 40) -> str:
    """Return `text` for a message: cut after `length` characters, without control characters."""
    shown = visible(text)
    return shown if len(shown) <= length else f"{shown[:length]}…"


def _hidden(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char) in {"Cc", "Cf", "Cs"}
