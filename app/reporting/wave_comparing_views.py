"""The page that holds a wave against the one before, or another one of its campaign."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for

from app.core import navigation
from app.core.errors import NotFound
from app.core.listing import text_asked
from app.core.navigation import InView
from app.reporting.standing import counted
from app.reporting.wave_comparing import Compared, comparable, compare_waves
from app.surveys.metrics import Score, display

pages = Blueprint("wave_comparing", __name__, template_folder="templates")


@pages.get("/waves/<int:wave_id>/compare")
def show(wave_id: int) -> str:
    """Show a wave beside the one in the address, else the campaign's wave before."""
    given = text_asked("with")
    other = int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None
    with counted() as session:
        found = compare_waves(session, wave_id, None if other == wave_id else other)
        board = found.now if isinstance(found, Compared) else found
        if isinstance(found, Compared) and found.before.wave.campaign_id != board.wave.campaign_id:
            raise NotFound("There is no such wave in this campaign.")
        others = [(wave.name, _beside(wave_id, wave.id)) for wave in comparable(session, board)]
    navigation.show(InView(board.campaign.name, board.wave.name, url_for("reporting.board", wave_id=wave_id)))
    return render_template(
        "reporting/wave_compare.html",
        found=found if isinstance(found, Compared) else None,
        board=board,
        others=others,
        scores=[_written(score, board.metric) for score in found.scores or ()] if isinstance(found, Compared) else [],
    )


def _beside(wave_id: int, other: int) -> str:
    values: dict[str, Any] = {"wave_id": wave_id, "with": other}  # a word of the language, so no keyword
    return url_for("wave_comparing.show", **values)


def _written(score: Score, metric: str) -> dict[str, str]:
    digits = 1 if metric == "ces" else 0
    parts = {"value": score.value, "low": score.low, "high": score.high}
    return {"n": str(score.n), **{name: display(part, digits) for name, part in parts.items()}}
