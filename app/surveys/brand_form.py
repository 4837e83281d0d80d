"""What an admin sent with the form of a brand: the brand, or what is wrong with it and where."""

from __future__ import annotations

import base64
import binascii
from contextlib import closing
from typing import NamedTuple

from flask import request

from app.surveys.brands import Brand, BrandError, brand_of_texts
from app.surveys.logos import Logo, LogoError, read_logo

LABELS = {
    "name": "Name",
    "sender_name": "Sender name",
    "sender_address": "Sender address",
    "reply_to": "Reply address",
    "postal_address": "Postal address",
    "colour": "Colour",
    "text_colour": "Text colour",
    "footer": "Footer",
    "privacy_url": "Privacy page",
    "logo": "Logo",
}


class Sent(NamedTuple):
    """The brand in a form, or None with a sentence for each faulty field; the logo is good either way."""

    brand: Brand | None
    logo: Logo | None
    faults: dict[str, str]


def read_form(key: str, kept: Logo | None) -> Sent:
    """Return the brand with this key in the form of this request; without another logo it has the one `kept`."""
    faults: dict[str, str] = {}
    logo = kept
    try:
        logo = _logo(kept)
    except LogoError as error:
        faults["logo"] = f"{LABELS['logo']} {error}."
    try:
        brand = brand_of_texts(request.form, key=key, logo=logo)
    except BrandError as error:
        faults |= {name: f"{LABELS[name]} {problem}." for name, problem in error.faults.items()}
        return Sent(None, logo, faults)
    return Sent(None if faults else brand, logo, faults)


def carried(logo: Logo | None) -> str:
    """Return a logo as the form carries it along while something else is still wrong: browsers forget chosen files."""
    return base64.b64encode(logo.png).decode() if logo else ""


def _logo(kept: Logo | None) -> Logo | None:
    if content := _uploaded():
        return read_logo(content)
    if request.form.get("no_logo"):
        return None
    try:
        before = base64.b64decode(request.form.get("carried_logo", ""), validate=True)
    except binascii.Error:
        return kept
    return read_logo(before) if before else kept


def _uploaded() -> bytes:
    file = request.files.get("logo")
    if file is None:
        return b""
    with closing(file):  # a large one lies on disk until then
        return bytes(file.read())
