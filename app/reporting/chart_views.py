"""Charts of a wave: as pictures for pages, mails and slides, and as a page with the table behind each."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.reporting.board import Board, wave_board
from app.reporting.charts.drawing import MIMETYPES, DrawingError, Form, Order, picture
from app.reporting.charts.inks import Theme
from app.reporting.standing import counted
from app.reporting.viewing import show_in_view
from app.reporting.wave_charts import WaveChart, charts_there

log = logging.getLogger(__name__)

pages = Blueprint("charts", __name__, template_folder="templates")


@pages.get("/waves/<int:wave_id>/charts/<name>")
def show(wave_id: int, name: str) -> str:
    """Show a chart of a wave, and its figures as a table."""
    with counted() as session:
        board, chart = _chart(session, wave_id, name)
        rows = [row._asdict() for row in chart.rows(session, board)]
        show_in_view(session, board)
    return render_template("reporting/chart.html", board=board, chart=chart, name=name, rows=rows)


@pages.get("/waves/<int:wave_id>/charts/<name>.svg")
def as_svg(wave_id: int, name: str) -> Response:
    """Return a chart of a wave for a page."""
    return _drawn(wave_id, name, "svg")


@pages.get("/waves/<int:wave_id>/charts/<name>.png")
def as_png(wave_id: int, name: str) -> Response:
    """Return a chart of a wave for mails and slides."""
    return _drawn(wave_id, name, "png")


def _drawn(wave_id: int, name: str, form: Form) -> Response:
    with counted() as session:
        board, chart = _chart(session, wave_id, name)
        rows = chart.rows(session, board)
    return chart_response(Order(chart.module, rows, theme_asked(), form), f"{board.wave.key} {name}")


def _chart(session: Session, wave_id: int, name: str) -> tuple[Board, WaveChart]:
    board = wave_board(session, wave_id)
    chart = charts_there(board).get(name)
    if chart is None:
        raise NotFound("There is no such chart, or nothing to draw yet.")
    return board, chart


def theme_asked() -> Theme:
    """Return the theme in the address: dark, else light."""
    return "dark" if request.args.get("theme") == "dark" else "light"


def chart_response(order: Order, filename: str) -> Response:
    """Return a picture, or that the browser has it already; browsers keep it and ask each time whether it still holds.

    A picture that cannot be drawn is 503: the page around it stands, and so does the table behind it.
    """
    response = Response(mimetype=MIMETYPES[order.form])
    response.set_etag(order.key)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie"
    if order.key in request.if_none_match:
        response.status_code = 304
        return response
    try:
        response.set_data(picture(order))
    except DrawingError:
        log.exception("the chart %s could not be drawn", order.chart)
        return Response("This chart cannot be drawn just now.\n", 503, mimetype="text/plain")
    if order.form == "png":
        response.headers.set("Content-Disposition", "attachment", filename=f"{filename}.png")
    return response
