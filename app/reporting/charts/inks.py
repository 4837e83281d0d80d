"""The colours and letters of charts, by day and by night: those of the admin's pages. No figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Theme = Literal["light", "dark"]

FONT = "Helvetica Neue, Arial, Liberation Sans, Noto Sans, sans-serif"
SIZE = 13
SMALL = 12


@dataclass(frozen=True)
class Inks:
    """What a chart is drawn with."""

    ground: str
    ink: str
    soft: str
    faint: str
    rule: str
    accent: str
    detractor: str
    passive: str
    promoter: str

    def configuration(self) -> dict[str, Any]:
        """Return the Vega-Lite configuration of every chart: hairlines, no boxes, no legend."""
        axis = {
            "labelColor": self.soft,
            "labelFontSize": SMALL,
            "titleColor": self.soft,
            "titleFontSize": SMALL,
            "titleFontWeight": "normal",
            "domainColor": self.rule,
            "tickColor": self.rule,
            "gridColor": self.rule,
            "gridWidth": 0.5,
            "labelLimit": 220,
        }
        return {
            "font": FONT,
            "background": None,
            "view": {"stroke": None},
            "axis": axis,
            "header": {"labelColor": self.ink, "titleColor": self.soft, "labelFontSize": SIZE},
            "text": {"color": self.ink, "fontSize": SIZE},
            "legend": {"disable": True},
            "title": {"color": self.ink, "fontSize": SIZE, "fontWeight": 600, "anchor": "start"},
        }


INKS: dict[str, Inks] = {
    "light": Inks(
        *("#ffffff", "#15171c", "#4b515d", "#69707d", "#dfe2e7", "#1f4f92"),
        *("#b3401c", "#6b7280", "#0a7566"),
    ),
    "dark": Inks(
        *("#121418", "#e9ebee", "#b4bac5", "#939ba8", "#3a404a", "#94bbf4"),
        *("#f0906c", "#a2aab8", "#5fc7b4"),
    ),
}
