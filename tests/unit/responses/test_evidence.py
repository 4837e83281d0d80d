"""A person is never taken for a machine by one sign alone, and what presses everything is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.responses.evidence import Evidence, is_known_agent, seconds_between, verdict

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SEVERITY = ("human", "suspect", "machine")

EVIDENCE = st.builds(
    Evidence,
    seconds=st.none() | st.floats(0, 1e6),
    scores=st.integers(1, 11),
    agent=st.booleans(),
    trap=st.booleans(),
    scanned=st.booleans(),
)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(), "human"),
        (Evidence(seconds=3600), "human"),
        (Evidence(seconds=10), "human"),
        (Evidence(seconds=9.9), "suspect"),
        (Evidence(seconds=3600, scanned=True), "human"),
        (Evidence(seconds=3, scanned=True), "machine"),
        (Evidence(seconds=3600, scores=2), "suspect"),
        (Evidence(seconds=3, scores=2), "machine"),
        (Evidence(seconds=3600, scores=3), "machine"),
        (Evidence(seconds=3600, agent=True), "machine"),
        (Evidence(seconds=3600, trap=True), "machine"),
    ],
)
def test_the_verdict_follows_the_signs(evidence, expected):
    assert verdict(evidence) == expected


@given(EVIDENCE)
def test_more_signs_never_speak_for_a_person(evidence):
    worse = [
        replace(evidence, seconds=1.0),
        replace(evidence, scores=evidence.scores + 1),
        replace(evidence, agent=True),
        replace(evidence, trap=True),
        replace(evidence, scanned=True),
    ]
    before = SEVERITY.index(verdict(evidence))
    assert all(SEVERITY.index(verdict(other)) >= before for other in worse)


@given(EVIDENCE)
def test_stored_evidence_comes_back_and_gives_the_same_verdict(evidence):
    assert Evidence.of(evidence.as_json()) == evidence


def test_evidence_of_another_age_can_be_read():
    assert Evidence.of({"scores": 2, "colour": "blue"}) == Evidence(scores=2)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Linux; Android 15; CUBOT P80) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
    ],
)
def test_browsers_are_no_scanners(agent):
    assert not is_known_agent(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "  ",
        "curl/8.5",
        "python-requests/2.32",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/140.0",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "BarracudaCentral/1.0",
        "Mimecast Link Scanner",
    ],
)
def test_known_programs_are(agent):
    assert is_known_agent(agent)


def test_seconds_are_counted_forward_only():
    assert seconds_between(NOW, NOW + timedelta(minutes=2)) == 120
    assert seconds_between(NOW, NOW - timedelta(seconds=1)) is None
    assert seconds_between(None, NOW) is None
