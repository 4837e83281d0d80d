"""The pages of a customer: the survey behind a link. GET and HEAD answer nothing, each POST is kept at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from app.core.current import settings
from app.core.signing import Signer
from app.responses.asking import Asked, asked_by, asked_of, survey_link, tested_by
from app.responses.collecting import Hint, collect
from app.responses.evidence import is_known_agent
from app.responses.links import LinkState, Look, note_look
from app.surveys.answers import Answer, FieldFault, Step, Typed, read_answer, step_of, typed
from app.surveys.definition import Definition
from app.surveys.rendering import (
    Notice,
    Page,
    closed_page,
    failed_page,
    fault_sentences,
    notice_page,
    survey_page,
    thanks_page,
)
from app.surveys.respondent import accepted_languages, by_link, respond, wanted_language
from app.surveys.texts import LANGUAGES, pick_language

pages = Blueprint("survey", __name__)
log = logging.getLogger(__name__)

TRAP = "website"
"""A field and a parameter that no person sees; whoever fills or follows it is a program."""

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@pages.get("/s/<token>", strict_slashes=False)
@by_link
def survey(token: str) -> Response:
    """Show where the customer stands: the question, the reasons, or the thanks."""
    asked = _asked(token)
    if asked is None:
        return _notice("wrong", 404)
    if asked.link is not None:
        look = Look(request.method == "HEAD", request.user_agent.string, TRAP in request.args)
        note_look(asked.link, look, now=datetime.now(UTC))
    language = _language(asked)
    if asked.state is LinkState.CLOSED:
        return _closed(asked, language)
    return respond(_page(token, asked, language))


@pages.post("/s/<token>", strict_slashes=False)
@by_link
def answer(token: str) -> AnyResponse:
    """Keep what was posted and show the next page, or show the form again with its faults and all that was typed."""
    if "lang" in request.form:
        return _in_another_language(token)
    posted = _posted(token)
    if posted is None:
        return _notice("wrong", 404)
    asked, given = posted
    if asked.state is LinkState.CLOSED:
        return _closed(asked, _language(asked))
    if not isinstance(given, Answer):
        return _faulty(token, asked, given)
    if given.step == "draft":
        return Response(status=204)
    if _is_program():
        return respond(_following(token, asked, given))
    return redirect(_next(token, asked, given), 303)


@pages.get("/s/")
@pages.get("/s/<token>/<path:rest>")
@by_link
def cut(token: str = "", rest: str = "") -> Response:
    """Say kindly that a link was cut, or has grown on its way."""
    return _notice("wrong", 404)


@pages.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Response:
    """Say that the text was more than we take in; the browser still has it one page back."""
    return _notice("too_large", 413)


@pages.errorhandler(OperationalError)
def failed(error: OperationalError) -> Response:
    """Ask to try again, with everything that was typed: the database is away."""
    log.error("a survey link could not be answered: %s", type(error).__name__)
    if request.method != "POST":
        return _notice("failed", 503)
    posted = request.form.items(multi=True)
    return respond(failed_page(None, _readers_language(), action_url=request.full_path, posted=posted), 503)


def _asked(token: str) -> Asked | None:
    return asked_by(token, settings(), now=datetime.now(UTC))


def _notice(kind: Notice, status: int) -> Response:
    return respond(notice_page(kind, None, _readers_language()), status)


def _closed(asked: Asked, language: str) -> Response:
    page = closed_page(
        asked.definition,
        asked.brand,
        language,
        values=asked.values,
        shown=typed(asked.definition, request.form),
        languages=_languages(asked),
    )
    return respond(page, 410)


def _readers_language() -> str:
    """Return the language of somebody of whom we know no more than the request."""
    return pick_language(LANGUAGES, wanted=wanted_language(), accept=accepted_languages(), default="en")


def _language(asked: Asked) -> str:
    return _language_of(asked.definition, asked.language)


def _language_of(definition: Definition, contact: str | None) -> str:
    return pick_language(
        definition.languages,
        wanted=wanted_language(),
        contact=contact,
        accept=accepted_languages(),
        default=definition.default_language,
    )


def _posted(token: str) -> tuple[Asked, Answer | list[FieldFault]] | None:
    """Read and keep a post; a test is read and forgotten."""
    invitation_id = survey_link(token, settings())
    if invitation_id is None:
        test = tested_by(token, settings())
        return None if test is None else (test, read_answer(test.definition, request.form))
    collected = collect(
        invitation_id,
        request.form,
        language=_language_of,
        now=datetime.now(UTC),
        hint=Hint(agent=_is_known(), trap=_is_trapped()),
    )
    if collected is None:
        return None
    return asked_of(collected.link, settings()), collected.given


def _faulty(token: str, asked: Asked, faults: Sequence[FieldFault]) -> Response:
    """Say what is wrong; a page that saves by itself gets it as JSON."""
    language, step = _language(asked), step_of(request.form)
    if step == "draft":
        refused = jsonify(faults=fault_sentences(asked.definition, faults, language))
        refused.status_code = 422
        return refused
    status = 422 if request.mimetype in _FORMS else 415
    return respond(_form(token, asked, language, step, typed(asked.definition, request.form), faults), status)


def _in_another_language(token: str) -> Response:
    """Show the same step in another language with all that was typed; nothing is kept before somebody sends it."""
    asked = _asked(token)
    if asked is None:
        return _notice("wrong", 404)
    language = _language(asked)
    if asked.state is LinkState.CLOSED:
        return _closed(asked, language)
    step: Step = "score" if step_of(request.form) == "score" else "draft"
    return respond(_form(token, asked, language, step, typed(asked.definition, request.form), ()))


def _is_program() -> bool:
    return _is_known() or _is_trapped()


def _is_known() -> bool:
    return is_known_agent(request.user_agent.string)


def _is_trapped() -> bool:
    return bool(request.form.get(TRAP))


def _following(token: str, asked: Asked, given: Answer) -> Page:
    """Return the page after a post that leaves the link open: a person with a strange browser is thanked too."""
    language = _language(asked)
    if given.step == "score":
        return _form(token, asked, language, "draft", Typed(given.score), ())
    return _thanks(token, asked, language, given.score)


def _next(token: str, asked: Asked, given: Answer) -> str:
    """Return where the browser goes after a post; a test carries its score along, since nothing is stored."""
    if asked.link is None:
        return _here(token, step=2 if given.step == "score" else 3, score=given.score)
    return _here(token, step=2 if given.step == "score" else None)


def _page(token: str, asked: Asked, language: str) -> Page:
    step, preselected = request.args.get("step"), _preselected(asked)
    shown = asked.shown if preselected is None else replace(asked.shown, score=preselected)
    if asked.link is None:
        return _test_page(token, asked, language, shown)
    changing = preselected is not None and preselected != asked.shown.score
    if asked.state is LinkState.OPEN or step == "1" or changing:
        return _form(token, asked, language, "score", shown, ())
    if asked.state is LinkState.PARTIAL or step == "2":
        return _form(token, asked, language, "draft", asked.shown, ())
    return _thanks(token, asked, language, asked.shown.score)


def _test_page(token: str, asked: Asked, language: str, shown: Typed) -> Page:
    step = request.args.get("step") if shown.score is not None else None
    if step == "3":
        return _thanks(token, asked, language, shown.score)
    return _form(token, asked, language, "draft" if step == "2" else "score", shown, ())


def _thanks(token: str, asked: Asked, language: str, score: int | None) -> Page:
    if score is None:
        raise ValueError("an answered link has a score")
    return thanks_page(
        asked.definition,
        asked.brand,
        language,
        values=asked.values,
        score=score,
        change_url=_here(token, step=1, score=score if asked.link is None else None),
        is_test=asked.link is None,
        unsubscribe_url=_unsubscribe_url(token, asked),
        languages=_languages(asked),
    )


def _form(token: str, asked: Asked, language: str, step: Step, shown: Typed, faults: Sequence[FieldFault]) -> Page:
    return survey_page(
        asked.definition,
        asked.brand,
        language,
        step=step,
        action_url=_here(token),
        values=asked.values,
        change_url=_here(token, step=1, score=shown.score if asked.link is None else None),
        shown=shown,
        faults=faults,
        is_test=asked.link is None,
        unsubscribe_url=_unsubscribe_url(token, asked),
        languages=_languages(asked),
    )


def _preselected(asked: Asked) -> int | None:
    """Return the score that `?score=` names, if it stands on the scale; anything else is ignored."""
    given = request.args.get("score", "")
    return next((number for number in asked.definition.scale if str(number) == given), None)


def _here(token: str, step: int | None = None, score: int | None = None) -> str:
    """Return this page's address, keeping a language that was asked for."""
    return url_for("survey.survey", token=token, lang=wanted_language(), step=step, score=score)


def _languages(asked: Asked) -> dict[str, str]:
    """Return the address of this very page in each language of the survey."""
    kept = urlencode([(name, value) for name, value in request.args.items() if name in ("step", "score")])
    start = f"{request.path}?{kept}{'&' if kept else ''}lang="
    return {tag: f"{start}{tag}" for tag in asked.definition.languages}


def _unsubscribe_url(token: str, asked: Asked) -> str:
    """Return the way out; a test shows it too, and its token changes nothing."""
    if asked.link is not None:
        token = Signer(settings().secret_key).sign("unsubscribe", asked.link.invitation_id)
    return url_for("unsubscribe.ask", token=token, lang=wanted_language())
