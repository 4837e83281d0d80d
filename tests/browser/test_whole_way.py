"""The whole way in a real browser: the demo comes up, a customer answers without JavaScript, the coverage rises."""

from __future__ import annotations

import json
import re
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import is_guess
from tests.support.ports import free_port
from tests.support.processes import environment, interrupted, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, Any]]:
    """The demo as a person starts it; at the end Ctrl-C stops it cleanly, and the folder can start again."""
    with tempfile.TemporaryDirectory(prefix="qd-") as folder:
        yield from _demo_in(Path(folder))


def _demo_in(folder: Path) -> Iterator[dict[str, Any]]:
    arguments = ("demo", "--json", "--port", str(free_port()), "--dir", str(folder))
    with running(*arguments, env=environment()) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield {**json.loads(line), "folder": folder}
        code, said = interrupted(process)
        assert code == 0, said
        assert "Traceback" not in said
    assert not list(folder.rglob("postmaster.pid"))


@pytest.fixture(scope="module")
def admin(demo: dict[str, Any], chromium: Browser) -> Page:
    """An admin's page, logged in."""
    page = chromium.new_page()
    page.goto(demo["admin_url"])
    page.get_by_label("Email").fill(demo["admin_email"])
    page.get_by_label("Password").fill(demo["admin_password"])
    page.keyboard.press("Enter")
    page.wait_for_selector("h1")
    assert "of revenue heard" in page.inner_text("h1")
    return page


def answered(admin: Page, demo: dict[str, Any]) -> tuple[int, int]:
    """Return the answers on the board, and how many of them were wanted."""
    admin.goto(demo["admin_url"])
    text = admin.inner_text("main")
    counts = re.search(r"([\d,]+) of [\d,]+ asked", text), re.search(r"([\d,]+) of [\d,]+ wanted answers", text)
    assert all(counts), text
    return tuple(int(found[1].replace(",", "")) for found in counts if found)  # type: ignore[return-value]


@pytest.mark.parametrize("scripts", [False, True])
def test_a_customer_answers_and_the_coverage_rises(
    demo: dict[str, Any], admin: Page, chromium: Browser, scripts: bool
) -> None:
    before, covered = answered(admin, demo)
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: None if is_guess(message) else refused.append(message.text))
    url = demo["survey_urls"][int(scripts)]
    page.goto(f"{url}?score=9")
    assert page.locator("input[name=score][value='9']").is_checked()
    assert answered(admin, demo) == (before, covered), "looking stores nothing"
    if scripts:
        page.get_by_label("9", exact=True).click()
    else:
        page.get_by_role("button", name="Save and continue").click()
    expect(page.locator("#saved")).to_contain_text("Your 9 is saved.")
    assert answered(admin, demo) == (before + 1, covered + 1), "a score alone counts"
    page.locator("label[for='driver.support']").click()
    page.locator("textarea").fill("The night shift answers. Thank you.")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.locator("form input[name=score]")).to_have_count(0)
    assert answered(admin, demo) == (before + 1, covered + 1)
    admin.goto(f"{demo['admin_url']}answers?q=night+shift")
    assert "The night shift answers. Thank you." in admin.inner_text("main")
    assert refused == []
    context.close()


def test_who_is_silent_where_and_what_costs_most_is_seen_in_two_clicks(demo: dict[str, Any], admin: Page) -> None:
    admin.goto(demo["admin_url"])
    silent = admin.locator("main table").first.locator("tbody tr").first
    assert "nobody has answered" in silent.inner_text()
    account = silent.get_by_role("link").first.inner_text()
    expect(admin.locator("main")).to_contain_text(f"the largest of them is {account}")
    silent.get_by_role("link").first.click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text(f"{account}: 0% of its quota heard")
    for level in ("Decision makers", "Influencers", "Users"):
        expect(admin.get_by_role("heading", level=3, name=level)).to_contain_text("0 of")
    admin.get_by_role("link", name="Drivers", exact=True).click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text("costs most")


def test_the_outbox_shows_the_mail_and_its_links_work(demo: dict[str, Any], admin: Page, chromium: Browser) -> None:
    admin.goto(demo["outbox_url"])
    admin.locator("tbody a").first.click()
    admin.wait_for_load_state()
    frame = admin.frames[1]
    assert frame.url.endswith("/html")
    assert frame.content().count("?score=") == 11
    expect(admin.locator("pre a[href*='?score=']")).to_have_count(11)
    href = admin.locator("pre a[href*='?score=7']").get_attribute("href")
    assert href is not None
    page = chromium.new_page()
    page.goto(f"{href}&step=1")  # the reader may have answered already
    assert page.locator("input[name=score][value='7']").is_checked()
    page.close()


@pytest.mark.parametrize(
    "path", ["", "accounts", "accounts/1", "waves", "waves/1/plan", "campaigns/new", "outbox", "answers"]
)
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_the_screen_or_breaks_its_own_policy(
    demo: dict[str, Any], admin: Page, path: str, width: int
) -> None:
    complaints: list[str] = []

    def note(message: Any) -> None:
        if not is_guess(message):
            complaints.append(message.text)

    admin.on("console", note)
    admin.set_viewport_size({"width": width, "height": 800})
    admin.goto(demo["admin_url"] + path)
    wide = admin.evaluate("document.documentElement.scrollWidth")
    admin.remove_listener("console", note)
    assert wide <= width
    assert complaints == []


def test_a_second_demo_in_the_same_folder_shares_it_and_leaves_the_first_alone(demo: dict[str, Any]) -> None:
    arguments = ("demo", "--json", "--port", str(free_port()), "--dir", str(demo["folder"]))
    with running(*arguments, env=environment()) as second:
        assert second.stdout is not None
        other = json.loads(second.stdout.readline())
        assert other["admin_password"] == demo["admin_password"]
        code, said = interrupted(second)
        assert code == 0, said
    with urllib.request.urlopen(f"{demo['admin_url']}readyz", timeout=10) as answer:
        assert answer.status == 200


def test_a_port_that_is_taken_is_said_so(demo: dict[str, Any], tmp_path: Path) -> None:
    port = demo["admin_url"].rsplit(":", 1)[1].strip("/")
    with running("demo", "--port", port, "--dir", str(tmp_path), env=environment()) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"Port {port} is taken" in said


def test_two_demos_started_at_once_take_ports_of_their_own() -> None:
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory(prefix="qd-")) for _ in range(2)]
        started = [
            stack.enter_context(running("demo", "--json", "--dir", folder, env=environment())) for folder in folders
        ]
        lines = [json.loads(process.stdout.readline()) for process in started if process.stdout]
        assert lines[0]["admin_url"] != lines[1]["admin_url"]
        for line in lines:
            with urllib.request.urlopen(line["survey_urls"][0], timeout=10) as answer:
                assert answer.status == 200
        assert [interrupted(process)[0] for process in started] == [0, 0]
