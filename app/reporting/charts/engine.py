"""The process that draws: reads orders from its standard input, writes pictures to its standard output.

`python -m app.reporting.charts.engine`. It ends when nobody holds its input any more. An order is one line of JSON,
{"chart", "rows", "theme", "form"}; the answer is a line with a number of bytes, negative for a fault, and the bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, BinaryIO

import vl_convert

from app.reporting.charts.inks import INKS

VEGA_LITE = "6.4"
PNG_SCALE = 2.5


def drawn(chart: str, rows: Sequence[Sequence[Any]], theme: str, form: str) -> bytes:
    """Return the picture of a chart, `form` being svg or png; a picture never asks for anything elsewhere."""
    module = import_module(f"app.reporting.charts.{chart}")
    inks = INKS[theme]
    spec = module.draw([module.Row(*row) for row in rows], inks).to_dict()
    spec["config"] = inks.configuration()
    spec.pop("$schema", None)
    if form == "svg":
        return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[]).encode()
    spec["config"]["background"] = inks.ground
    spec["padding"] = 16
    return vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=PNG_SCALE, allowed_base_urls=[])


def answer(line: str, into: BinaryIO) -> None:
    """Draw what a line orders; a fault is told to whoever ordered, and the next order is taken."""
    try:
        order = json.loads(line)
        picture, sign = drawn(order["chart"], order["rows"], order["theme"], order["form"]), 1
    except Exception as error:  # noqa: BLE001 - told to the process that asked, which raises it
        picture, sign = f"{type(error).__name__}: {error}"[:500].encode(), -1
    into.write(f"{sign * len(picture)}\n".encode() + picture)
    into.flush()


if __name__ == "__main__":
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library says must not stand between pictures
    for line in sys.stdin:
        answer(line, out)
