"""What `quorum report` tells of an anonymous survey: as much as the pages do."""

from __future__ import annotations

import pytest
from flask import Flask

from app.accounts.models import Level
from app.commands.reports import board_as_json
from app.reporting.board import wave_board
from app.reporting.standing import counted
from tests.support.company import Person, add_account
from tests.support.heard import asked, finish, say


def told(wave_id: int) -> object:
    with counted() as session:
        return board_as_json(wave_board(session, wave_id))["score"]


@pytest.mark.parametrize(("answers", "score"), [(4, None), (5, 100.0)])
def test_an_anonymous_score_opens_with_the_end_of_its_wave(
    application: Flask, answers: int, score: float | None
) -> None:
    add_account("S1", 10_000_000, [Person(f"E{place}", Level.USER) for place in range(9)])
    wave_id = asked(survey="enps")
    for place in range(answers):
        say(wave_id, f"E{place}", 9, [], "")
    assert told(wave_id) is None
    finish(wave_id)
    assert told(wave_id) == score
