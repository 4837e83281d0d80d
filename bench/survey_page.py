"""Figure: a customer's page and answer against the least a web page can do, in the same server and the same run.

The floor of the page is a view with one indexed read and a minimal template, the floor of the answer one single-row
insert; both run in the same application, behind the same server, over the same connection pool. Half of the people
only look, as everybody does who comes from a mail; the other half answer, and look again at what they said.
`python -m bench.survey_page serve|load …` are the two processes the figure is made of.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response
from jinja2 import Template
from sqlalchemy import text

from app import create_app
from app.core import db
from app.core.serving import serve
from app.core.signing import Signer
from app.settings import Settings
from app.surveys.publishing import published_version
from app.surveys.respondent import by_link
from bench.harness import Figure, database, in_own_process, show, timed

PEOPLE = 2_000
"""So many look, and as many others answer."""

KINDS = ("floor-page", "page", "floor-post", "post", "answered")
REQUESTS = 4_000
ROUNDS = 2
AT_ONCE = 4
SECRET = "bench " * 8
MINIMAL = Template("<!doctype html><title>{{ name }}</title><p>{{ name }}", autoescape=True)

_COMPANY = """
    INSERT INTO account (external_id, name, name_key) VALUES ('A1', 'Company one', 'company one');
    INSERT INTO contact (account_id, external_id, first_name, email, email_key, language)
        SELECT 1, 'C' || n, 'First' || n, n || '@company.example', n || '@company.example', 'en'
        FROM generate_series(1, 2 * {people}) n;
    INSERT INTO campaign (name, survey_key, quota) VALUES ('Bench', 'relationship_nps', '{{}}');
    INSERT INTO wave (campaign_id, key, name, state, survey_version_id, quota, planned_for, ends_on)
        VALUES (1, 'q4', 'Q4', 'running', {version}, '{{}}', current_date, current_date + 30);
    INSERT INTO invitation (wave_id, account_id, contact_id, level, turn, closes_on, sent_at)
        SELECT 1, 1, id, 'user', id, current_date + 30, now() - interval '1 day' FROM contact;
    CREATE TABLE bench_floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, invitation_id bigint, score smallint);
"""


def with_floor(app: Flask) -> Flask:
    """Give the application the two views that stand for the least a page and a post can do."""

    @by_link
    def page(id: int) -> str:
        with db.reading() as session:
            query = text("SELECT first_name FROM contact WHERE id = :id")
            return MINIMAL.render(name=session.scalar(query, {"id": id}))

    @by_link
    def post(id: int) -> Response:
        with db.transaction() as session:
            session.execute(text("INSERT INTO bench_floor (invitation_id, score) VALUES (:id, 9)"), {"id": id})
        return Response(status=303, headers={"Location": "/"})

    app.add_url_rule("/floor/<int:id>", "floor_page", page, methods=["GET"])
    app.add_url_rule("/floor/<int:id>", "floor_post", post, methods=["POST"])
    return app


def settings(url: str, port: int) -> Settings:
    """Return the settings of an ordinary installation with one web process."""
    return Settings(
        database_url=url.replace("postgresql+psycopg", "postgresql"),
        redis_url="redis://127.0.0.1:1/0",
        secret_key=SECRET,
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        web_processes=1,
    )


def stock(url: str) -> None:
    """Make a company whose people are all invited."""
    db.connect(url)
    with db.transaction() as session:
        version = published_version(session, "relationship_nps").id
        session.execute(text(_COMPANY.format(people=PEOPLE, version=version)))
    db.engine().dispose()


@contextmanager
def serving(url: str, port: int) -> Iterator[None]:
    """Run the web server in a process of its own until the block ends."""
    command = [sys.executable, "-m", "bench.survey_page", "serve", url, str(port)]
    with Popen(command, stderr=PIPE) as server:
        try:
            _await(server, port)
            yield
        finally:
            server.terminate()


def _await(server: Popen[bytes], port: int) -> None:
    while server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            threading.Event().wait(0.1)
        else:
            return
    raise RuntimeError(server.stderr.read().decode() if server.stderr else "the server did not start")


def load(kind: str, port: int, round: int) -> None:
    """Ask for pages or post answers over a few kept connections; every post says something new."""
    threads = [threading.Thread(target=_visit, args=(kind, port, round, start)) for start in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _visit(kind: str, port: int, round: int, start: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    ask = _requests(kind, round)
    for number in range(start, REQUESTS, AT_ONCE):
        method, path, body = ask(number)
        headers = {"User-Agent": "Mozilla/5.0", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:  # the server may close a kept connection at any time
            connection.close()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 303):
            raise RuntimeError(f"{method} {path}: {answer.status}")


def _requests(kind: str, round: int) -> Callable[[int], tuple[str, str, str | None]]:
    signer = Signer(SECRET)

    def request(number: int) -> tuple[str, str, str | None]:
        id = 1 + number % PEOPLE  # who only looks
        answers = id + PEOPLE
        score = (number // PEOPLE + round * (REQUESTS // PEOPLE)) % 11
        body = urlencode({"step": "2", "score": score, "driver": "support", "comment.why": "It works."})
        link, answered = f"/s/{signer.sign('survey', id)}", f"/s/{signer.sign('survey', answers)}"
        return {
            "floor-page": ("GET", f"/floor/{id}", None),
            "page": ("GET", f"{link}?score=9", None),
            "floor-post": ("POST", f"/floor/{answers}", "score=9"),
            "post": ("POST", answered, body),
            "answered": ("GET", f"{answered}?step=2", None),
        }[kind]

    return request


def measure(port: int) -> dict[str, float]:
    """Return the requests per second of each kind."""
    seconds: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    with database() as url:
        stock(url)
        with serving(url, port):
            for kind in seconds:
                in_own_process("bench.survey_page", "load", kind, str(port), "9")  # warms both caches
            for round in range(ROUNDS):
                for kind in seconds:
                    run = in_own_process("bench.survey_page", "load", kind, str(port), str(round))
                    seconds[kind] += run["seconds"]
    return {kind: ROUNDS * REQUESTS / taken for kind, taken in seconds.items()}


def figures() -> list[Figure]:
    """Return the figures of the respondent's page; for a page filled with an answer nothing was promised."""
    rates = measure(18_480)
    return [
        _figure("Survey page, GET", rates["floor-page"], rates["page"], 0.6),
        _figure("Survey answer, POST", rates["floor-post"], rates["post"], 0.4),
        _figure("Survey page with an answer, GET", rates["floor-page"], rates["answered"], None),
    ]


def _figure(name: str, floor: float, ours: float, bound: float | None) -> Figure:
    size, ratio = f"{AT_ONCE} at a time, one web process", ours / floor
    promised = "-" if bound is None else f"≥ {bound}"
    return Figure(name, size, f"{floor:,.0f}/s", f"{ours:,.0f}/s", f"{ratio:.2f}", promised, ratio >= (bound or 0))


def main(arguments: list[str]) -> None:
    """Print the figures, or be one of the processes they need."""
    role: Any = arguments[0] if arguments else None
    if role == "serve":
        here = settings(arguments[1], int(arguments[2]))
        serve(lambda: with_floor(create_app(here)), here)
    elif role == "load":
        kind, port, round = arguments[1], int(arguments[2]), int(arguments[3])
        print(json.dumps({"seconds": timed(lambda: load(kind, port, round))}))
    else:
        show(figures())


if __name__ == "__main__":
    main(sys.argv[1:])
