"""What axe-core finds on a page: the checks of WCAG 2.2 AA that a program can make, and its best practices."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

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
