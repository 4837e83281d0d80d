"""The dispatcher's minute: a million mails that wait for another day, in forty places whose windows are all open.

The promise is an absolute time, so the floor is that time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text

from app.campaigns.creating import WaveOrder, create_wave
from app.core import db
from app.delivery.dispatching import dispatch
from app.delivery.releasing import release
from bench.harness import Figure, installation, timed

MOST_SECONDS = 0.1
PLACES = 40
TICKS = 30

_FILL = (
    "INSERT INTO place (zone, country) SELECT name, '' FROM pg_timezone_names WHERE name LIKE 'Europe/%' LIMIT :places",
    "UPDATE campaign SET window_from = 0, window_to = 24",
    "UPDATE wave SET state = 'running', launched_at = now()",
    "INSERT INTO account (external_id, name, name_key, time_zone)"
    " SELECT 'A' || id, 'A', 'a', zone FROM place ORDER BY id",
    "INSERT INTO invitation (wave_id, account_id, contact_id, level, turn, closes_on)"
    " SELECT 1, 1 + n % :places, n, 'user', 1, '2050-01-01' FROM generate_series(1, :mails) n",
    "INSERT INTO message (invitation_id, wave_id, account_id, place_id, due_on)"
    " SELECT id, 1, account_id, account_id, CAST(:tomorrow AS date) + CAST(id % 20 AS int) FROM invitation",
    "ANALYZE message",
)


def measure(mails: int) -> tuple[float, float]:
    """Return the median seconds of a tick when nothing is due, and when all is due and the day's cap is used up."""
    now = datetime.now(UTC)
    while now.weekday() > 3:
        now += timedelta(days=1)
    with installation():
        create_wave(WaveOrder(key="bench", name="Bench", planned_for=now.date()), actor="bench")
        for statement in _FILL:
            with db.transaction() as session:
                used = {"mails": mails, "places": PLACES, "tomorrow": now.date() + timedelta(days=2)}
                session.execute(text(statement), {name: used[name] for name in used if f":{name}" in statement})
        future = median(_tick(now) for _ in range(TICKS))
        assert release(now) == 0
        later = now + timedelta(days=28)
        assert release(later) == 100
        spent = median(_tick(later) for _ in range(TICKS))
        return future, spent


def _tick(now: datetime) -> float:
    return timed(lambda: (release(now), dispatch(now - timedelta(days=3650))))


def figures(mails: int) -> list[Figure]:
    """Return the tick with nothing due, and the tick of a day whose cap is used up."""
    future, spent = measure(mails)
    size = f"{mails:,} mails, {PLACES} places"
    return [_figure("Minute, nothing due", size, future), _figure("Minute, all due, cap used up", size, spent)]


def _figure(name: str, size: str, seconds: float) -> Figure:
    ratio = seconds / MOST_SECONDS
    floor, ours = f"{MOST_SECONDS * 1000:.0f} ms", f"{seconds * 1000:.1f} ms"
    return Figure(name, size, floor, ours, f"{ratio:.2f}", "≤ 1", ratio <= 1)


if __name__ == "__main__":
    from bench.harness import show

    show(figures(1_000_000))
