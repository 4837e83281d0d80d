"""What people say keeps to the survey and tells the story the demo is for."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.demo import opinions as module
from app.demo.customers import customers
from app.demo.opinions import LARGE, Invited, Opinion, opinion, opinions
from app.surveys.definition import Definition, definitions
from app.surveys.metrics import METRICS

DEFINITION = definitions()["relationship_nps"]
LEVELS = ("decision_maker", "influencer", "user")

everybody = st.builds(
    Invited,
    account=st.text(max_size=20),
    annual_value=st.none() | st.decimals(0, 10_000_000, places=2),
    level=st.sampled_from((*LEVELS, "unknown")),
    industry=st.none() | st.sampled_from(("Logistics", "Retail", "Beekeeping")),
    language=st.sampled_from((None, "en", "de", "de-AT", "pt-BR", "ja")),
    first_name=st.none() | st.text(max_size=10),
)


def invited() -> Iterator[Invited]:
    """Fifteen people of every customer, five on each level."""
    for customer in customers():
        value = None if customer.value is None else Decimal(customer.value)
        for level in LEVELS * 5:
            language = "de" if customer.country in ("DE", "AT") else "en"
            yield Invited(customer.name, value, level, customer.industry, language, "Ylva")


@pytest.fixture(scope="module")
def told() -> list[tuple[Invited, Opinion | None]]:
    people = list(invited())
    return list(zip(people, opinions(people, DEFINITION, random.Random(7)), strict=True))


def answered(told: list[tuple[Invited, Opinion | None]], *levels: str) -> list[tuple[Invited, Opinion]]:
    return [(person, said) for person, said in told if said and (not levels or person.level in levels)]


def nps(told: list[tuple[Invited, Opinion]]) -> Fraction:
    score = METRICS["nps"].score([said.score for _, said in told])
    assert score is not None
    return score.value


@given(everybody, st.integers())
def test_an_opinion_keeps_to_the_survey(person: Invited, seed: int):
    said = opinion(person, DEFINITION, random.Random(seed))
    assert said == opinion(person, DEFINITION, random.Random(seed))
    if said is None:
        return
    assert said.score in DEFINITION.scale
    assert said.language == next((tag for tag in ("de", "pt", "ja") if (person.language or "").startswith(tag)), "en")
    assert list(said.drivers) == [path for path in DEFINITION.driver_paths if path in said.drivers]
    assert {path.partition("/")[0] for path in said.drivers} <= set(said.drivers)
    assert bool(said.drivers) == said.complete
    assert said.complete or said.comment is None
    assert said.comment is None or ("{" not in said.comment and said.comment == said.comment.strip())


@given(everybody, st.integers())
def test_another_survey_gets_its_own_scale_and_reasons(person: Invited, seed: int):
    said = opinion(person, short_survey(), random.Random(seed))
    if said:
        assert said.score in range(1, 6)
        assert set(said.drivers) <= {"speed", "support", "support/tone"}
        assert said.language == "de"


@cache
def short_survey() -> Definition:
    """A CSAT survey in German only, with reasons the comments know little about."""
    plain = yaml.safe_load(DEFINITION.model_dump_json())
    german = only_german(plain) | {"metric": "csat", "languages": ["de"], "default_language": "de"}
    word = {"de": ["Wort"]}
    german["questions"]["drivers"] = [
        {"key": "speed", "label": word},
        {"key": "support", "label": word, "drivers": [{"key": "tone", "label": word}]},
    ]
    return Definition.model_validate(german)


def only_german(part):
    if isinstance(part, list):
        return [only_german(item) for item in part]
    if isinstance(part, dict):
        return {"de": part["de"]} if "de" in part else {key: only_german(value) for key, value in part.items()}
    return part


def test_between_a_third_and_two_fifths_answer_and_some_stop_after_the_score(told):
    share = len(answered(told)) / len(told)
    assert 0.34 < share < 0.42
    stopped = sum(not said.complete for _, said in answered(told))
    assert 0.05 < stopped / len(answered(told)) < 0.13


def test_users_answer_more_and_are_happier(told):
    heard = {person.account for person, _ in answered(told)}
    asked = Counter(person.level for person, _ in told if person.account in heard)
    shares = {level: Fraction(len(answered(told, level)), count) for level, count in asked.items()}
    assert shares["user"] > shares["influencer"] > shares["decision_maker"]
    assert nps(answered(told, "user")) > nps(answered(told, "influencer")) > nps(answered(told, "decision_maker"))


def test_those_who_decide_at_the_largest_are_silent_or_cross():
    people = [person for person in invited() if person.level == "decision_maker" and (person.annual_value or 0) > LARGE]
    rng = random.Random(7)
    told = [(person, opinion(person, DEFINITION, rng)) for person in people * 10]
    assert len(answered(told)) < 0.3 * len(told)
    assert nps(answered(told)) < -40
    smaller = [(person, opinion(replace(person, annual_value=LARGE - 1), DEFINITION, rng)) for person, _ in told]
    assert nps(answered(smaller)) > nps(answered(told)) + 30


def test_some_of_the_largest_say_nothing_at_all(told):
    heard = {person.account for person, _ in answered(told)}
    large = {person.account: person.annual_value for person, _ in told if (person.annual_value or 0) >= LARGE}
    silent = large.keys() - heard
    assert 2 <= len(silent) < len(large) / 2
    assert max(large, key=lambda account: large[account] or 0) in silent


def test_support_and_implementation_cost_points_and_account_management_earns_them(told):
    worth: Counter[str] = Counter()
    for _, said in answered(told):
        step = {"promoter": 1, "passive": 0, "detractor": -1}[DEFINITION.band(said.score)]
        worth.update({path: step for path in said.drivers if "/" not in path})
    assert worth["support"] < 0
    assert worth["implementation"] < 0
    assert worth["account_management"] == max(worth.values()) > 0


def test_a_remark_speaks_of_a_reason_that_was_ticked_and_nobody_repeats_it(told):
    path_of = {
        words.format(first_name="Ylva"): path
        for language in DEFINITION.languages
        for band in ("promoter", "passive", "detractor")
        for path, words in module._remarks(language, band)
    }
    remarks = [(said.comment, said.drivers) for _, said in answered(told) if said.comment]
    assert len(remarks) > 50
    assert all(path_of[comment] in drivers for comment, drivers in remarks)
    assert len({comment for comment, _ in remarks}) == len(remarks)


def test_remarks_name_reasons_of_the_survey_in_every_language_of_its_people():
    for language, least in {
        "en": 60,
        "de": 40,
        **dict.fromkeys(("fr", "es", "it", "pt", "nl", "sv", "pl", "ja"), 6),
    }.items():
        remarks = [remark for band in module._TOPICS for remark in module._remarks(language, band)]
        assert {remark.path for remark in remarks} <= set(DEFINITION.driver_paths)
        assert len({remark.words for remark in remarks}) == len(remarks) >= least
