"""The people at the sample company's customers, as rows of a CRM export.

Two steps: `staff` invents the people of one customer, `with_troubles` gives some of all of them what keeps a person
from being asked: every reason of the rules at least twice, and few enough to leave a wave worth planning.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import date, timedelta

from app.demo.customers import Country, Customer, countries
from app.demo.names import Directory, domain, people, picked

Row = dict[str, str]

QUARANTINE_DAYS = 80
SMALL_COMPANY = 4
LARGE_COMPANY = 18

EXCLUSIONS = (
    "In the middle of a contract negotiation",
    "Escalation at management level, talks under way",
    "On parental leave until the summer",
    "Asked for a year without surveys when we last met",
    "New in the role; introduction first, survey later",
    "Steering committee member, is interviewed in person",
)


def staff(customer: Customer, today: date, rng: random.Random) -> list[Row]:
    """Return the contacts of one customer, without their ids."""
    directory = Directory(customer.name, rng)
    home = rng.choice(countries()[customer.country].zones)
    levels = _levels(customer, rng)
    jobs = {level: _jobs(level, customer.people, rng) for level in sorted(set(levels))}
    rng.shuffle(levels)
    rows = []
    for level in levels:
        country, zone = _place(customer, home, rng)
        row = _person(directory, level, next(jobs[level]), country, rng)
        place = {"Account Name": customer.name, "Time Zone": zone, "Country": country}
        rows.append(row | place | _history(level, today, rng))
    return rows


def _levels(customer: Customer, rng: random.Random) -> list[str]:
    size = customer.people
    if customer.lacks == "levels":
        return [""] * size
    if size <= SMALL_COMPANY:
        return ["Decision Maker", "User", "Influencer", "User"][:size]
    top = max(1, round(size * rng.uniform(0.16, 0.28)))
    middle = max(1, round(size * rng.uniform(0.26, 0.36)))
    nobody_knows = rng.choice((0, 0, 1)) + size // LARGE_COMPANY
    if customer.lacks == "decision makers":
        top, middle = 0, top + middle
    levels = ["Decision Maker"] * top + ["Influencer"] * middle + [""] * nobody_knows
    return levels + ["User"] * (size - len(levels))


def _jobs(level: str, size: int, rng: random.Random) -> Iterator[list[str]]:
    """Yield department and titles in two languages, again from the start only when all had their turn."""
    small = people()["small"] if size <= SMALL_COMPANY else {}
    jobs = list(small.get(level) or people()["titles"][level])
    rng.shuffle(jobs)
    return itertools.cycle(jobs)


def _place(customer: Customer, home: str, rng: random.Random) -> tuple[str, str]:
    """Return country and time zone; a large customer has people elsewhere as well."""
    if customer.people >= LARGE_COMPANY and rng.random() < 0.12:
        code = rng.choice(sorted(countries()))
        return code, rng.choice(countries()[code].zones)
    return customer.country, home


def _person(directory: Directory, level: str, job: list[str], code: str, rng: random.Random) -> Row:
    country: Country = countries()[code]
    name, address = directory.add(country.names)
    language = picked(country.languages, rng)
    department, english, german = job
    return {
        "First Name": name.first,
        "Last Name": name.last,
        "Email": address,
        "Job Title": german if language == "de" else english,
        "Department": department,
        "Job Level": level,
        "Language": language,
    }


def _history(level: str, today: date, rng: random.Random) -> Row:
    """What the CRM remembers of a person; users see the product most, and engage most."""
    score = round(100 * rng.betavariate(2.6 if level == "User" else 2, 2.4))
    row = {"Engagement Score": "" if rng.random() < 0.12 else str(score), "Status": "Active"}
    if rng.random() < 0.5:
        row["Last Invited"] = _days_ago(today, rng.randint(QUARANTINE_DAYS + 5, 700))
        row["Unanswered"] = str(rng.choices((0, 1, 2, 3), (60, 25, 10, 5))[0])
    return row


def _days_ago(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()


def with_troubles(rows: list[Row], active: set[str], today: date, rng: random.Random) -> list[Row]:
    """Return `rows` with what CRMs hold beside: people who left, refuse, moved, wait, or stand there twice.

    Only every other row of the `active` accounts changes, so that a double never copies somebody who changed.
    """
    changed = list(rows)
    places = [
        place
        for place in range(1, len(rows), 2)
        if rows[place]["Account Name"] == rows[place - 1]["Account Name"] in active
    ]
    rng.shuffle(places)
    free = iter(places)
    for change, place in zip(_changes(today, rng), free, strict=False):
        changed[place] = rows[place] | change
    for place in itertools.islice(free, 2):
        changed[place] = _same_person(rows[place - 1])
    shared, mistyped = next(free), next(free)
    for place in (shared - 1, shared):
        changed[place] = rows[place] | {"Email": f"maintenance@{domain(rows[place]['Account Name'])}"}
    changed[mistyped] = rows[mistyped] | {"Email": rows[mistyped]["Email"].replace("@", "(at)")}
    return changed


def _changes(today: date, rng: random.Random) -> Iterator[Row]:
    yield from itertools.repeat({"Status": "Left Company"}, 42)
    yield from itertools.repeat({"Status": "Opted Out"}, 17)
    yield from itertools.repeat({"Status": "Bounced"}, 13)
    yield from itertools.repeat({"Open Case": "Yes"}, 9)
    yield from itertools.repeat({"Pinned": "Yes"}, 7)
    yield {"Email": ""}
    for reason in EXCLUSIONS:
        yield {"Exclusion Reason": reason}
    for _ in range(5):
        yield {"Embargoed Until": _days_ago(today, -rng.randint(20, 90))}
    for _ in range(88):
        days = rng.randint(3, QUARANTINE_DAYS - 1)
        yield {"Last Invited": _days_ago(today, days), "Unanswered": str(rng.choice((0, 0, 1)))}


def _same_person(other: Row) -> Row:
    """Another record of the same person, as a web form makes one: the address in capitals, and no history."""
    return other | {"Email": other["Email"].title(), "Engagement Score": "", "Last Invited": "", "Unanswered": ""}
