"""Which customers the sample company has, and how people of each country appear: `customers.yaml` as values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Country:
    """Time zones and account managers to choose from; languages and cultures of names with their weights."""

    zones: list[str]
    languages: dict[str, int]
    names: dict[str, int]
    managers: list[str]


@dataclass(frozen=True)
class Customer:
    """One customer as the sample is meant to show it; `lacks` is what its CRM record is short of."""

    name: str
    country: str
    industry: str
    people: int
    value: int | None = None
    parent: str = ""
    currency: str = "USD"
    status: str = "Active"
    lacks: str = ""
    renews_soon: bool = False

    @property
    def is_active(self) -> bool:
        """Whether this customer is to be asked at all."""
        return self.status == "Active"


@dataclass(frozen=True)
class Vendor:
    """The invented company whose customers these are."""

    name: str
    domain: str


@cache
def vendor() -> Vendor:
    """Return the company whose customers these are."""
    return Vendor(**_content()["vendor"])


@cache
def countries() -> dict[str, Country]:
    """Return the countries with customers, by their code."""
    return {code: Country(**content) for code, content in _content()["countries"].items()}


@cache
def customers() -> tuple[Customer, ...]:
    """Return the customers by name, as a CRM lists them."""
    return tuple(sorted((Customer(**row) for row in _content()["customers"]), key=lambda customer: customer.name))


@cache
def _content() -> dict[str, Any]:
    text = Path(__file__).with_name("customers.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
