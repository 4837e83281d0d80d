"""The contract of every chart: it draws whatever its rows hold, asks for nothing elsewhere, and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, get_type_hints
from xml.etree import ElementTree

import pytest

from app.reporting import charts
from app.reporting.charts import drawing
from app.reporting.charts.drawing import DrawingError, Order, end_drawing, picture
from app.reporting.charts.inks import INKS

HOSTILE = """</text><script>alert(1)</script>"' onload="x" &amp; {{ 7 * 7 }} https://evil.example/x.png"""
FOREIGN = ("شركة الاتصالات", "深圳科技有限公司", "L" * 300, "")
PNG = b"\x89PNG\r\n\x1a\n"

MODULES = {
    found.name: module
    for found in iter_modules(charts.__path__)
    if hasattr(module := import_module(f"app.reporting.charts.{found.name}"), "draw")
}


@pytest.fixture(scope="module", autouse=True)
def _no_process_left_behind() -> Iterator[None]:
    yield
    end_drawing()


def value(name: str, hint: Any, label: str, number: int) -> Any:
    """Return something for one column of a row."""
    if hint is str:
        return "detractor" if name == "band" else label
    if hint is bool:
        return True
    if hint is int:
        return {"highest": 10, "lowest": 0}.get(name, number)
    if hint is float:
        return {"highest": 100.0, "lowest": -100.0}.get(name, number * 7.5 - 10)
    if "None" in str(hint):
        return None if number % 2 else number * 3.5 - 4
    return (number, 1, 2)


def rows(module: ModuleType, labels: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Return a row of the chart for each label."""
    hints = get_type_hints(module.Row)
    return [
        tuple(value(name, hints[name], label, number) for name in module.Row._fields)
        for number, label in enumerate(labels, start=1)
    ]


@pytest.mark.parametrize("name", MODULES)
def test_a_chart_shows_names_as_they_are_and_nothing_of_them_runs(name: str) -> None:
    drawn = picture(Order(name, rows(MODULES[name], (HOSTILE, *FOREIGN)))).decode()
    root = ElementTree.fromstring(drawn)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "rect", "path", "text", "line", "defs", "clipPath", "style", "title", "desc"}
    attributes = [(key.rpartition("}")[2], given) for element in root.iter() for key, given in element.attrib.items()]
    assert not [key for key, _ in attributes if key.lower().startswith("on") or key == "href"]
    assert not [given for key, given in attributes if "url(" in given and "url(#" not in given]
    words = "".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    assert "</text><scr" in words
    assert "script>" not in re.sub(r"&lt;/?script&gt;", "", drawn)


@pytest.mark.parametrize("name", MODULES)
def test_a_chart_is_drawn_for_day_and_night_and_as_a_picture_for_mails(name: str) -> None:
    given = rows(MODULES[name], ("One", "Two", "Two"))
    light, dark = (picture(Order(name, given, theme)).decode() for theme in ("light", "dark"))
    assert INKS["light"].soft in light
    assert INKS["dark"].soft in dark
    assert INKS["light"].soft not in dark
    assert picture(Order(name, given, form="png")).startswith(PNG)


@pytest.mark.parametrize("name", MODULES)
def test_a_chart_of_nothing_and_of_one_row_is_a_picture_too(name: str) -> None:
    for labels in ((), ("Only",)):
        drawn = picture(Order(name, rows(MODULES[name], labels))).decode()
        assert "NaN" not in drawn
        ElementTree.fromstring(drawn)


def test_the_same_rows_are_the_same_picture_and_others_are_not() -> None:
    one = Order("score_bars", rows(MODULES["score_bars"], ("One",)))
    assert picture(one) is picture(Order(one.chart, list(one.rows)))
    assert one.key != Order("score_bars", rows(MODULES["score_bars"], ("Two",))).key
    assert one.key != Order(one.chart, one.rows, "dark").key


def test_a_fault_is_told_and_the_next_picture_is_drawn() -> None:
    with pytest.raises(DrawingError, match="no_such_chart"):
        picture(Order("no_such_chart", []))
    assert picture(Order("score_bars", rows(MODULES["score_bars"], ("After",)))).startswith(b"<svg")


def test_a_drawing_process_that_is_stuck_or_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setattr(drawing, "LONGEST_SECONDS", 0.0)
        with pytest.raises(DrawingError, match="ended before"):
            picture(Order("score_bars", rows(MODULES["score_bars"], ("Stuck",))))
    assert picture(Order("score_bars", rows(MODULES["score_bars"], ("Again",)))).startswith(b"<svg")
