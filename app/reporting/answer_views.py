"""What people said: the answers and comments of a wave or of all, and one answer with its story."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from sqlalchemy.orm import Session

from app.core import navigation
from app.core.db import reading
from app.core.listing import text_asked
from app.core.navigation import url_with
from app.core.safe_csv import csv_pieces
from app.core.saved_view_pages import bar
from app.reporting.anonymity import Anonymity
from app.reporting.answer import answer_sheet
from app.reporting.answer_filters import ALL_WAVES, choices, filters_in_force, plain_filters, wanted_answers
from app.reporting.answering import PER_PAGE, answer_page, stream_answers, unnamed_comments
from app.reporting.comment_search import marked
from app.reporting.cuts import LEVEL, answers_by
from app.reporting.driver_names import DriverNames, driver_names
from app.reporting.saying import HEADER, csv_line, finest, in_words
from app.reporting.seen import Seen, seen
from app.reporting.viewing import show_in_view, wave_in_view
from app.surveys.metrics import METRICS
from app.surveys.published import published

pages = Blueprint("answers", __name__, template_folder="templates")


@pages.get("/answers")
def index() -> str:
    """Show what people said in a wave, or in all of them."""
    with reading() as session:
        found = _in_view(session)
        if found is None and not _all_waves():
            return render_template("reporting/nothing_yet.html")
        if found is not None and not found.anonymity.named:
            show_in_view(session, found)
            return _unnamed_page(session, found)
        return _named_page(session, found)


@pages.get("/answers.csv")
def as_csv() -> Response:
    """Return the answers that the page shows, all its pages; of an anonymous survey the bare comments."""
    with reading() as session:
        _in_view(session)  # an unknown wave is said before anything is streamed
    headers = {"Content-Disposition": 'attachment; filename="answers.csv"'}
    return Response(stream_with_context(_csv()), mimetype="text/csv", headers=headers)


@pages.get("/answers/<int:invitation_id>")
def show(invitation_id: int) -> str:
    """Show one answer: what it says, every revision, and who or what gave it."""
    with reading() as session:
        sheet = answer_sheet(session, invitation_id)
        asked = seen(session, sheet.wave_id)
        here = url_for("reporting.board", wave_id=asked.wave.id)
        navigation.show(navigation.InView(asked.campaign.name, asked.wave.name, here))
        if sheet.answer is None:
            return render_template("reporting/answer_anonymous.html", wave_id=sheet.wave_id)
        names = driver_names(session, [sheet.answer["survey_version_id"]])
        definition = published(sheet.answer["survey_version_id"]).definition
        return render_template(
            "reporting/answer.html",
            answer=in_words(sheet.answer),
            names=names,
            definition=definition,
            revisions=[_revision(row, names, sheet.answer["survey_version_id"]) for row in sheet.revisions],
        )


def _in_view(session: Session) -> Seen | None:
    wave_id = None if _all_waves() else wave_in_view(session)
    return None if wave_id is None else seen(session, wave_id)


def _all_waves() -> bool:
    return request.args.get("wave") == ALL_WAVES or bool(text_asked("campaign"))


def _named_page(session: Session, found: Seen | None) -> str:
    wanted = wanted_answers(None if found is None else found.wave.id)
    page = answer_page(session, wanted)
    if found is not None:
        show_in_view(session, found)
    names = driver_names(session, [found.wave.survey_version_id]) if found else DriverNames(())
    return render_template(
        "reporting/answers.html",
        seen=found,
        page=page,
        rows=[in_words(row, wanted.search) for row in page.rows],
        wanted=wanted,
        per_page=PER_PAGE,
        filters=filters_in_force(wanted, names),
        choices=choices(session, wanted, names, found),
        plain=plain_filters(),
        csv=url_with().replace("/answers", "/answers.csv", 1),
        views=bar("answers.index"),
    )


def _unnamed_page(session: Session, found: Seen) -> str:
    n, hidden = _opened(session, found)
    search = text_asked()
    comments = [] if hidden else unnamed_comments(session, found.wave.id, search)
    return render_template(
        "reporting/answers_unnamed.html",
        seen=found,
        n=n,
        hidden=hidden,
        comments=[marked(comment, search) for comment in comments],
        csv=url_for("answers.as_csv", wave=found.wave.id, q=search or None),
    )


def _opened(session: Session, found: Seen) -> tuple[int, str | None]:
    """Return how many answered an anonymous survey, and why what they said is not shown."""
    allowed: Anonymity = found.anonymity
    n = sum(answers_by(session, found.wave.id, LEVEL).values())
    return n, allowed.why(n)


def _csv() -> Iterator[str]:
    with reading() as session:
        found = _in_view(session)
        if found is not None and not found.anonymity.named:
            _, hidden = _opened(session, found)
            comments = [] if hidden else unnamed_comments(session, found.wave.id, text_asked())
            yield from csv_pieces(("Comment",), ((comment,) for comment in comments))
            return
        if found is None and not _all_waves():
            yield from csv_pieces(HEADER, [])
            return
        wanted = wanted_answers(None if found is None else found.wave.id)
        yield from csv_pieces(HEADER, map(csv_line, stream_answers(session, wanted)))


def _revision(row: dict[str, Any], names: DriverNames, version_id: int) -> dict[str, Any]:
    said = row["said"]
    metric = METRICS[published(version_id).definition.metric]
    score = said.get("score")
    return {
        **row,
        "score": score,
        "band": metric.band(score) if score in metric.scale else None,
        "reasons": [names.full(path) for path in finest(said.get("drivers") or [])],
        "comments": list((said.get("comments") or {}).values()),
        "complete": bool(said.get("complete")),
    }
