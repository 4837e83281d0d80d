"""Drivers as the database counts them, against the pure rules over every single answer."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.models import Level
from app.core.auth.rights import Role
from app.core.db import reading, transaction
from app.reporting.cuts import Cut
from app.reporting.driver_counting import DriverReport, driver_report
from app.reporting.drivers import Drivers, Said, contributions, parts
from tests.support.company import add_account, three_levels
from tests.support.heard import GATEWAY, PERSON, asked, change, say
from tests.support.people import logged_in

PATHS = ("support", "support/response_time", "support/friendliness", "product", "product/fit", "price", "gone/old")


@pytest.fixture
def wave(database: str) -> int:
    """A wave of accounts known and unknown in value, with answers of every kind, two of them by mail gateways."""
    add_account("A1", 1_000_000, three_levels("A1", 3, 3, 3), manager_name="Ana", industry="Rail")
    add_account("A2", 200_000, three_levels("A2", 2, 2, 3), manager_name="Ben", industry="Rail")
    add_account("A3", None, three_levels("A3", 1, 0, 0), manager_name="Ben")
    add_account("A4", 0, three_levels("A4", 1, 1, 1), industry="Retail")
    wave_id = asked()
    dice = random.Random(4)
    with reading() as session:
        contacts = session.scalars(
            text("SELECT c.external_id FROM invitation i JOIN contact c ON c.id = i.contact_id ORDER BY 1")
        ).all()
    for place, contact in enumerate(contacts):
        named = dice.sample(PATHS, dice.randrange(5))
        say(wave_id, contact, dice.randrange(11), named, hint=GATEWAY if place in (2, 9) else PERSON)
    return wave_id


def oracle(wave_id: int, condition: str = "true") -> Drivers:
    """Count every answer by itself, with the pure rules."""
    with reading() as session:
        rows = session.execute(
            text(
                "SELECT r.account_id, r.score, r.drivers, f.annual_value, " + condition + " AS counts"
                " FROM response r JOIN invitation i ON i.id = r.invitation_id"
                " JOIN wave_account f ON f.wave_id = r.wave_id AND f.account_id = r.account_id"
                " WHERE r.wave_id = :wave AND r.verdict <> 'machine'"
            ),
            {"wave": wave_id},
        ).all()
    of_account = {row.account_id: sum(row.account_id == other.account_id for other in rows) for row in rows}
    said = [Said(r.score, tuple(r.drivers), r.annual_value, of_account[r.account_id]) for r in rows if r.counts]
    return contributions("nps", said)


def figures(drivers: Drivers) -> dict[str, tuple[Fraction, Fraction, Fraction, Fraction]]:
    found = {**drivers.paths, **{f"tier 1 {key}": driver for key, driver in drivers.tops.items()}}
    return {
        path: (drivers.contribution(driver), driver.net, driver.revenue.of(), driver.answers.of())
        for path, driver in found.items()
    }


def points_of(drivers: Drivers) -> Iterator[tuple[str, Fraction]]:
    """Yield the points of each driver, which is all that levels side by side tell."""
    for path in sorted(drivers.paths):
        yield path, drivers.contribution(drivers.paths[path])


def counted(wave_id: int, **cut: str) -> DriverReport:
    with reading() as session:
        return driver_report(session, wave_id, "nps", Cut(cut))


def test_the_database_counts_as_the_rules_do(wave: int) -> None:
    expected, found = oracle(wave), counted(wave)
    assert figures(found.drivers) == figures(expected)
    assert (found.drivers.n, found.drivers.total) == (expected.n, expected.total)


def test_each_level_has_its_own_score_and_drivers(wave: int) -> None:
    for level in Level:
        expected = oracle(wave, f"r.level = '{level}'")
        assert figures(counted(wave, level=level).drivers) == figures(expected)
        if expected.n:
            side_by_side = counted(wave).levels[level]
            assert side_by_side.total == expected.total
            assert [*points_of(side_by_side)] == [*points_of(expected)]


def test_a_segment_is_the_one_of_the_day_of_the_invitation(wave: int) -> None:
    expected = figures(oracle(wave, "i.segments ->> 'manager' = 'Ben'"))
    change("UPDATE account SET manager_name = 'Cleo'")
    assert figures(counted(wave, manager="Ben").drivers) == expected
    assert counted(wave, manager="Cleo").drivers.n == 0


def test_segments_add_up_to_the_whole(wave: int) -> None:
    whole = counted(wave).drivers
    pieces = [counted(wave, industry=name).drivers for name in ("Rail", "Retail", "")]
    assert sum(piece.n for piece in pieces) == whole.n
    for top, driver in whole.tops.items():
        nets = [piece.tops[top].net for piece in pieces if top in piece.tops]
        assert sum(nets, Fraction(0)) == driver.net


def test_the_schema_splits_answers_as_the_rules_do(database: str) -> None:
    dice = random.Random(9)
    odd = [[], [""], ["/"], ["a/"], ["a", "a"], ["a/b/c", "a/b"], ["a b/c"]]
    named = [*odd, *(dice.choices([*PATHS, "price/", "support/x", ""], k=dice.randrange(7)) for _ in range(150))]
    with reading() as session:
        for each in named:
            found = session.scalar(text("SELECT driver_parts(CAST(:named AS jsonb))"), {"named": json.dumps(each)})
            expected = {f"{part.tops} {part.parts} {part.path}" for part in parts(each)}
            assert set(found or ()) == expected, each


def test_the_page_says_what_costs_and_leads_to_the_answers(wave: int, admin_client: FlaskClient) -> None:
    page = admin_client.get(f"/drivers?wave={wave}").text
    assert "No reason given" in page
    assert f"/answers?wave={wave}&amp;driver=support" in page
    assert "associated" in page
    assert "no longer asked" in page  # «gone» stands in no version of the survey


def test_every_number_of_a_driver_leads_to_as_many_answers(wave: int, admin_client: FlaskClient) -> None:
    drivers = counted(wave).drivers
    for path, driver in {**drivers.tops, **drivers.paths}.items():
        asked_for = {"wave": wave, "driver": path or "-"}
        page = admin_client.get("/answers", query_string=asked_for).text
        n = int(driver.answers.of())
        assert f"<h1>{n} {'answer' if n == 1 else 'answers'} in" in page, path


def test_the_file_has_the_same_figures(wave: int, admin_client: FlaskClient) -> None:
    lines = admin_client.get(f"/drivers.csv?wave={wave}").text.splitlines()
    by_key = {line.split(",")[0]: line.split(",") for line in lines[1:]}
    drivers = counted(wave).drivers
    assert float(by_key["support"][5]) == pytest.approx(float(drivers.contribution(drivers.tops["support"])), abs=1e-4)
    assert int(by_key["support"][4]) == drivers.tops["support"].answers.of()


def test_who_may_not_see_revenue_sees_buckets(wave: int, application: object) -> None:
    client = logged_in(application, Role.VIEWER)  # type: ignore[arg-type]
    with transaction() as session:
        session.execute(text("UPDATE response SET score = 0, drivers = '[\"price\"]' WHERE verdict <> 'machine'"))
    assert "US$1,000,000" not in client.get(f"/drivers?wave={wave}").text.replace("US$1,000,000 to", "")
    assert "1200000.00" not in client.get(f"/drivers.csv?wave={wave}").text


LISTS = ("/drivers", "/drivers.csv", "/answers", "/answers.csv", "/segments", "/segments.csv")
ODD = (
    *("wave=999", "wave=99999999999999999999999", "level=x", "in.x=1", "in.level=user", "in.attributes.=1"),
    *("in.person.a=%00", "page=0", "page=999999", "sort=x", "with=999", "with=x", "by=x", "by=person.x", "account=x"),
    *("campaign=999", "verdict=x", "band=x", "driver=%25", "language=%27", "q=%27%5C%22%3A*", "company=%25_"),
)


def test_without_a_wave_there_is_a_next_step(admin_client: FlaskClient) -> None:
    for page in LISTS:
        assert admin_client.get(page).status_code == 200, page


def test_odd_addresses_are_answered(wave: int, admin_client: FlaskClient) -> None:
    for place, query in enumerate(ODD):
        for page in LISTS if place < 3 else LISTS[::2]:
            assert admin_client.get(f"{page}?{query}").status_code in (200, 404), f"{page}?{query}"
