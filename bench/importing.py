"""Figure: importing a file of contacts against a bare COPY of the same rows into the same table.

Both write the same rows with the same indexes and constraints; the COPY finds them ready, in PostgreSQL's own format.
`python -m bench.importing floor|ours DATABASE_URL FILE` measures one side in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from app.accounts.importing import import_accounts, import_contacts
from app.core import db
from bench.harness import Figure, database, in_own_process, peak_memory_mb, show, timed

COLUMNS = """account_id, external_id, first_name, last_name, email, email_key, job_title, department, level, language,
             time_zone, country, engagement_score, last_invited_on, status"""
HEADER = (
    *("Contact ID", "First Name", "Last Name", "Email", "Account Name", "Job Title", "Department", "Job Level"),
    *("Language", "Time Zone", "Country", "Engagement Score", "Last Invited", "Status"),
)
TITLES = ("VP Procurement", "Accountant", "Controller", "Buyer", "Technician", "Analyst", "SVP Operations")
DEPARTMENTS = ("Procurement", "Finance", "Operations", "IT", "Logistics", "Customer Service", "")
LEVELS = ("Decision Maker", "Influencer", "User", "End User", "User", "")
PLACES = (("en", "America/Chicago", "US"), ("de", "Europe/Berlin", "DE"), ("ja", "Asia/Tokyo", "JP"))
STATUSES = ("active",) * 20 + ("left", "opted out", "bounced")
CONTACTS_PER_ACCOUNT = 10
CHUNK = 1 << 20


def contacts(rows: int) -> Iterator[list[object]]:
    """Make rows as a CRM has them: few titles, many names, ids and addresses that never come twice."""
    chance = random.Random(2026)
    for number in range(rows):
        first, last = f"First{chance.randrange(4_000)}", f"Lastname{chance.randrange(60_000)}"
        address = f"{first}.{last}.{number}@company{number // CONTACTS_PER_ACCOUNT}.example"
        invited = f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}" if number % 3 else ""
        yield [
            f"C{number:08}",
            first,
            last,
            address,
            f"Company number {number // CONTACTS_PER_ACCOUNT}",
            chance.choice(TITLES),
            chance.choice(DEPARTMENTS),
            chance.choice(LEVELS),
            *chance.choice(PLACES),
            chance.randrange(101),
            invited,
            chance.choice(STATUSES),
        ]


def write_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write the two files of a company of that size."""
    accounts, people = folder / "accounts.csv", folder / "contacts.csv"
    with accounts.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Account ID", "Account Name", "Annual Value"])
        writer.writerows([f"A{n:07}", f"Company number {n}", n * 10] for n in range(1 + rows // CONTACTS_PER_ACCOUNT))
    with people.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(contacts(rows))
    return accounts, people


def floor(rows: Path) -> None:
    """Copy rows that lie ready, and nothing else."""
    statement = f"COPY contact ({COLUMNS}) FROM STDIN"
    with db.raw_connection() as connection, rows.open("rb") as file, connection.cursor().copy(statement) as copy:
        while chunk := file.read(CHUNK):
            copy.write(chunk)


def ours(people: Path) -> None:
    """Import the file as `quorum import contacts` does."""
    import_contacts(people, actor="bench")


def measure(rows: int) -> dict[str, float]:
    """Return the seconds of both sides and the peak memory of the import."""
    with tempfile.TemporaryDirectory(prefix="qb-") as folder, database() as url:
        db.connect(url)
        accounts, people = write_files(Path(folder), rows)
        import_accounts(accounts, actor="bench")
        ready = Path(folder) / "ready"
        # The first run of either side warms the caches for the other, so each runs twice, in turns.
        imported = [_run("ours", url, people)]
        _keep(ready)
        floors = [_run("floor", url, ready)]
        imported.append(_run("ours", url, people))
        floors.append(_run("floor", url, ready))
        return {
            "floor": sum(run["seconds"] for run in floors) / 2,
            "ours": sum(run["seconds"] for run in imported) / 2,
            "memory": imported[1]["memory"],
        }


def _run(side: str, url: str, file: Path) -> dict[str, float]:
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("TRUNCATE contact RESTART IDENTITY CASCADE"))
        connection.execute(text("CHECKPOINT"))
    return in_own_process("bench.importing", side, url, str(file))


def _keep(path: Path) -> None:
    statement = f"COPY (SELECT {COLUMNS} FROM contact ORDER BY id) TO STDOUT"
    with db.raw_connection() as connection, path.open("wb") as file, connection.cursor().copy(statement) as copy:
        file.writelines(copy)


def figures(rows: int) -> list[Figure]:
    """Return the two figures: time against the floor, and memory at a tenth of the size against the whole."""
    small, large = measure(rows // 10), measure(rows)
    ratio, growth = large["ours"] / large["floor"], large["memory"] / small["memory"]
    floor, ours = f"{large['floor']:.1f} s", f"{large['ours']:.1f} s"
    return [
        Figure("Import", f"{rows:,} contacts", floor, ours, f"{ratio:.2f}", "≤ 4", ratio <= 4),
        Figure(
            "Import, memory",
            "at a tenth, at all of it",
            f"{small['memory']:.0f} MB",
            f"{large['memory']:.0f} MB",
            f"{growth:.2f}",
            "≈ 1",
            growth < 1.15,
        ),
    ]


def main() -> None:
    """Print the figures for as many contacts as the command line says."""
    parser = argparse.ArgumentParser(description="Measures the import of contacts.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    show(figures(parser.parse_args().rows))


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in {"floor", "ours"}:
        side, url, file = sys.argv[1:]
        db.connect(url)
        seconds = timed(lambda: {"floor": floor, "ours": ours}[side](Path(file)))
        print(json.dumps({"seconds": seconds, "memory": peak_memory_mb()}))
    else:
        main()
