"""Whose survey it is: name, colours, logo, sender and the lines below every page and mail.

A brand checks itself when it is made, so that templates may trust its colours and its links, and headers its names.
Pure but for the brand files it reads.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.accounts.addresses import email_key
from app.core.errors import QuorumError
from app.surveys.cleaning import clean_text, single_line
from app.surveys.contrast import TEXT, contrast, text_on, visible_on
from app.surveys.logos import Logo, LogoError, read_logo
from app.surveys.reading import ReadingError, read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "survey_templates" / "brands"

DEFAULT_KEY = "default"
NEUTRAL_COLOUR = "#1f2937"
PAPER, NIGHT = "#ffffff", "#15171b"
"""The grounds of a survey page by day and by night."""

TEXTS = (
    "name",
    "sender_name",
    "sender_address",
    "reply_to",
    "postal_address",
    "colour",
    "text_colour",
    "footer",
    "privacy_url",
)
"""The fields of a brand that a person writes; the rest is its key and its logo."""

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_DATA_URI = re.compile(r"data:image/[a-z+]+;base64,([A-Za-z0-9+/]+={0,2})")
_WEB = re.compile(r"https?://[^\s\"<>]+")
_NEEDED = ("name", "sender_name", "sender_address", "postal_address")
_MAY_BE_NONE = ("text_colour", "privacy_url")
_LONGEST = {"name": 80, "sender_name": 80, "postal_address": 300, "footer": 500, "privacy_url": 500}


class BrandError(QuorumError, ValueError):
    """A brand that cannot be used; `faults` has, by field, what would be right."""

    def __init__(self, message: str, faults: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.faults = dict(faults or {})


@dataclass(frozen=True, slots=True)
class Shades:
    """The brand's colour on one ground, the colour of text on it, and an edge that shows where it ends."""

    accent: str
    on_accent: str
    edge: str


@dataclass(frozen=True, slots=True)
class Brand:
    """A company as its customers see it; `postal_address` may have several lines.

    `text_colour` is what the company would write on its colour; where nobody could read that, black or white is used.
    """

    name: str
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    colour: str = NEUTRAL_COLOUR
    text_colour: str | None = None
    logo: Logo | None = None
    footer: str = ""
    privacy_url: str | None = None
    key: str = DEFAULT_KEY

    def __post_init__(self) -> None:
        if faults := _faults(self):
            raise BrandError("; ".join(f"{field} {problem}" for field, problem in faults.items()), faults)

    def shades(self, ground: str) -> Shades:
        """Return how the brand's colours are used on `ground`."""
        return shades(self.colour, ground, self.text_colour)


@lru_cache(maxsize=1024)
def shades(colour: str, ground: str, text: str | None = None) -> Shades:
    """Return how `colour` is used on `ground`: as it is on a light one, lightened on a dark one.

    A pale colour keeps its hue on white and is outlined instead: nobody wants to see their yellow turn olive. `text`
    is written on it where it can be read.
    """
    edge = visible_on(ground, colour)
    accent = edge if text_on(ground) == "#ffffff" else colour
    readable = text is not None and contrast(text, accent) >= TEXT
    return Shades(accent, text if text and readable else text_on(accent), edge)


def is_colour(text: str | None) -> bool:
    """Tell whether `text` is a colour as brands keep it: # and six lower-case hexadecimal digits."""
    return text is not None and _COLOUR.fullmatch(text) is not None


def corrected(brand: Brand) -> tuple[Brand, str | None]:
    """Return the brand with a text colour that WCAG 2.2 AA calls readable, and what was corrected, or None."""
    if brand.text_colour is None or (found := contrast(brand.text_colour, brand.colour)) >= TEXT:
        return brand, None
    better = visible_on(brand.colour, brand.text_colour, TEXT)
    note = (
        f"Text in {brand.text_colour} on {brand.colour} has a contrast of {found:.1f} to 1; people need {TEXT} to 1."
        f" It is {better} now, with {contrast(better, brand.colour):.1f} to 1."
    )
    return replace(brand, text_colour=better), note


def brand_of_texts(given: Mapping[str, str], *, key: str = DEFAULT_KEY, logo: Logo | None = None) -> Brand:
    """Return the brand in the texts a person wrote, tidied; BrandError names what is wrong by its field."""
    texts: dict[str, Any] = tidied(given)
    return Brand(**texts, key=key, logo=logo)


def tidied(given: Mapping[str, str]) -> dict[str, str | None]:
    """Return the texts of a brand as they are kept: cleaned, addresses as mail servers take them, open ones as None.

    What cannot be an address or a colour stays as it was written, for the fault to quote.
    """
    lines = {name: single_line(given.get(name) or "") for name in TEXTS}
    lines["postal_address"] = clean_text(given.get("postal_address") or "")
    for name in ("sender_address", "reply_to"):
        lines[name] = email_key(lines[name]) or lines[name]
    lines["reply_to"] = lines["reply_to"] or lines["sender_address"]
    lines["colour"] = lines["colour"].lower() or NEUTRAL_COLOUR
    lines["text_colour"] = lines["text_colour"].lower()
    return {name: line or (None if name in _MAY_BE_NONE else "") for name, line in lines.items()}


@lru_cache(maxsize=8)
def load_brand(path: Path) -> Brand:
    """Return the brand in the YAML file at `path`, read once a process; BrandError says what is wrong in it."""
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ReadingError) as error:
        raise BrandError(f"{path.name} is not usable: {error}") from error
    known = [*TEXTS, "logo"]
    if not isinstance(content, dict) or any(key not in known or not isinstance(content[key], str) for key in content):
        raise BrandError(f"{path.name} should hold texts named {', '.join(known)}, and nothing else")
    uri = content.pop("logo", None)
    try:
        return corrected(brand_of_texts(content, logo=_logo_in(uri) if uri else None))[0]
    except LogoError as error:
        raise BrandError(f"{path.name} is not usable: logo {error}") from error
    except BrandError as error:
        raise BrandError(f"{path.name} is not usable: {error}") from error


def default_brand() -> Brand:
    """Return the neutral brand that stands in until the company has made its own."""
    return load_brand(FOLDER / "default.yaml")


def logo_url(public_url: str, brand: Brand) -> str | None:
    """Return the public address of the brand's logo, for mails; None when it has none."""
    return f"{public_url}/logos/{brand.logo.digest}.png" if brand.logo else None


def _logo_in(uri: str) -> Logo:
    found = _DATA_URI.fullmatch("".join(uri.split()))
    if found is None:
        raise LogoError("should be a PNG, JPEG, GIF or WebP image as a data URI")
    try:
        return read_logo(base64.b64decode(found[1], validate=True))
    except binascii.Error as error:
        raise LogoError("should be a PNG, JPEG, GIF or WebP image as a data URI") from error


def _faults(brand: Brand) -> dict[str, str]:
    """Return by field what is wrong, as the end of a sentence that begins with the field's name."""
    faults = {name: problem for name in TEXTS if (problem := _problem(name, getattr(brand, name)))}
    if not _KEY.fullmatch(brand.key):
        faults["key"] = "should be a lasting key such as north_america"
    return faults


def _problem(name: str, value: str | None) -> str | None:
    if not (value or "").strip():
        return "is empty; customers should see who asks them" if name in _NEEDED else None
    assert value is not None
    if len(value) > _LONGEST.get(name, len(value)):
        return f"has {len(value):,} characters; there is room for {_LONGEST[name]}"
    if name in ("name", "sender_name") and single_line(value) != value:
        return "should be one line of plain text"
    if name in ("sender_address", "reply_to") and email_key(value) != value:
        return f"should be a mail address such as feedback@company.example, not «{value[:60]}»"
    if name in ("colour", "text_colour") and not is_colour(value):
        return f"should be # and six lower-case hexadecimal digits, such as #0a7566, not «{value[:60]}»"
    if name == "privacy_url" and not _WEB.fullmatch(value):
        return f"should start with https://, not «{value[:60]}»"
    return None
