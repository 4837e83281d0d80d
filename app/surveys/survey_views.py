"""The pages of what we ask: the list of surveys, a new one, and each one with its parts, versions and comparisons.

What people do on these pages is in `designer_views`.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template

from app.core.auth.rights import Right
from app.core.auth.sessions import needs
from app.core.current import settings
from app.core.db import reading
from app.core.errors import QuorumError
from app.core.listing import text_asked
from app.core.signing import Signer
from app.surveys import finding
from app.surveys.branding import brand_choices, brand_of
from app.surveys.comparing import compare
from app.surveys.definition import advice, validate
from app.surveys.designer_pages import edit_page, frame, new_page, sheet_of
from app.surveys.designer_views import pages as designer
from app.surveys.designing import current_draft, find_survey, own_survey, ready_made_id
from app.surveys.drafting import Draft, as_yaml, missing, shaped
from app.surveys.faults import DefinitionError, Fault
from app.surveys.naming import METRIC_NAMES, language_direction, language_name
from app.surveys.preview_views import pages as preview
from app.surveys.publishing import newest_version, published_drivers, to_publish
from app.surveys.sheets import Sheet, pointer
from app.surveys.texts import LANGUAGES

pages = Blueprint("surveys", __name__, template_folder="templates")
pages.register_blueprint(designer)
pages.register_blueprint(preview)


pages.add_app_template_filter(language_name, "language_name")
pages.add_app_template_global(language_name, "language_name")
pages.add_app_template_global(language_direction, "language_direction")


@pages.app_context_processor
def _names() -> dict[str, Any]:
    return {"metric_names": METRIC_NAMES}


@pages.get("/surveys")
def index() -> str:
    """List the surveys, one's own first."""
    search, state = text_asked(), text_asked("state")
    with reading() as session:
        rows = finding.list_surveys(session, search=search, state=state)
    return render_template("surveys/index.html", rows=rows, states=finding.STATES, state=state, search_text=search)


@pages.get("/surveys/new")
@needs(Right.EDIT)
def new() -> str:
    """Ask what a new survey begins with."""
    return new_page({"origin": text_asked("origin"), "metric": "nps", "languages": ["en"]}, {})


@pages.get("/surveys/<key>")
def show(key: str) -> str:
    """Show one survey: how it stands, its versions, its saved states."""
    with reading() as session:
        survey = own_survey(session, key)
        draft = current_draft(session, key)
        versions = finding.versions_of(session, key)
        context = {
            "versions": versions,
            "waves": finding.waves_of(session, key),
            "brands": brand_choices(session),
            "saves": finding.revisions_of(session, survey) if survey else [],
        }
    sheet = Sheet(draft, survey.revision if survey else 0, published=published_drivers(versions))
    test_id = survey.id if survey else ready_made_id(key)
    test_url = f"{settings().public_url}/s/{Signer(settings().secret_key).sign('test', test_id)}"
    unchanged = (
        bool(versions)
        and shaped(versions[0].definition) == draft
        and (survey is None or versions[0].brand_id == survey.brand_id)
    )
    return render_template(
        "surveys/show.html",
        sheet=sheet,
        survey=survey,
        test_url=test_url,
        unchanged=unchanged,
        **frame(key, draft, own=survey is not None),
        **context,
    )


@pages.get("/surveys/<key>/<part>")
@needs(Right.EDIT)
def edit(key: str, part: str) -> str:
    """Show one part of the draft to write in: questions, drivers or mail."""
    with reading() as session:
        sheet = sheet_of(session, key, part, text_asked("lang"))
    return edit_page(key, sheet)


@pages.get("/surveys/<key>/languages")
def languages(key: str) -> str:
    """Show each language with what it lacks."""
    with reading() as session:
        survey = find_survey(session, key)
    sheet = Sheet(survey.draft, survey.revision, "languages")
    lacking = {
        lang: [pointer(survey.draft, Fault(f"{path}.{lang}", "")) for path in paths]
        for lang, paths in missing(survey.draft).items()
    }
    return render_template(
        "surveys/languages.html", sheet=sheet, lacking=lacking, known=LANGUAGES, **frame(key, sheet.draft)
    )


@pages.get("/surveys/<key>/publish")
@needs(Right.EDIT)
def publish(key: str) -> str:
    """Show what publishing would change, and what stands in its way."""
    with reading() as session:
        survey = find_survey(session, key)
        newest = newest_version(session, key)
        waves = finding.waves_of(session, key)
    sheet = Sheet(survey.draft, survey.revision, "publish")
    stops, good = sheet.to_do, []
    draft = survey.draft
    changes = []
    refused = None
    try:
        draft = to_publish(draft, newest)
        changes = compare(shaped(newest.definition), draft) if newest else []
        good = [pointer(draft, each) for each in advice(validate(draft, key))] if not stops else []
    except DefinitionError as error:
        stops = [pointer(draft, fault) for fault in error.faults]
    except QuorumError as error:
        refused = str(error)
    unchanged = newest is not None and not changes and newest.brand_id == survey.brand_id
    return render_template(
        "surveys/publish.html",
        sheet=sheet,
        survey=survey,
        newest=newest,
        waves=waves,
        stops=stops,
        advice=good,
        changes=changes,
        refused=refused,
        unchanged=unchanged,
        brand=brand_of(settings(), survey.brand_id),
        **frame(key, survey.draft),
    )


@pages.get("/surveys/<key>/compare")
def compare_states(key: str) -> str:
    """Show in words what lies between two states of a survey."""
    with reading() as session:
        older, before = finding.state_of(session, key, text_asked("old"))
        newer, after = finding.state_of(session, key, text_asked("new") or "draft")
        own = own_survey(session, key) is not None
    changes = compare(before, after)
    return render_template(
        "surveys/compare.html",
        older=older,
        newer=newer,
        state=text_asked("old"),
        own=own,
        changes=changes,
        **frame(key, after),
    )


@pages.get("/surveys/<key>/draft.yaml")
def draft_yaml(key: str) -> Response:
    """Return the draft, or a ready-made survey, as a file."""
    with reading() as session:
        draft = current_draft(session, key)
    return _file(draft, f"{key}.yaml")


@pages.get("/surveys/<key>/versions/<int:version>.yaml")
def version_yaml(key: str, version: int) -> Response:
    """Return a published version as a file."""
    with reading() as session:
        _, draft = finding.state_of(session, key, f"v{version}")
    return _file(draft, f"{key}-v{version}.yaml")


def _file(draft: Draft, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_yaml(draft), mimetype="application/yaml", headers=headers)
