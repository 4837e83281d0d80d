"""The page and the mail beside a brand's form, as they would look if it were saved now."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.core.errors import NotFound
from app.surveys.brand_form import read_form
from app.surveys.brand_views import opened
from app.surveys.brands import TEXTS, Brand, brand_of_texts, corrected
from app.surveys.definition import definitions
from app.surveys.framing import mail_in_frame, page_in_frame
from app.surveys.mails import Mails
from app.surveys.rendering import survey_page
from app.surveys.wording import SAMPLE_VALUES

pages = Blueprint("brand_previews", __name__)

SAMPLE = "relationship_nps"


@pages.route("/brands/<key>/preview/<part>", methods=["GET", "POST"])
def preview(key: str, part: str) -> Response:
    """Show a page or a mail under the brand as it is (GET), or as the form has it (POST); it stores nothing."""
    brand = opened(key)
    if request.method == "POST":
        brand = corrected(_typed(brand))[0]
    definition = definitions()[SAMPLE]
    lang = definition.default_language
    if part == "page":
        return page_in_frame(survey_page(definition, brand, lang, step="score", action_url="#", values=SAMPLE_VALUES))
    if part != "mail":
        raise NotFound("There is no such preview.")
    logo = brand.logo.uri if brand.logo else None
    mail = Mails(definition).write(
        brand, lang, values=SAMPLE_VALUES, survey_url="#", unsubscribe_url="#", logo_url=logo
    )
    return mail_in_frame(mail)


def _typed(brand: Brand) -> Brand:
    """Return the brand in the form; where a field cannot be used yet, the one of `brand` stands."""
    sent = read_form(brand.key, brand.logo)
    if sent.brand is not None:
        return sent.brand
    texts = {name: request.form.get(name, "") for name in TEXTS if name not in sent.faults}
    usable = {name: getattr(brand, name) or "" for name in sent.faults if name in TEXTS}
    return brand_of_texts({**texts, **usable}, key=brand.key, logo=sent.logo)
