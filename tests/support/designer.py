"""A person at the designer of surveys, without script, and what is stored then."""

from __future__ import annotations

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app.core.db import reading
from app.surveys.models import Survey, SurveyVersion
from tests.support.web import csrf_token

KEY = "after_delivery"
QUESTIONS, DRIVERS, MAIL = (f"/surveys/{KEY}/{part}" for part in ("questions", "drivers", "mail"))


class Designer:
    """A person at the designer: sends what a form would, with the token and the revision of the page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = csrf_token(client, "/surveys/new")

    def make(self, title: str = "After delivery", languages: tuple[str, ...] = ("en", "de")) -> None:
        made = self.post("/surveys/new", begin="nothing", title=title, metric="csat", languages=list(languages))
        assert made.status_code == 303, made.text

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, path
        return unescape(answer.text)

    def post(self, path: str, **fields: object) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def save(self, path: str, fields: dict[str, object], revision: int | None = None) -> TestResponse:
        at = stored(path.split("/")[2]).revision if revision is None else revision
        return self.client.post(path, data={"csrf_token": self.token, "revision": str(at), **fields})

    def publish(self, key: str = KEY) -> TestResponse:
        return self.post(f"/surveys/{key}/publish", revision=str(stored(key).revision))


@pytest.fixture
def designer(admin_client: FlaskClient) -> Designer:
    return Designer(admin_client)


def stored(key: str = KEY) -> Survey:
    with reading() as session:
        return session.scalars(select(Survey).where(Survey.key == key)).one()


def versions(key: str = KEY) -> list[SurveyVersion]:
    with reading() as session:
        return list(session.scalars(select(SurveyVersion).where(SurveyVersion.key == key).order_by(SurveyVersion.id)))


def deeds() -> list[str]:
    with reading() as session:
        return list(
            session.scalars(text("SELECT deed FROM audit_entry WHERE subject = :who"), {"who": f"survey {KEY}"})
        )
