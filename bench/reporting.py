"""Figures: the pages that tell what waves came to, on four waves of a large company, while answers arrive.

The promises are absolute times, so they are the floors; the other floor is the same page at a tenth of the size.
`python -m bench.reporting [contacts]` measures these alone.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import cycle, product
from statistics import quantiles

from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.campaigns.creating import WaveOrder, create_wave
from app.core import db
from app.core.auth.users import add_user
from app.reporting.standing import tell_all_anew
from bench.harness import Figure, installation, show, timed
from bench.planning import fill

WAVES = 4
REQUESTS = 120
WARM = 5
ANSWERS_A_REQUEST = 3
PROMISED = {"Wave board": 0.25, "Account overview": 0.25, "Account page": 0.1}
BY_ANSWERS = {"Answers and comments": 0.25, "Drivers": 0.25, "Segments": 0.25}
"""Pages that read the answers of a wave or of all: they grow with them, and promise a time only."""
ANSWER_PAGES = (
    *("/answers?wave=4", "/answers?wave=all", "/answers?wave=all&q=hour", "/answers?wave=all&q=%22within+the+hour%22"),
    *("/answers?wave=4&band=detractor&driver=support", "/answers?wave=all&sort=account&band=promoter"),
    *("/answers?wave=all&company=Company+77", "/answers?wave=4&level=user&commented=yes&page=40"),
)
EMAIL, PASSWORD = "bench@quorum.example", "as quick as one can look, 42"

# One account in four is asked in each wave, its people in the order of their ids, as many as it is worth.
_FILL = (
    """
    INSERT INTO wave_account (wave_id, account_id, annual_value, required, target_decision_maker, target_influencer,
        target_user, seats_decision_maker, seats_influencer, seats_user, seats_unknown, shortage, contacts,
        value_flagged)
    SELECT w.id, a.id, a.annual_value, r.n, (r.n + 2) / 3, (r.n + 1) / 3, r.n / 3, s.n - s.n * 2 / 3, s.n / 3,
           s.n * 2 / 3 - s.n / 3, 0,
           CASE WHEN a.id % 7 = 0 THEN r.n - s.n ELSE 0 END, 10, false
    FROM wave w, account a, LATERAL (SELECT 1 + floor(ln(greatest(a.annual_value, 500) / 450))::int AS n) r,
         LATERAL (SELECT CASE WHEN (a.id + w.id) % 4 = 0 THEN least(r.n, 4) ELSE 0 END AS n) s
    """,
    """
    INSERT INTO decision (wave_id, account_id, contact_id, level, seat, reason, rank)
    SELECT f.wave_id, f.account_id, c.id, c.level, CASE WHEN c.place <= s.n THEN 'level'::seat END,
           CASE WHEN c.place > s.n THEN 'contacted_recently'::exclusion_reason END,
           CASE WHEN c.place <= s.n THEN c.place END
    FROM wave_account f
    JOIN (SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY id) AS place FROM contact) c USING (account_id),
         LATERAL (SELECT f.seats_decision_maker + f.seats_influencer + f.seats_user AS n) s
    ORDER BY f.wave_id, f.account_id
    """,
    """
    INSERT INTO invitation (wave_id, account_id, contact_id, level, turn, closes_on, sent_at, bounced_at, opened_at,
                            answered_at, completed_at)
    SELECT d.wave_id, d.account_id, d.contact_id, d.level, d.rank, current_date + 30, now() - interval '9 days',
           CASE WHEN d.contact_id % 50 = 7 THEN now() - interval '9 days' END,
           CASE WHEN d.contact_id % 5 < 2 THEN now() - interval '8 days' END,
           CASE WHEN d.contact_id % 3 = 0 THEN now() - d.contact_id % 9 * interval '1 day' END,
           CASE WHEN d.contact_id % 3 = 0 THEN now() - d.contact_id % 9 * interval '1 day' END
    FROM decision d WHERE d.seat IS NOT NULL ORDER BY d.wave_id, d.account_id
    """,
    """
    INSERT INTO message (invitation_id, wave_id, account_id, number, state, due_at, claimed_at, sent_at, recipient)
    SELECT i.id, i.wave_id, i.account_id, 0, 'delivered', i.sent_at, i.sent_at, i.sent_at, c.email_key
    FROM invitation i JOIN contact c ON c.id = i.contact_id
    """,
    """
    INSERT INTO response (invitation_id, wave_id, account_id, contact_id, level, survey_version_id, state, score,
                          drivers, comments, language, answered_at, completed_at, changed_at)
    SELECT i.id, i.wave_id, i.account_id, i.contact_id, i.level, w.survey_version_id, 'complete', i.id * 7919 % 11,
           CASE WHEN i.id % 3 = 0 THEN '["support"]' WHEN i.id % 3 = 1 THEN '["product"]' ELSE '[]' END::jsonb,
           CASE WHEN i.id % 2 = 0 THEN '{"why": "You answer within the hour, and it holds."}' ELSE '{}' END::jsonb,
           'en', i.answered_at, i.completed_at, i.answered_at
    FROM invitation i JOIN wave w ON w.id = i.wave_id WHERE i.answered_at IS NOT NULL
    """,
)
_ANSWER = text(
    """
    UPDATE response SET score = (score + 1) % 11, changed_at = now() WHERE invitation_id IN (
        SELECT invitation_id FROM response WHERE wave_id = :wave_id AND account_id >= :account_id
        ORDER BY account_id LIMIT 1)
    """
)
_SIZE = text("SELECT (SELECT count(*) FROM invitation), (SELECT count(*) FROM response)")


def stock(contacts: int) -> float:
    """Make a company with four waves that were sent and answered; return the seconds of counting all of it anew."""
    fill(contacts // 10, contacts)
    for number in range(1, WAVES + 1):
        planned_for = date(2026, 3 * number - 2, 5)
        create_wave(WaveOrder(f"q{number}", f"Q{number} 2026", planned_for), actor="bench") if number == 1 else (
            create_wave(WaveOrder(f"q{number}", f"Q{number} 2026", planned_for, campaign_id=1), actor="bench")
        )
    with db.transaction() as session:
        for statement in _FILL:
            session.execute(text(statement))
        session.execute(text("UPDATE wave SET state = 'running', launched_at = planned_for"))
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    seconds = timed(tell_all_anew)
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE standing, tally, stirred"))
    return seconds


def overview_pages(accounts: int) -> Iterator[str]:
    """Return addresses of the account overview: every sort, filters, searches, near and far pages."""
    sorts = ("name", "-annual_value", "annual_value", "-lifetime_value", "required", "-answers", "coverage", "-score")
    sorts += ("manager", "renewal_on", "-contacts", "trend")
    filters = ("", "alert=silent", "silent=decision_maker", "q=Company+9", "manager=Manager+17", "band=detractor")
    filters += ("alert=short", "industry=industry+5&country=US")
    pages = (1, 2, accounts // 100, accounts // 50)
    asked = list(product(sorts, filters, pages))
    random.Random(7).shuffle(asked)
    return cycle([f"/accounts?wave=4&sort={sort}&{chosen}&page={page}" for sort, chosen, page in asked])


def measure(contacts: int) -> dict[str, float]:
    """Return the 95th percentile of each page in seconds, and the time of counting anew."""
    accounts = contacts // 10
    rng = random.Random(11)
    with installation() as settings:
        counted = stock(contacts)
        add_user(EMAIL, "Bench", PASSWORD)
        client = _logged_in(create_app(settings).test_client())
        addresses: Mapping[str, Iterator[str]] = {
            "Wave board": cycle([f"/waves/{number}" for number in range(1, WAVES + 1)]),
            "Account overview": overview_pages(accounts),
            "Answers and comments": cycle(ANSWER_PAGES),
            "Drivers": cycle([f"/drivers?wave={number}{cut}" for number in (1, 4) for cut in ("", "&level=user")]),
            "Segments": cycle([f"/segments?wave=4&by={by}" for by in ("level", "manager", "industry", "language")]),
            "Account page": (f"/accounts/{rng.randint(1, accounts)}?wave={rng.randint(1, 4)}" for _ in cycle((1,))),
        }
        found = {name: _percentile(client, these, rng, accounts) for name, these in addresses.items()}
        with db.reading() as session:
            invitations, answers = session.execute(_SIZE).one()
        return {**found, "anew": counted, "invitations": invitations, "answers": answers}


def _logged_in(client: FlaskClient) -> FlaskClient:
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", data={"csrf_token": token, "email": EMAIL, "password": PASSWORD, "next": "/"})
    assert answer.status_code == 303 or answer.status_code == 302, answer.status_code
    return client


def _percentile(client: FlaskClient, addresses: Iterator[str], rng: random.Random, accounts: int) -> float:
    """Return the 95th percentile of a page's seconds; answers arrive before each of them."""
    taken = []
    for _ in range(WARM + REQUESTS):
        _somebody_answers(rng, accounts)
        address = next(addresses)
        answers = []
        taken.append(timed(lambda at=address, into=answers: into.append(client.get(at))))  # type: ignore[misc]
        assert answers[0].status_code == 200, (address, answers[0].status_code)
    return quantiles(taken[WARM:], n=20)[-1]


def _somebody_answers(rng: random.Random, accounts: int) -> None:
    with db.transaction() as session:
        for _ in range(ANSWERS_A_REQUEST):
            session.execute(_ANSWER, {"wave_id": WAVES, "account_id": rng.randint(1, accounts)})


def figures(contacts: int) -> list[Figure]:
    """Return each page against its promise and against itself at a tenth of the size."""
    small, large = measure(contacts // 10), measure(contacts)
    size = f"{contacts:,} contacts, {large['invitations']:,.0f} invitations, {large['answers']:,.0f} answers"
    rows = []
    for name, promised in {**PROMISED, **BY_ANSWERS}.items():
        ratio, growth = large[name] / promised, large[name] / small[name]
        ours = f"{large[name] * 1000:.0f} ms"
        rows.append(Figure(f"{name}, p95", size, f"{promised * 1000:.0f} ms", ours, f"{ratio:.2f}", "≤ 1", ratio <= 1))
        if name in BY_ANSWERS:
            continue
        floor = f"{small[name] * 1000:.0f} ms"
        rows.append(Figure(f"{name}, growth", "at a tenth, at all", floor, ours, f"{growth:.2f}", "≤ 3", growth <= 3))
    return rows


if __name__ == "__main__":
    show(figures(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
