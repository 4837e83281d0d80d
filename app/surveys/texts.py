"""Texts that belong to the product (buttons, faults, notices) and the choice of a language.

English is the source; other languages are gettext catalogues under `app/translations/`, read as they are
written: nothing has to be compiled. Texts of a survey itself belong to its definition.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parents[1] / "translations"
SOURCE = "en"
LANGUAGES: tuple[str, ...] = (
    SOURCE,
    *sorted(path.parts[-3] for path in FOLDER.glob("*/LC_MESSAGES/messages.po")),
)

_LONGEST_HEADER = 500


@cache
def catalogue(lang: str) -> NullTranslations:
    """Return the texts in `lang`, or in its main language; English where there are none."""
    folder = next((name for name in (lang, _main(lang)) if name in LANGUAGES and name != SOURCE), None)
    if folder is None:
        return NullTranslations()
    with (FOLDER / folder / "LC_MESSAGES" / "messages.po").open("rb") as written:
        catalog = read_po(written, locale=folder.replace("-", "_"), abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def pick_language(
    available: Sequence[str],
    *,
    wanted: str | None = None,
    contact: str | None = None,
    accept: str | None = None,
    default: str,
) -> str:
    """Return one of `available`: what the link asks for, else the contact's, else the browser's, else `default`.

    Each is tried as the exact tag, then by its language alone; anything unreadable is passed over.
    `accept` is an Accept-Language header (RFC 9110, section 12.5.4).
    """
    for tag in (wanted, contact, *_accepted(accept or "")):
        if tag and (found := _match(tag, available)):
            return found
    return default


def _match(tag: str, available: Sequence[str]) -> str | None:
    asked = tag.strip().replace("_", "-").lower()
    exact = (name for name in available if name.lower() == asked)
    alike = (name for name in sorted(available, key=len) if _main(name) == _main(asked))
    return next(exact, None) or next(alike, None)


def _main(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _accepted(header: str) -> list[str]:
    weighted = [_weighted(part) for part in header[:_LONGEST_HEADER].split(",")]
    return [tag for weight, tag in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


def _weighted(part: str) -> tuple[float, str]:
    tag, _, parameter = part.strip().partition(";")
    name, _, number = parameter.replace(" ", "").partition("=")
    if name != "q":
        return (0.0 if parameter else 1.0), tag.strip()
    try:
        weight = float(number)
    except ValueError:
        return 0.0, tag
    return (weight if 0 < weight <= 1 else 0.0), tag.strip()
