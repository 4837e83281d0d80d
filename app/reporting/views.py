"""The pages that show what it means: the wave board, the account overview, the account sheet, the answers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.campaigns.deciding import WORDS
from app.core import navigation
from app.core.db import reading
from app.core.listing import page_asked, text_asked
from app.delivery.sending import definition_of
from app.reporting import answering
from app.reporting.account import account_sheet
from app.reporting.answering import answer_page
from app.reporting.board import Board, latest_wave_id, wave_board
from app.reporting.overview import FILTERS, SHORTAGE_ALERT, Wanted, account_overview
from app.reporting.rates import bounce_rate, completion_rate, participation_rate, response_rate
from app.reporting.waves import list_waves
from app.surveys.metrics import METRICS, display

pages = Blueprint("reporting", __name__, template_folder="templates")

LARGEST_ACCOUNTS = 20
RATES = {
    "response": response_rate,
    "bounce": bounce_rate,
    "completion": completion_rate,
    "participation": participation_rate,
}


@pages.get("/")
def home() -> str:
    """Show the board of the wave a visitor wants to see first."""
    with reading() as session:
        wave_id = latest_wave_id(session)
        return _board(session, wave_id) if wave_id is not None else render_template("reporting/nothing_yet.html")


@pages.get("/waves/<int:wave_id>")
def board(wave_id: int) -> str:
    """Show the board of a wave."""
    with reading() as session:
        return _board(session, wave_id)


def _board(session: Session, wave_id: int) -> str:
    found = wave_board(session, wave_id)
    largest = account_overview(session, Wanted(wave_id, per_page=LARGEST_ACCOUNTS))
    _show_in_view(session, found)
    return render_template(
        "reporting/board.html",
        board=found,
        rates={name: rate(found.counts) for name, rate in RATES.items()},
        lines=[_line(line) for line in found.lines if line.counts.roster or line.target],
        largest=[_row(row, wave_id) for row in largest.rows],
        score=_score(found),
    )


@pages.get("/accounts")
def accounts() -> str:
    """Show the account overview of a wave."""
    with reading() as session:
        wave_id = _wave_in_view(session)
        if wave_id is None:
            return render_template("reporting/nothing_yet.html")
        found = wave_board(session, wave_id)
        wanted = Wanted(
            wave_id,
            sort=request.args.get("sort", "-annual_value"),
            search=text_asked(),
            only=request.args.get("only", "all"),
            manager=text_asked("manager"),
            page=page_asked(),
        )
        overview = account_overview(session, wanted)
        _show_in_view(session, found)
        rows = [_row(row, wave_id) for row in overview.rows]
        return render_template(
            "reporting/accounts.html", board=found, overview=overview, rows=rows, wanted=wanted, filters=FILTERS
        )


@pages.get("/accounts/<int:account_id>")
def account(account_id: int) -> str:
    """Show one account in a wave: its people, why each is asked or not, and what they said."""
    with reading() as session:
        wave_id = _wave_in_view(session)
        sheet = account_sheet(session, account_id, wave_id)
        found = wave_board(session, wave_id) if wave_id is not None else None
        if found is not None:
            _show_in_view(session, found)
        return render_template(
            "reporting/account.html",
            sheet=sheet,
            board=found,
            levels=[_people_on(sheet.people, level, found) for level in Level],
            row=_row({**sheet.standing, "id": account_id}, wave_id) if sheet.standing else None,
            words=WORDS,
            shortage_alert=SHORTAGE_ALERT,
        )


@pages.get("/answers")
def answers() -> str:
    """Show what people said in a wave."""
    with reading() as session:
        wave_id = _wave_in_view(session)
        if wave_id is None:
            return render_template("reporting/nothing_yet.html")
        found = wave_board(session, wave_id)
        low, high = _band_asked(found.metric)
        wanted = answering.Wanted(
            wave_id, level=request.args.get("level", ""), low=low, high=high, search=text_asked(), page=page_asked()
        )
        page = answer_page(session, wanted)
        _show_in_view(session, found)
        rows = [_said(row, found) for row in page.rows]
        return render_template(
            "reporting/answers.html", board=found, page=page, rows=rows, wanted=wanted, per_page=answering.PER_PAGE
        )


def _wave_in_view(session: Session) -> int | None:
    given = request.args.get("wave", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else latest_wave_id(session)


def _show_in_view(session: Session, found: Board) -> None:
    """Name campaign and wave in the top bar, and keep the kind of page when another wave is chosen."""
    endpoint = "reporting.board" if request.endpoint in ("reporting.home", "reporting.board") else request.endpoint

    def address(wave_id: int) -> str:
        key = "wave_id" if endpoint == "reporting.board" else "wave"
        return url_for(endpoint or "reporting.home", **{**(request.view_args or {}), key: wave_id})

    others = tuple((wave.name, address(wave.id)) for wave in list_waves(session) if wave.id != found.wave.id)
    navigation.show(
        navigation.InView(
            campaign=found.campaign.name,
            wave=found.wave.name,
            href=url_for("reporting.board", wave_id=found.wave.id),
            others=others,
        )
    )


def _line(line: Any) -> dict[str, Any]:
    return {
        "level": line.level,
        "roster": line.counts.roster,
        "sent": line.counts.sent,
        "answered": line.counts.answered,
        "response": response_rate(line.counts),
        "target": line.target or None,
        "heard": line.heard if line.target else None,
        "coverage": line.coverage,
    }


def _row(row: dict[str, Any], wave_id: int | None) -> dict[str, Any]:
    """Return a row of accounts with its address and the seats of each level for the glyph."""
    seats = {
        level: {
            "answered": row[f"answers_{level}"],
            "asked": max(row[f"seats_{level}"] - row[f"answers_{level}"], 0),
            "nobody": max(row[f"target_{level}"] - row[f"seats_{level}"], 0),
            "target": row[f"target_{level}"],
        }
        for level in (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)
    }
    href = url_for("reporting.account", account_id=row["id"], wave=wave_id)
    return {**row, "seats": seats, "href": href, "alert": SHORTAGE_ALERT if row["shortage"] else None}


def _people_on(people: list[dict[str, Any]], level: Level, found: Board | None) -> dict[str, Any]:
    there = [_said(person, found) for person in people if person["level"] == level]
    return {"level": level, "people": there}


def _said(row: dict[str, Any], found: Board | None) -> dict[str, Any]:
    """Return a person's row with the band of the score and the reasons in words."""
    if found is None or row.get("score") is None:
        return {**row, "band": None, "reasons": []}
    definition = definition_of(found.wave.survey_version_id)
    language = definition.default_language
    reasons = [definition.driver_label(driver, language) for driver in row["drivers"]]
    href = (
        url_for("reporting.account", account_id=row["account_id"], wave=found.wave.id) if "account_id" in row else None
    )
    return {**row, "band": METRICS[found.metric].band(row["score"]), "reasons": reasons, "href": href}


def _score(found: Board) -> dict[str, str] | None:
    score = found.score
    if score is None:
        return None
    digits = 1 if found.metric == "ces" else 0
    parts = {"value": score.value, "low": score.low, "high": score.high}
    return {"n": str(score.n), **{name: display(part, digits) for name, part in parts.items()}}


def _band_asked(metric: str) -> tuple[int, int]:
    """Return the lowest and highest score of the band in the address, or of the whole scale."""
    scale = METRICS[metric].scale
    band = request.args.get("band")
    scores = [score for score in scale if METRICS[metric].band(score) == band] or list(scale)
    return scores[0], scores[-1]
