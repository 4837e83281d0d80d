"""The drivers of a wave: what lifts the score and what costs it, and the revenue that goes with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from textwrap import shorten
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts.discretion import exact, told
from app.accounts.models import Level
from app.core.db import reading
from app.core.errors import NotFound
from app.core.formats import money_short, number
from app.core.safe_csv import csv_pieces
from app.reporting.answering import WITHOUT_DRIVER
from app.reporting.chart_views import chart_response, theme_asked
from app.reporting.charts import driver_bars
from app.reporting.charts.drawing import Form, Order
from app.reporting.cuts import LEVEL, Cut, answers_by, may_be_cut
from app.reporting.cutting import chips, cut_asked, level_choices, parameters
from app.reporting.driver_counting import DriverReport, driver_report
from app.reporting.driver_names import DriverNames, driver_names
from app.reporting.drivers import NONE, Driver, Drivers
from app.reporting.seen import Seen, seen
from app.reporting.viewing import show_in_view, wave_in_view
from app.surveys.metrics import BANDS, METRICS, rounded

pages = Blueprint("drivers", __name__, template_folder="templates")

SCORE_WORDS = {
    "nps": ("NPS", "points of the NPS"),
    "enps": ("eNPS", "points of the eNPS"),
    "csat": ("CSAT", "points of the share that is satisfied (4 or 5)"),
    "ces": ("Easy", "points of the share that found it easy (5 to 7)"),
}
"""Metric → what the contributions add up to, in short and at length."""

MOST_BARS = 20

TOO_SMALL = "Anonymous survey: this part of the answers is too small, or could be subtracted from another."

HEADER = (
    *("Driver key", "Driver", "Tier", "Retired", "Answers"),
    *("Points", "Points from promoters", "Points from detractors"),
    *("Revenue with promoters", "Revenue with passives", "Revenue with detractors", "Net revenue", "Currency"),
    "Answers without a known value",
)


@dataclass(frozen=True)
class Shown:
    """What a page of drivers is made of; `report` is None where an anonymous survey may not show it."""

    seen: Seen
    cut: Cut
    report: DriverReport | None
    names: DriverNames
    hidden: str | None = None


@pages.get("/drivers")
def index() -> str:
    """Show what lifts the score of a wave and what costs it."""
    with reading() as session:
        wave_id = wave_in_view(session)
        if wave_id is None:
            return render_template("reporting/nothing_yet.html")
        shown = _shown(session, wave_id)
        show_in_view(session, shown.seen)
        return _page(session, shown)


@pages.get("/drivers.csv")
def as_csv() -> Response:
    """Return the drivers that the page shows, one line each."""
    headers = {"Content-Disposition": 'attachment; filename="drivers.csv"'}
    return Response("".join(_csv()), mimetype="text/csv", headers=headers)


@pages.get("/drivers.svg")
def as_svg() -> Response:
    """Return the drivers as a chart for a page."""
    return _drawn("svg")


@pages.get("/drivers.png")
def as_png() -> Response:
    """Return the drivers as a chart for mails and slides."""
    return _drawn("png")


def _drawn(form: Form) -> Response:
    with reading() as session:
        wave_id = wave_in_view(session)
        shown = _shown(session, wave_id) if wave_id is not None else None
        rows = _bars(shown) if shown is not None else []
    if shown is None or not rows:
        raise NotFound("There are no drivers to draw yet.")
    return chart_response(Order("driver_bars", rows, theme_asked(), form), f"{shown.seen.wave.key} drivers")


def _bars(shown: Shown) -> list[driver_bars.Row]:
    """Return the tier-1 drivers as a chart draws them; no bar of money for whoever sees buckets only."""
    money, currency = exact(), shown.seen.wave.currency
    rows = _rows(shown, shown.report) if shown.report else []
    return [
        driver_bars.Row(
            shorten(row["label"], 40, placeholder=" …"),
            float(row["contribution"]),
            number(row["contribution"], 1),
            float(row["net"]) if money and row["valued"] else None,
            money_short(row["net"], currency) if money and row["valued"] else "",
        )
        for row in rows[:MOST_BARS]
    ]


def _csv() -> Iterator[str]:
    with reading() as session:
        wave_id = wave_in_view(session)
        shown = _shown(session, wave_id) if wave_id is not None else None
        if shown is None or shown.report is None:
            yield from csv_pieces(HEADER, [])
            return
        currency = shown.seen.wave.currency
        rows = (row for top in _rows(shown, shown.report) for row in (top, *top["children"]))
        yield from csv_pieces(HEADER, (_csv_line(row, currency) for row in rows))


def _csv_line(row: dict[str, Any], currency: str) -> tuple[object, ...]:
    points = (rounded(row[name], 4) for name in ("contribution", "positive", "negative"))
    amounts = (told(rounded(row[name], 2), currency) for name in ("promoter", "passive", "detractor", "net"))
    told_amounts = amounts if row["valued"] else ("", "", "", "")
    named = (row["path"], row["full"], row["tier"], "yes" if row["retired"] else "no", row["answers"])
    return (*named, *points, *told_amounts, currency, row["answers"] - row["valued"])


def _shown(session: Session, wave_id: int) -> Shown:
    found, cut = seen(session, wave_id), cut_asked()
    names = driver_names(session, [found.wave.survey_version_id])
    allowed = found.anonymity
    if not may_be_cut(session, wave_id, cut, allowed):
        return Shown(found, cut, None, names, TOO_SMALL)
    report = driver_report(session, wave_id, found.metric, cut)
    hidden = allowed.why(report.drivers.n)
    return Shown(found, cut, None if hidden else report, names, hidden)


def _page(session: Session, shown: Shown) -> str:
    rows = _rows(shown, shown.report) if shown.report else []
    named = [row for row in rows if row["path"] != NONE]
    unvalued = sum(row["answers"] - row["valued"] for row in rows) if shown.seen.anonymity.named else 0
    return render_template(
        "reporting/drivers.html",
        seen=shown.seen,
        hidden=shown.hidden,
        drivers=shown.report.drivers if shown.report else None,
        score=METRICS[shown.seen.metric].score(shown.report.scores) if shown.report else None,
        words=SCORE_WORDS[shown.seen.metric],
        rows=rows,
        costliest=min(named, key=lambda row: row["contribution"], default=None),
        dearest=max(named, key=lambda row: row["detractor"], default=None),
        levels=_levels(session, shown),
        unvalued=unvalued,
        chips=chips(shown.cut),
        choices=level_choices(shown.cut),
        query=parameters(shown.cut),
    )


def _rows(shown: Shown, report: DriverReport) -> list[dict[str, Any]]:
    """Return the tier-1 drivers, what costs most first, each with the tier-2 drivers under it."""
    rows = [_row(shown, report.drivers, path, driver) for path, driver in report.drivers.tops.items()]
    for row in rows:
        under = report.drivers.under(row["path"])
        children = [_row(shown, report.drivers, path, driver) for path, driver in under.items()]
        row["children"] = sorted(children, key=_order) if any(not path.endswith("/") for path in under) else []
    return sorted(rows, key=_order)


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["path"] == NONE, row["contribution"], row["label"]


def _row(shown: Shown, drivers: Drivers, path: str, driver: Driver) -> dict[str, Any]:
    amounts: dict[str, Fraction] = {band: driver.revenue.of(band) for band in BANDS}
    return {
        "path": path,
        "label": shown.names.label(path),
        "full": shown.names.full(path),
        "tier": 2 if "/" in path else 1,
        "retired": shown.names.retired(path),
        "answers": int(driver.answers.of()),
        "valued": int(driver.valued.of()),
        "contribution": drivers.contribution(driver),
        "positive": drivers.contribution(driver, "promoter"),
        "negative": drivers.contribution(driver, "detractor"),
        **amounts,
        "net": amounts["promoter"] - amounts["detractor"],
        "children": [],
        "links": _links(shown, path),
    }


def _links(shown: Shown, path: str) -> dict[str, str]:
    """Return the addresses of the answers behind a driver, of all and by band; none where people stay unnamed."""
    if not shown.seen.anonymity.named:
        return {}
    of: dict[str, Any] = {"wave": shown.seen.wave.id, "driver": path or WITHOUT_DRIVER, **parameters(shown.cut)}
    bands = {band: url_for("answers.index", **of, band=band) for band in ("promoter", "passive", "detractor")}
    return {"all": url_for("answers.index", **of), **bands}


def _levels(session: Session, shown: Shown) -> list[tuple[Level, Drivers]]:
    """Return the drivers of each level that may be shown, side by side; none where the page is cut by level."""
    if shown.report is None or LEVEL in shown.cut.values:
        return []
    allowed, levels = shown.seen.anonymity, shown.report.levels
    if allowed.named:
        return list(levels.items())
    open_ones = frozenset() if shown.cut else allowed.detailed(answers_by(session, shown.seen.wave.id, LEVEL))
    return [(level, drivers) for level, drivers in levels.items() if level in open_ones]


@pages.app_template_global("points_on")
def points_on(drivers: Drivers, path: str) -> Fraction | None:
    """Return what a tier-1 driver adds to the score of these drivers; None where nobody named it."""
    driver = drivers.tops.get(path)
    return None if driver is None else drivers.contribution(driver)
