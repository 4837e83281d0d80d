"""Rates between currencies as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.campaigns.rates import Held, missing, read_rates


def test_rates_are_read_and_empty_fields_give_none() -> None:
    given = {"rate-EUR": " 1.08 ", "rate-GBP": "1,27", "rate-JPY": "", "name": "3"}
    assert read_rates(given) == ({"EUR": Decimal("1.08"), "GBP": Decimal("1.27")}, {})


@pytest.mark.parametrize("cell", ["0", "-1", "x", "NaN", "1e3", "1000000001", "0.00000000001", "9" * 60])
def test_what_is_no_rate_is_said_at_its_field(cell: str) -> None:
    rates, faults = read_rates({"rate-EUR": cell, "rate-GBP": "1.27"})
    assert rates == {"GBP": Decimal("1.27")}
    assert set(faults) == {"rate-EUR"}
    assert faults["rate-EUR"].endswith("is no rate; write what one EUR is worth, such as 1.08.")


def test_what_needs_a_rate_and_has_none() -> None:
    held = [Held("USD", 5), Held("EUR", 4), Held("GBP", 3)]
    assert missing(held, "USD", {"EUR": Decimal(1)}) == [Held("GBP", 3)]
