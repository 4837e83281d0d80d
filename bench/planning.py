"""Figure: planning a wave against streaming the same joined rows out and copying as many decisions back in.

`python -m bench.planning floor|ours DATABASE_URL` measures one side in a process of its own.
"""

from __future__ import annotations

import json
import sys
from datetime import date

from sqlalchemy import text

from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.drawing import ROSTER
from app.campaigns.planning import plan_wave
from app.core import db
from bench.harness import Figure, database, in_own_process, peak_memory_mb, timed

TODAY = date(2026, 11, 2)
WAVE = 1
SEGMENTS = '{"manager": "Manager 17", "industry": "industry 5", "country": "US", "language": "en"}'

FILL = """
    INSERT INTO account (external_id, name, name_key, annual_value, currency, manager_name, industry, country,
                         renewal_on)
    SELECT 'A' || lpad(CAST(n AS text), 8, '0'), 'Company ' || n, 'company ' || n,
           round(exp(random() * 9 + 6)::numeric, 2), 'USD',
           'Manager ' || n % 50, 'industry ' || n % 12, 'US', date '2026-06-01' + n % 365
    FROM generate_series(1, :accounts) n;
    INSERT INTO contact (account_id, external_id, first_name, last_name, email, email_key, job_title, department,
                         level, language, time_zone, country, engagement_score, last_invited_on)
    SELECT 1 + n % :accounts, 'C' || lpad(CAST(n AS text), 9, '0'), 'First' || n % 997, 'Last' || n,
           'Person' || n || '@company' || n % :accounts || '.example',
           'person' || n || '@company' || n % :accounts || '.example',
           'Title ' || n % 40, 'department ' || n % 9,
           (ARRAY['decision_maker', 'influencer', 'user', 'user', 'unknown'])[1 + n * 7919 % 5]::dmu_level,
           'en', 'America/Chicago', 'US', (n * 31) % 101,
           CASE WHEN n % 3 = 0 THEN date '2026-01-01' + (n * 17 % 300)::int END
    FROM generate_series(1, CAST(:contacts AS bigint)) n;
"""


def fill(accounts: int, contacts: int) -> None:
    """Make a company of that size."""
    with db.transaction() as session:
        for statement in FILL.split(";")[:2]:
            session.execute(text(statement), {"accounts": accounts, "contacts": contacts})
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def floor() -> None:
    """Stream the rows that planning reads through this process, and copy as many as it writes back in.

    Planning a company of this shape invites 44 in 100 contacts; no rule looks at a row here, all lines are the same.
    """
    with db.raw_connection() as reader, db.raw_connection() as writer, writer.cursor() as copying:
        contacts = accounts = 0
        last = None
        with copying.copy(
            "COPY decision (wave_id, contact_id, account_id, level, seat, reason, rank) FROM STDIN"
        ) as copy:
            for row in reader.cursor().stream(ROSTER, {"today": TODAY, "wave_id": 0}, size=5_000):
                contacts += 1
                accounts += row[0] != last
                last = row[0]
                copy.write(f"0\t{row[5]}\t{row[0]}\tuser\tlevel\t\\N\t1\n")
        with copying.copy("COPY wave_account FROM STDIN") as copy:
            for number in range(accounts):
                copy.write(f"{WAVE}\t{number}\t50000.00\t4\t2\t1\t1\t2\t1\t1\t0\t0\t10\tf\t\\N\t\\N\n")
        with copying.copy(
            "COPY invitation (wave_id, account_id, contact_id, level, turn, closes_on, segments) FROM STDIN"
        ) as copy:
            for number in range(contacts * 44 // 100):
                copy.write(f"{WAVE}\t{number // 4}\t{number}\tuser\t1\t2026-12-02\t{SEGMENTS}\n")


def ours() -> None:
    """Plan a real wave: rules, decisions, frozen accounts and invitations."""
    order = WaveOrder(key="bench", name="Bench", planned_for=TODAY)
    plan_wave(create_wave(order, actor="bench"), actor="bench")


def measure(accounts: int, contacts: int) -> dict[str, float]:
    """Return the seconds of both sides and the peak memory of planning."""
    with database() as url:
        db.connect(url)
        fill(accounts, contacts)
        assert create_wave(WaveOrder(key="floor", name="Floor", planned_for=TODAY), actor="bench") == WAVE
        # Floor, ours, floor again: whoever comes second finds warmer caches, so the floor is the mean of its two.
        floors = [side("floor", url)["seconds"]]
        planned = side("ours", url)
        floors.append(side("floor", url)["seconds"])
        db.engine().dispose()
        return {"floor": sum(floors) / 2, **planned}


def side(name: str, url: str) -> dict[str, float]:
    """Measure one side in a process of its own, and take away what it wrote."""
    measured = in_own_process("bench.planning", name, url)
    with db.transaction() as session:
        session.execute(text("TRUNCATE decision, wave_account, invitation, exclusion_cost, wave_plan CASCADE"))
    return measured


def as_json(seconds: float, memory: float) -> str:
    """Return what a side prints on its last line."""
    return json.dumps({"seconds": seconds, "memory": memory})


def figures(contacts: int) -> list[Figure]:
    """Return the two figures: time against the floor, and memory at a tenth of the size against the whole."""
    small, large = measure(contacts // 100, contacts // 10), measure(contacts // 10, contacts)
    ratio, growth = large["seconds"] / large["floor"], large["memory"] / small["memory"]
    size = f"{contacts // 10:,} accounts, {contacts:,} contacts"
    return [
        Figure(
            "Planning", size, f"{large['floor']:.1f} s", f"{large['seconds']:.1f} s", f"{ratio:.2f}", "≤ 2", ratio <= 2
        ),
        Figure(
            "Planning, memory",
            "at a tenth, at all of it",
            f"{small['memory']:.0f} MB",
            f"{large['memory']:.0f} MB",
            f"{growth:.2f}",
            "≈ 1, < 300 MB",
            large["memory"] < 300 and growth < 1.15,
        ),
    ]


if __name__ == "__main__":
    side, url = sys.argv[1:]
    db.connect(url)
    seconds = timed({"floor": floor, "ours": ours}[side])
    print(as_json(seconds, peak_memory_mb()))
