"""What a survey looks like while it is being written: page and mail, with what stands in the form right now.

The answer is for a frame of the designer. It stores nothing, and it is no page of the admin: see `framing`.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.core.current import settings
from app.core.db import reading
from app.core.errors import Refused
from app.surveys import designing, editing
from app.surveys.answers import Step, Typed
from app.surveys.branding import brand_of
from app.surveys.brands import Brand
from app.surveys.definition import Definition
from app.surveys.drafting import Draft
from app.surveys.framing import mail_in_frame, page_in_frame
from app.surveys.mails import Mail, Mails
from app.surveys.metrics import BANDS
from app.surveys.models import SurveyRevision
from app.surveys.previewing import previewable
from app.surveys.rendering import Page, Values, survey_page, thanks_page
from app.surveys.wording import SAMPLE_VALUES

pages = Blueprint("preview", __name__)


@pages.route("/surveys/<key>/preview", methods=["GET", "POST"])
def preview(key: str) -> Response:
    """Show one page or mail of the draft, with what was typed since it was saved."""
    draft, brand_id = _as_typed(key)
    asked = request.values
    lang = asked.get("in", "")
    lang = lang if lang in draft["languages"] else draft["default_language"]
    definition = previewable(draft, lang)
    if definition is None:
        raise Refused("This draft cannot be shown yet.")
    brand = brand_of(settings(), brand_id)
    values = SAMPLE_VALUES if asked.get("names") != "unknown" else {}
    view = asked.get("view", "score")
    if view.startswith("mail"):
        number = int(view[-1]) if view[-1] in "012" else 0
        return mail_in_frame(_mail(definition, brand, lang, values, number))
    return page_in_frame(_page(definition, brand, lang, values, view))


def _as_typed(key: str) -> tuple[Draft, int | None]:
    """The draft the form was made from with what stands in the form, or the draft as it is, or a ready-made survey."""
    with reading() as session:
        draft = designing.current_draft(session, key)
        if request.method == "GET":
            survey = designing.own_survey(session, key)
            return draft, survey.brand_id if survey else None
        survey = designing.find_survey(session, key)
        given = request.form.get("revision", "")
        base = session.get(SurveyRevision, (survey.id, int(given))) if given.isdecimal() and len(given) < 10 else None
    fields = {name: values for name, values in request.form.to_dict(flat=False).items() if name != "do"}
    return editing.edited(base.draft if base else draft, fields), survey.brand_id


def _page(definition: Definition, brand: Brand, lang: str, values: Values, view: str) -> Page:
    wanted = request.values.get("band")
    band = next((each for each in BANDS if each == wanted), "promoter")
    score = max(each for each in definition.scale if definition.band(each) == band)
    if view == "thanks":
        return thanks_page(definition, brand, lang, values=values, score=score, change_url="#")
    shown = Typed(score if view == "reasons" else None)
    step: Step = "draft" if view == "reasons" else "score"
    return survey_page(definition, brand, lang, step=step, action_url="#", values=values, shown=shown)


def _mail(definition: Definition, brand: Brand, lang: str, values: Values, number: int) -> Mail:
    logo = brand.logo.uri if brand.logo else None
    return Mails(definition).write(
        brand, lang, values=values, survey_url="#", unsubscribe_url="#", logo_url=logo, reminder=number
    )
