"""The browser of the tests: finds a Chromium, installs one where it may, and says so clearly where it cannot.

Run as `python -m tests.support.browser` before the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first one is the same browser without the windows nobody sees, and takes a quarter less time."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # «HeadlessChrome» is a program to the survey page, and its answers count as one's.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
]

PATIENCE = 20_000
"""Milliseconds until what is expected on a page is given up; a machine with much to do is no fault."""

MISSING = (
    "There is no Chromium on this machine and none could be installed, so tests in a browser cannot run.\n"
    "Install one (Debian and Ubuntu: apt-get install chromium) and run this again."
)


def executable() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or _of_playwright()


def _of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


@contextmanager
def browser() -> Iterator[Browser]:
    """Lend a headless Chromium."""
    path = executable()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


def is_guess(said: ConsoleMessage) -> bool:
    """Tell whether the browser only complains that there is no icon where it guessed one, which no page asks for."""
    return str(said.location.get("url", "")).endswith("/favicon.ico")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for all tests of this process; each test opens pages or contexts of its own."""
    if executable() is None and os.environ.get("CI") != "true":
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE)
    with browser() as lent:
        yield lent


def ensure() -> bool:
    """Find or install a browser; return whether there is one."""
    return executable() is not None or _installed_by_debian() or _installed_by_playwright()


def _installed_by_debian() -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print("No Chromium here: installing Debian's package …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "-qq", "--no-install-recommends"]
    for arguments in (["update", "-qq"], [*install, NAMES[0]], [*install, NAMES[1]]):
        subprocess.run(["apt-get", *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
        if executable() is not None:
            return True
    return False


def _installed_by_playwright() -> bool:
    print("No Chromium here: asking Playwright for one …", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        done = subprocess.run(command, check=False, timeout=300, capture_output=True)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and executable() is not None


if __name__ == "__main__":
    if not ensure():
        print(MISSING)
        # Without a browser the other tests are still worth running by hand; on a build machine they are not enough.
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
