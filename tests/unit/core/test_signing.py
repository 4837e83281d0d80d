"""Links nobody can forge."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.signing import Signer

SIGNER = Signer("a" * 64)
ids = st.integers(min_value=0, max_value=2**63 - 1)


@given(ids)
def test_a_token_leads_back_to_its_id(id: int) -> None:
    token = SIGNER.sign("survey", id)
    assert SIGNER.unsign("survey", token) == id
    assert len(token) == 32
    assert token == base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)).decode()


@given(ids)
def test_a_token_serves_its_purpose_only(id: int) -> None:
    assert SIGNER.unsign("unsubscribe", SIGNER.sign("survey", id)) is None


@given(ids)
def test_another_secret_does_not_open_it(id: int) -> None:
    assert Signer("b" * 64).unsign("survey", SIGNER.sign("survey", id)) is None


@given(ids, st.integers(0, 31), st.sampled_from("ABCDwxyz0189-_"))
def test_one_changed_character_spoils_it(id: int, place: int, character: str) -> None:
    token = SIGNER.sign("survey", id)
    changed = token[:place] + character + token[place + 1 :]
    assert (SIGNER.unsign("survey", changed) is None) == (changed != token)


@given(st.text(max_size=64))
def test_anything_else_is_no_token(text: str) -> None:
    assert SIGNER.unsign("survey", text) is None


@pytest.mark.parametrize("cut", [0, 1, 16, 31])
def test_a_cut_token_is_no_token(cut: int) -> None:
    assert SIGNER.unsign("survey", SIGNER.sign("survey", 7)[:cut]) is None
