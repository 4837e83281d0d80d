"""The pages of a customer: the survey behind a link. GET and HEAD store nothing, each POST is kept at once."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.core.current import settings
from app.core.signing import Signer
from app.delivery.composing import brand_of
from app.responses.collecting import Link, LinkState, find_link, record_answer
from app.surveys.answers import Answer, FieldFault, Typed, read_answer, typed
from app.surveys.rendering import Page, notice_page, survey_page, thanks_page
from app.surveys.respondent import accepted_languages, by_link, respond, wanted_language
from app.surveys.texts import LANGUAGES, pick_language

pages = Blueprint("survey", __name__)


@pages.get("/s/<token>", strict_slashes=False)
@by_link
def survey(token: str) -> Response:
    """Show where the customer stands: the question, the reasons, or the thanks."""
    link = _link(token)
    if link is None:
        return _wrong()
    language = _language(link)
    if link.state is LinkState.CLOSED:
        return respond(notice_page("closed", brand_of(settings()), language), 410)
    return respond(_page(token, link, language))


@pages.post("/s/<token>", strict_slashes=False)
@by_link
def answer(token: str) -> AnyResponse:
    """Keep what was posted and show the next page, or show the form again with its faults and all that was typed."""
    link = _link(token)
    if link is None:
        return _wrong()
    language = _language(link)
    given = read_answer(link.definition, request.form)
    if not isinstance(given, Answer):
        return respond(_form(token, link, language, _step(), typed(link.definition, request.form), given), 422)
    if not record_answer(link.invitation_id, given, language=language, now=datetime.now(UTC)):
        return respond(notice_page("closed", brand_of(settings()), language), 410)
    step = 2 if given.step == 1 else None
    return redirect(_here(token, step=step), 303)


def _link(token: str) -> Link | None:
    invitation_id = Signer(settings().secret_key).unsign("survey", token)
    if invitation_id is None:
        return None
    return find_link(invitation_id, today=datetime.now(UTC).date())


def _wrong() -> Response:
    language = pick_language(LANGUAGES, wanted=wanted_language(), accept=accepted_languages(), default="en")
    return respond(notice_page("wrong", None, language), 404)


def _language(link: Link) -> str:
    return pick_language(
        link.definition.languages,
        wanted=wanted_language(),
        contact=link.language,
        accept=accepted_languages(),
        default=link.definition.default_language,
    )


def _page(token: str, link: Link, language: str) -> Page:
    asked = request.args.get("step")
    preselected = _preselected(link)
    if link.state is LinkState.OPEN or asked == "1" or preselected not in (None, link.score):
        score = preselected if preselected is not None else link.score
        return _form(token, link, language, 1, Typed(score, link.drivers, link.comment), ())
    if link.state is LinkState.PARTIAL or asked == "2":
        return _form(token, link, language, 2, Typed(link.score, link.drivers, link.comment), ())
    return thanks_page(
        link.definition,
        brand_of(settings()),
        language,
        values=link.values,
        score=_score_of(link),
        change_url=_here(token, step=1),
        unsubscribe_url=_unsubscribe_url(link),
    )


def _form(token: str, link: Link, language: str, step: int, shown: Typed, faults: list[FieldFault] | tuple[()]) -> Page:
    return survey_page(
        link.definition,
        brand_of(settings()),
        language,
        step=2 if step == 2 else 1,
        action_url=_here(token),
        values=link.values,
        change_url=_here(token, step=1),
        score=shown.score,
        selected=shown.selected,
        comment=shown.comment,
        faults=faults,
        unsubscribe_url=_unsubscribe_url(link),
    )


def _step() -> int:
    return 2 if request.form.get("step") == "2" else 1


def _preselected(link: Link) -> int | None:
    """Return the score that `?score=` names, if it stands on the scale; anything else is ignored."""
    given = request.args.get("score", "")
    return next((number for number in link.definition.scale if str(number) == given), None)


def _score_of(link: Link) -> int:
    if link.score is None:
        raise ValueError("an answered link has a score")
    return link.score


def _here(token: str, step: int | None = None) -> str:
    """Return this page's address, keeping a language that was asked for."""
    return url_for("survey.survey", token=token, lang=wanted_language(), step=step)


def _unsubscribe_url(link: Link) -> str:
    token = Signer(settings().secret_key).sign("unsubscribe", link.invitation_id)
    return url_for("unsubscribe.ask", token=token, lang=wanted_language())
