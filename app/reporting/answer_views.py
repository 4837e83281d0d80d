"""The answers of a wave."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.core.db import reading
from app.core.listing import page_asked, text_asked
from app.reporting.answering import PER_PAGE, Wanted, answer_page
from app.reporting.board import wave_board
from app.reporting.viewing import said_in_words, show_in_view, wave_in_view
from app.surveys.metrics import METRICS

pages = Blueprint("answers", __name__, template_folder="templates")


@pages.get("/answers")
def index() -> str:
    """Show what people said in a wave."""
    with reading() as session:
        wave_id = wave_in_view(session)
        if wave_id is None:
            return render_template("reporting/nothing_yet.html")
        found = wave_board(session, wave_id)
        low, high = _band_asked(found.metric)
        wanted = Wanted(wave_id, level=text_asked("level"), low=low, high=high, search=text_asked(), page=page_asked())
        page = answer_page(session, wanted)
        show_in_view(session, found)
        rows = [said_in_words(row, found) for row in page.rows]
        return render_template(
            "reporting/answers.html", board=found, page=page, rows=rows, wanted=wanted, per_page=PER_PAGE
        )


def _band_asked(metric: str) -> tuple[int, int]:
    """Return the lowest and highest score of the band in the address, or of the whole scale."""
    scale = METRICS[metric].scale
    band = request.args.get("band")
    scores = [score for score in scale if METRICS[metric].band(score) == band] or list(scale)
    return scores[0], scores[-1]
