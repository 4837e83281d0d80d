"""Who is asked by a token, and what: a customer by a survey link, or an admin by a test link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.core.signing import Signer
from app.responses.links import Link, LinkState, find_link
from app.settings import Settings
from app.surveys.answers import Typed
from app.surveys.branding import brand_of
from app.surveys.brands import Brand
from app.surveys.definition import Definition
from app.surveys.designing import test_definition
from app.surveys.published import published
from app.surveys.wording import SAMPLE_VALUES


class Asked(NamedTuple):
    """What a token asks for; without a `link` it is a test, and nothing that is answered is kept."""

    definition: Definition
    brand: Brand
    values: Mapping[str, str | None]
    language: str | None
    state: LinkState
    shown: Typed
    link: Link | None


def survey_link(token: str, settings: Settings) -> int | None:
    """Return the invitation that `token` stands for; None when it is forged or made for something else."""
    return Signer(settings.secret_key).unsign("survey", token)


def asked_by(token: str, settings: Settings, *, now: datetime) -> Asked | None:
    """Return what `token` asks for, or None when it is forged, or what it named is gone.

    A forged token asks no database.
    """
    if (invitation_id := survey_link(token, settings)) is not None:
        link = find_link(invitation_id, now=now)
        return None if link is None else asked_of(link, settings)
    return tested_by(token, settings)


def asked_of(link: Link, settings: Settings) -> Asked:
    """Return what a customer's link asks for."""
    survey = published(link.survey_version_id)
    brand = brand_of(settings, link.row.brand_id or survey.brand_id)
    return Asked(survey.definition, brand, link.values, link.language, link.state, link.shown, link)


def tested_by(token: str, settings: Settings) -> Asked | None:
    """Return what a test link asks for; None when it is forged, or its survey is gone."""
    survey_id = Signer(settings.secret_key).unsign("test", token)
    found = test_definition(survey_id) if survey_id is not None else None
    if found is None:
        return None
    definition, brand_id = found
    return Asked(definition, brand_of(settings, brand_id), SAMPLE_VALUES, None, LinkState.OPEN, Typed(None), None)
