"""The pages of the designer that are shown both when they are opened and when what was sent could not be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request, url_for
from sqlalchemy.orm import Session

from app.core.db import reading
from app.surveys import finding
from app.surveys.designing import find_survey
from app.surveys.drafting import Draft
from app.surveys.naming import language_name
from app.surveys.publishing import published_drivers
from app.surveys.sheets import PARTS, Sheet
from app.surveys.texts import LANGUAGES


def new_page(given: Mapping[str, Any], faults: Mapping[str, str]) -> str:
    """Return the page for a new survey with what was `given`, and what is wrong with it by field."""
    with reading() as session:
        origins = [(each.key, each.title) for each in finding.list_surveys(session)]
    return render_template("surveys/new.html", given=given, faults=faults, origins=origins, known=_by_name())


def _by_name() -> list[str]:
    return sorted(LANGUAGES, key=language_name)


def sheet_of(session: Session, key: str, part: str, target: str) -> Sheet:
    """Return the draft of a survey as the page `part` shows it, with `target` beside the source language."""
    if part not in PARTS:
        abort(404)
    survey = find_survey(session, key)
    draft = survey.draft
    beside = target if target in draft["languages"] and target != draft["default_language"] else None
    return Sheet(draft, survey.revision, part, beside, published_drivers(finding.versions_of(session, key)))


def edit_page(key: str, sheet: Sheet, refused: str | None = None, by: str | None = None) -> str:
    """Return the page of one part of a draft; `refused` says what was not done, `by` who else saved in between."""
    template = f"surveys/{sheet.part}.html"
    return render_template(template, sheet=sheet, refused=refused, by=by, **frame(key, sheet.draft))


def frame(key: str, draft: Draft, *, own: bool = True) -> dict[str, Any]:
    """Return what every page of one survey needs: its name and the way to its parts; a ready-made one has none."""
    tabs = [("Overview", url_for("surveys.show", key=key), "surveys.show")]
    tabs += [(label, url_for("surveys.edit", key=key, part=part), part) for part, label in PARTS.items()]
    tabs += [("Languages", url_for("surveys.languages", key=key), "surveys.languages")]
    tabs += [("Publish", url_for("surveys.publish", key=key), "surveys.publish")]
    here = (request.view_args or {}).get("part", request.endpoint)
    return {"key": key, "survey_title": finding.title_of(draft), "tabs": tabs if own else [], "here": here}
