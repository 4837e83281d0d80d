"""A published version never changes, whoever asks the database."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import transaction
from app.surveys.publishing import published_version


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "change",
    [
        'UPDATE survey_version SET definition = definition || \'{"metric": "ces"}\'',
        "UPDATE survey_version SET version = version + 1",
        "DELETE FROM survey_version",
    ],
)
def test_the_database_lets_nobody_change_a_published_version(change: str) -> None:
    with transaction() as session:
        published_version(session, "relationship_nps")
    with pytest.raises(ProgrammingError, match="is published and never changes"), transaction() as session:
        session.execute(text(change))
