"""Whose survey it is: name, colour, logo, sender and the lines below every page and mail.

A brand checks itself when it is made, so that templates may trust its colour and its links.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

from app.core.errors import QuorumError
from app.surveys.cleaning import single_line
from app.surveys.contrast import text_on, visible_on
from app.surveys.reading import ReadingError, read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "survey_templates" / "brands"

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_LOGO = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}")
_WEB = re.compile(r"https?://[^\s\"<>]+")
_LARGEST_LOGO = 100_000

NEUTRAL_COLOUR = "#1f2937"


class BrandError(QuorumError, ValueError):
    """A brand that cannot be used: which value, and what would be right."""


@dataclass(frozen=True, slots=True)
class Shades:
    """The brand's colour on one ground, the colour of text on it, and an edge that shows where it ends."""

    accent: str
    on_accent: str
    edge: str


@dataclass(frozen=True, slots=True)
class Brand:
    """A company as its customers see it; `logo` is a data URI, `postal_address` may have several lines."""

    name: str
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    colour: str = NEUTRAL_COLOUR
    logo: str | None = None
    footer: str = ""
    privacy_url: str | None = None

    def __post_init__(self) -> None:
        for label in ("name", "sender_name", "postal_address"):
            if not getattr(self, label).strip():
                raise BrandError(f"{label} is empty; customers should see who asks them")
        for label in ("name", "sender_name"):
            if single_line(getattr(self, label)) != getattr(self, label):
                raise BrandError(f"{label} should be one line of plain text")
        _check(_ADDRESS, "sender_address", self.sender_address, "should be a mail address")
        _check(_ADDRESS, "reply_to", self.reply_to, "should be a mail address")
        _check(_COLOUR, "colour", self.colour, "should be # and six lower-case hexadecimal digits, such as #0a7566")
        _check(_WEB, "privacy_url", self.privacy_url, "should start with https://")
        _check(_LOGO, "logo", self.logo, "should be a PNG, JPEG, GIF, WebP or SVG image as a data URI")
        if len(self.logo or "") > _LARGEST_LOGO:
            raise BrandError(f"logo is too large; a data URI has at most {_LARGEST_LOGO:,} characters")


def shades(colour: str, ground: str) -> Shades:
    """Return how `colour` is used on `ground`: as it is on a light one, lightened on a dark one.

    A pale colour keeps its hue on white and is outlined instead: nobody wants to see their yellow turn olive.
    """
    edge = visible_on(ground, colour)
    accent = edge if text_on(ground) == "#ffffff" else colour
    return Shades(accent, text_on(accent), edge)


def load_brand(path: Path) -> Brand:
    """Return the brand in the YAML file at `path`; BrandError says what is wrong in it."""
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ReadingError) as error:
        raise BrandError(f"{path.name} is not usable: {error}") from error
    known = [field.name for field in fields(Brand)]
    if not isinstance(content, dict) or any(key not in known or not isinstance(content[key], str) for key in content):
        raise BrandError(f"{path.name} should hold texts named {', '.join(known)}, and nothing else")
    try:
        return Brand(**content)
    except TypeError as error:
        raise BrandError(f"{path.name} is not complete: {error}") from error


def default_brand() -> Brand:
    """Return the neutral brand that stands in until the company has made its own."""
    return load_brand(FOLDER / "default.yaml")


def _check(pattern: re.Pattern[str], label: str, value: str | None, right: str) -> None:
    if value is not None and not pattern.fullmatch(value):
        raise BrandError(f"{label} {right}, not «{value[:60]}»")
