"""How large a page and a mail are: every ready-made survey in every language, under a brand with a logo.

A page is measured compressed, as it travels, a mail as it is, since mail programs cut off what is too long.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

import app.demo
from app.surveys.answers import Typed
from app.surveys.brands import load_brand, logo_url
from app.surveys.definition import Definition, definitions
from app.surveys.mails import Mails
from app.surveys.rendering import survey_page
from app.surveys.texts import LANGUAGES
from app.surveys.wording import SAMPLE_VALUES
from bench.harness import Figure

LARGEST_PAGE, LARGEST_MAIL = 14_000, 30_000
ADDRESS = "https://survey.example.com"
BRAND = load_brand(Path(app.demo.__file__).with_name("brand.yaml"))

Size = Callable[[Definition, str], int]


def page_size(definition: Definition, lang: str) -> int:
    """Return the compressed bytes of the page, all its steps in one."""
    url = f"{ADDRESS}/s/{'x' * 32}"
    shown = Typed(definition.scale[-1])
    page = survey_page(definition, BRAND, lang, step="draft", action_url=url, values=SAMPLE_VALUES, shown=shown)
    return len(gzip.compress(page.html.encode(), compresslevel=6))


def mail_size(definition: Definition, lang: str) -> int:
    """Return the bytes of the invitation's HTML."""
    links = {"survey_url": f"{ADDRESS}/s/{'x' * 32}", "unsubscribe_url": f"{ADDRESS}/u/{'x' * 32}"}
    sent = Mails(definition).write(BRAND, lang, values=SAMPLE_VALUES, logo_url=logo_url(ADDRESS, BRAND), **links)
    return len(sent.html.encode())


def figures() -> list[Figure]:
    """Return the largest of each against what it may have."""
    return [_figure("page, compressed", page_size, LARGEST_PAGE), _figure("mail", mail_size, LARGEST_MAIL)]


def show_all() -> None:
    """Print the size of every page and every mail, in kB."""
    for title, size in (("Survey pages, compressed, kB", page_size), ("Mails, kB", mail_size)):
        table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
        table.add_column("survey")
        for lang in LANGUAGES:
            table.add_column(lang, justify="right")
        for key, definition in definitions().items():
            known = definition.languages
            table.add_row(
                key, *(f"{size(definition, lang) / 1000:.1f}" if lang in known else "–" for lang in LANGUAGES)
            )
        Console(width=120).print(table)


def _figure(name: str, size: Size, largest: int) -> Figure:
    found = max(
        (size(definition, lang), key, lang)
        for key, definition in definitions().items()
        for lang in definition.languages
    )
    ratio = found[0] / largest
    where = f"{found[1]}, {found[2]}"
    return Figure(
        f"largest {name}", where, f"{largest:,} B", f"{found[0]:,} B", f"{ratio:.2f}", "at most 1", ratio <= 1
    )


if __name__ == "__main__":
    show_all()
