"""What axe-core finds on a page: the checks of WCAG 2.2 AA that a program can make, and its best practices."""

from __future__ import annotations

from collections.abc import Iterable

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

_RUN = """() => axe.run({resultTypes: ['violations', 'incomplete']}).then((found) => ({
  wrong: found.violations, unsure: found.incomplete.filter((rule) => rule.id !== 'color-contrast'),
}))"""


def violations(page: Page) -> list[str]:
    """Return what is wrong, or may be, one line a rule and its places; empty when axe finds nothing."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(_RUN)
    return [
        f"{rule['id']} ({rule['help']}): {', '.join(str(node['target'][0]) for node in rule['nodes'])}"
        for rule in (*found["wrong"], *found["unsure"])
    ]


PHONE_BY_DAY: tuple[ViewportSize, str] = ({"width": 390, "height": 844}, "light")
DESK_BY_NIGHT: tuple[ViewportSize, str] = ({"width": 1280, "height": 860}, "dark")
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def unfit(page: Page) -> list[str]:
    """Return what is wrong with the page that is open, on a phone by day and at a desk by night.

    That is what axe finds, and a page wider than its window. A sandboxed frame lets axe in as little as anybody else.
    """
    found = []
    for size, scheme in (PHONE_BY_DAY, DESK_BY_NIGHT):
        page.set_viewport_size(size)
        # Without reduced motion axe would meet colours on their way from day to night.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of the two
        faults = [fault for fault in violations(page) if not fault.startswith("frame-tested")]
        faults += ["wider than the window"] * bool(page.evaluate(_TOO_WIDE))
        found += [f"{page.url} {size['width']} {scheme}: {fault}" for fault in faults]
    return found


def unfit_among(page: Page, paths: Iterable[str]) -> list[str]:
    """Open each page in turn and return what is wrong with them; one that does not open is wrong too."""
    found = []
    for path in paths:
        answer = page.goto(path)
        status = answer.status if answer else None
        found += [f"{path} answers {status}"] * (status != 200) + unfit(page)
    return found
