"""Cells that a spreadsheet program must not run."""

from decimal import Decimal

import pytest

from app.core.safe_csv import csv_pieces, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1"])
def test_text_that_begins_like_a_formula_is_made_safe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-5, Decimal("-1.5"), "a=b", "", "Ann"])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert safe_cell(value) == value


def test_nothing_is_an_empty_cell() -> None:
    assert safe_cell(None) == ""


def test_the_header_is_made_safe_too() -> None:
    assert "".join(csv_pieces(["=HYPERLINK(1)", "Name"], [])) == "'=HYPERLINK(1),Name\r\n"
