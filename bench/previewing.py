"""Figures of a plan's preview: working it out against the floor of planning, and opening any page or filter of it.

The pages are asked for through the whole application, without a network in between. The promise for them is an
absolute time, so the floor is that time. `python -m bench.previewing` measures only these.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from itertools import chain
from statistics import median, quantiles

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.planning import preview_wave
from app.core import db
from app.core.auth.models import User
from bench import planning
from bench.harness import Figure, in_own_process, installation, peak_memory_mb, show, timed

MOST_SECONDS = 0.2
ROUNDS = 5

# Some of everything: exclusions, people who left or said no, shared addresses, several countries.
_VARIETY = (
    "UPDATE account SET country = (ARRAY['US', 'DE', 'FR', 'JP'])[1 + id % 4]",
    "UPDATE contact SET exclusion_reason = 'Busy with a tender' WHERE id % 97 = 0",
    "UPDATE contact SET status = 'left' WHERE id % 89 = 0",
    "UPDATE contact SET status = 'opted_out' WHERE id % 83 = 0",
    "UPDATE contact SET open_case = true WHERE id % 50021 = 0",
)


def pages(wave_id: int, accounts: int) -> Iterator[tuple[str, str]]:
    """Yield what people open, with its address: the preview, its filters alone and together, searches, lists."""
    plan = f"/waves/{wave_id}/plan"
    deep = f"{accounts // 2}.0"
    yield "preview", plan
    yield "a page in the middle", f"{plan}?after={deep}&n={accounts * 5}"
    yield "a page back", f"{plan}?before={deep}&n={accounts * 5}"
    for reason in ("chosen", "excluded", "not_needed", "pooled", "open_case", "excluded_by_manager", "embargoed"):
        yield f"filter {reason}", f"{plan}?reason={reason}"
        yield f"filter {reason}, on", f"{plan}?reason={reason}&level=decision_maker&after={deep}&n=100"
    for level in ("decision_maker", "influencer", "unknown"):
        yield f"level {level}", f"{plan}?level={level}"
    yield "manager", f"{plan}?manager=Manager+17"
    yield "manager and reason", f"{plan}?manager=Manager+17&reason=open_case"
    yield "manager, rank", f"{plan}?manager=Manager+33&reason=not_needed&level=influencer&after={deep}&n=100"
    yield "country", f"{plan}?country=DE"
    yield "country and reason", f"{plan}?country=JP&reason=excluded_by_manager&level=decision_maker"
    yield "account", f"{plan}?account={accounts // 3}"
    for search in (
        "Last4711",
        "First12 Last4711",
        f"Person4711@company{4711 % accounts}.example",
        "Company 4711",
        "Nobody",
    ):
        yield f"search {search}", f"{plan}?q={search.replace(' ', '+').replace('@', '%40')}"
    yield "search and filter", f"{plan}?q=First12&reason=chosen&level=user"
    yield "accounts by value", f"{plan}/accounts"
    yield "accounts, a late page", f"{plan}/accounts?page={accounts // 60}"
    yield "accounts that miss people", f"{plan}/accounts?only=decision_maker&sort=-shortage"
    yield "accounts by contacts", f"{plan}/accounts?sort=contacts&page=9"
    yield "accounts, search", f"{plan}/accounts?q=Company+47"
    yield "exclusions", f"{plan}/exclusions"
    yield "why not, anybody", f"{plan}/why?q=Last4711"
    yield "why not, one person", f"{plan}/people/{accounts}"


def opened(client: FlaskClient, wave_id: int, accounts: int) -> dict[str, list[float]]:
    """Return the seconds of each page, several times over."""
    taken: dict[str, list[float]] = {}
    for name, address in pages(wave_id, accounts):
        _ask(client, address)  # the first time reads what everybody finds in memory later
        taken[name] = [timed(partial(_ask, client, address)) for _ in range(ROUNDS)]
    return taken


def _ask(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, f"{answer.status_code} {address}"


def logged_in(app: Flask) -> FlaskClient:
    """Return a browser of an admin."""
    with db.transaction() as session:
        user = User(email="bench@quorum.example", name="Bench", password_hash="-", session_key="bench")
        session.add(user)
        session.flush()
        user_id = user.id
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["user"], cookie["key"] = user_id, "bench"
    return client


def ours() -> None:
    """Work out the preview of a real wave."""
    order = WaveOrder(key="bench", name="Bench", planned_for=planning.TODAY)
    preview_wave(create_wave(order, actor="bench"), actor="bench")


def measure(contacts: int) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the seconds of floor and preview with its peak memory, and those of each page."""
    accounts = contacts // 10
    with installation() as settings:
        planning.fill(accounts, contacts)
        create_wave(WaveOrder(key="floor", name="Floor", planned_for=planning.TODAY), actor="bench")
        floors = [planning.side("floor", settings.database_url)]
        worked = in_own_process("bench.previewing", "--ours", settings.database_url)
        with db.transaction() as session:
            session.execute(text("TRUNCATE decision, wave_account, invitation, exclusion_cost, wave_plan CASCADE"))
        floors.append(planning.side("floor", settings.database_url))
        worked["floor"] = sum(each["seconds"] for each in floors) / 2
        return worked, _pages(create_app(settings), accounts)


def _pages(app: Flask, accounts: int) -> dict[str, list[float]]:
    with db.engine().begin() as connection:
        for statement in _VARIETY:
            connection.execute(text(statement))
    order = WaveOrder(key="pages", name="Pages", planned_for=planning.TODAY)
    wave_id = create_wave(order, actor="bench")
    preview_wave(wave_id, actor="bench")
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return opened(logged_in(app), wave_id, accounts)


def figures(contacts: int) -> list[Figure]:
    """Return working a preview out against the floor, and the 95th percentile of opening any page or filter of it."""
    worked, taken = measure(contacts)
    ratio = worked["seconds"] / worked["floor"]
    size = f"{contacts // 10:,} accounts, {contacts:,} contacts"
    usual = quantiles(chain.from_iterable(taken.values()), n=20)[-1]
    slowest = max(taken, key=lambda name: median(taken[name]))
    return [
        Figure(
            "Preview, worked out",
            size,
            f"{worked['floor']:.1f} s",
            f"{worked['seconds']:.1f} s",
            f"{ratio:.2f}",
            "≤ 2",
            ratio <= 2 and worked["memory"] < 300,
        ),
        _page("Preview, any page or filter, p95", f"{len(taken)} pages", usual),
        _page("Preview, its slowest page, median", slowest, median(taken[slowest])),
    ]


def _page(name: str, size: str, seconds: float) -> Figure:
    ratio = seconds / MOST_SECONDS
    floor, mine = f"{MOST_SECONDS * 1000:.0f} ms", f"{seconds * 1000:.0f} ms"
    return Figure(name, size, floor, mine, f"{ratio:.2f}", "≤ 1", ratio <= 1)


def main() -> None:
    """Measure these figures alone, or one side in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--ours", metavar="DATABASE_URL")
    given = parser.parse_args()
    if given.ours is None:
        show(figures(given.contacts))
        return
    db.connect(given.ours)
    print(planning.as_json(timed(ours), peak_memory_mb()))


if __name__ == "__main__":
    main()
