from __future__ import annotations

import pytest

from app.surveys.brands import Brand
from app.surveys.definition import Definition, definitions


@pytest.fixture(scope="session")
def definition() -> Definition:
    return definitions()["relationship_nps"]


@pytest.fixture(scope="session")
def brand() -> Brand:
    return Brand(
        name="Halden Systems",
        sender_name="Ines Moor",
        sender_address="feedback@halden.example",
        reply_to="ines.moor@halden.example",
        postal_address="Uferweg 12\n20095 Hamburg",
        colour="#0b4f6c",
        footer="HRB 000000",
        privacy_url="https://halden.example/privacy",
    )
