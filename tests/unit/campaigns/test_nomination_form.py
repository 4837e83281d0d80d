"""What account managers type: taken as it is meant, or refused next to its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.models import Level
from app.campaigns.nomination_form import FIELDS, Person, read_person, read_reason

ADA = {
    "first_name": " Ada ",
    "last_name": "Byrne",
    "email": "Ada@Harbour.example",
    "job_title": "",
    "level": "influencer",
    "language": "German",
}


def test_a_person_is_read() -> None:
    person, faults = read_person(ADA)
    assert faults == {}
    assert person == Person("Ada", "Byrne", "Ada@Harbour.example", "ada@harbour.example", None, Level.INFLUENCER, "de")


def test_one_name_is_enough() -> None:
    person, _ = read_person(ADA | {"first_name": "", "last_name": "李"})
    assert person is not None
    assert person.last_name == "李"


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"first_name": "\u200b", "last_name": " "}, {"last_name"}),
        ({"first_name": "=1+1"}, {"first_name"}),
        ({"job_title": "x" * 201}, {"job_title"}),
        ({"email": ""}, {"email"}),
        ({"email": "ada@localhost"}, {"email"}),
        ({"level": ""}, {"level"}),
        ({"level": "LEVEL"}, {"level"}),
        ({"language": "Martian"}, {"language"}),
        ({"email": "x", "level": "x", "language": "x"}, {"email", "level", "language"}),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field(typed: dict[str, str], fields: set[str]) -> None:
    person, faults = read_person(ADA | typed)
    assert (person, faults.keys()) == (None, fields)
    assert all(sentence.endswith((".", ";")) for sentence in faults.values())


@given(st.fixed_dictionaries({name: st.text(max_size=30) for name in FIELDS}))
def test_whatever_is_typed_is_a_person_or_faults_at_known_fields(typed: dict[str, str]) -> None:
    person, faults = read_person(typed)
    assert (person is None) == bool(faults)
    assert faults.keys() <= set(FIELDS)


@pytest.mark.parametrize(("typed", "read"), [("  In a dispute ", "In a dispute"), ("no", None), ("x" * 501, None)])
def test_a_reason_has_to_be_one(typed: str, read: str | None) -> None:
    assert read_reason(typed) == read
