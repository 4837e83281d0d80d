"""What people do to surveys in the admin: each deed is one POST. The pages they do it on are in `survey_views`."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.core.auth.sessions import actor
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.surveys import designing, editing
from app.surveys.comparing import compare
from app.surveys.designer_pages import edit_page, frame, new_page, sheet_of
from app.surveys.drafting import Draft, read_draft
from app.surveys.faults import DefinitionError
from app.surveys.metrics import METRICS
from app.surveys.publishing import publish as publish_draft
from app.surveys.sheets import Sheet
from app.surveys.texts import LANGUAGES

pages = Blueprint("designer", __name__)

Reply = AnyResponse | tuple[str, int]

_LONGEST_TITLE = 80
_LONGEST_NUMBER = 9


@pages.post("/surveys/new")
def create() -> Reply:
    """Make a survey from nothing, from another one or from a file."""
    given = request.form.to_dict() | {"languages": request.form.getlist("languages")}
    try:
        key = _begun(given)
    except _Faulty as error:
        return new_page(given, error.faults), 422
    flash("The survey is made. It is a draft until you publish it.", "done")
    return redirect(url_for("surveys.edit", key=key, part="questions"), 303)


class _Faulty(Exception):
    def __init__(self, **faults: str) -> None:
        self.faults = faults
        super().__init__(*faults.values())


def _begun(given: dict[str, str | list[str]]) -> str:
    begin = given.get("begin")
    if begin == "file":
        try:
            return designing.start_from_upload(_uploaded(), actor=actor())
        except DefinitionError as error:
            raise _Faulty(file=str(error)) from error
    title = " ".join(str(given.get("title", "")).split())
    if not 1 <= len(title) <= _LONGEST_TITLE or not title.isprintable():
        raise _Faulty(title=f"Give the survey a name of up to {_LONGEST_TITLE} characters, such as «After delivery».")
    if begin == "copy":
        try:
            return designing.start_from_copy(title, str(given.get("origin", "")), actor=actor())
        except NotFound:
            raise _Faulty(origin="Choose one of the surveys.") from None
    languages = [lang for lang in given["languages"] if lang in LANGUAGES]
    if given.get("metric") not in METRICS:
        raise _Faulty(metric="Choose one of the metrics.")
    if not languages:
        raise _Faulty(languages="Choose at least one language.")
    return designing.start_from_nothing(title, str(given["metric"]), languages, actor=actor())


@pages.post("/surveys/<key>/take-over")
def take_over(key: str) -> AnyResponse:
    """Make a ready-made survey one's own."""
    designing.take_over(key, actor=actor())
    flash("The survey is yours now. What you change is asked once you publish it.", "done")
    return redirect(url_for("surveys.edit", key=key, part="questions"), 303)


@pages.post("/surveys/<key>/<part>")
def save(key: str, part: str) -> Reply:
    """Save what was typed on one page of the designer, and do what its button says."""
    target = request.args.get("lang", "")
    with reading() as session:
        sheet = sheet_of(session, key, part, target)
    fields = request.form.to_dict(flat=False)
    try:
        back = _given_language("bring_back")
        saved = designing.save(key, fields, revision=_number("revision"), actor=actor(), bring_back=back)
    except designing.Edited as overtaken:
        shown = _overtaken(sheet, overtaken, _given_language("beside"))
        return edit_page(key, shown, str(overtaken), overtaken.by), 409
    except Refused as refusal:
        return _refused(key, sheet, fields, refusal)
    said = f"Saved, together with what {saved.merged_with} saved in the meantime." if saved.merged_with else "Saved."
    flash(said, "done")
    return redirect(url_for("surveys.edit", key=key, part=part, lang=sheet.target) + _place(fields), 303)


def _overtaken(sheet: Sheet, overtaken: designing.Edited, beside: str | None) -> Sheet:
    """Both drafts together; a language that was removed meanwhile is shown all the same."""
    theirs, draft = designing.theirs_by_field(overtaken.conflicts), overtaken.draft
    lost = beside if beside in overtaken.mine["languages"] and beside not in draft["languages"] else None
    if lost:
        draft = editing.with_words_of(draft, lost, overtaken.mine)
    return Sheet(draft, overtaken.revision, sheet.part, lost or sheet.target, sheet.published, theirs, lost)


def _given_language(name: str) -> str | None:
    given = request.form.get(name, "")
    return given if given in LANGUAGES else None


def _refused(key: str, sheet: Sheet, fields: dict[str, list[str]], refusal: Refused) -> Reply:
    """The page again with all that was typed, and why its button did nothing."""
    words = {name: values for name, values in fields.items() if name != "do" and not name.startswith("new:")}
    draft = editing.edited(sheet.draft, words) if _number("revision") == sheet.revision else None
    if draft is None:
        raise refusal
    shown = Sheet(draft, sheet.revision, sheet.part, sheet.target, sheet.published)
    return edit_page(key, shown, str(refusal)), 422


def _place(fields: dict[str, list[str]]) -> str:
    """Where on the page the deed was done, so that one stays there."""
    _, _, path = "".join(fields.get("do", ())[:1]).partition(":")
    path = path or next((name[4:] for name, given in fields.items() if name.startswith("new:") and any(given)), "")
    return f"#field-{path.rpartition('[')[0] or path}" if path else ""


@pages.post("/surveys/<key>/languages")
def change_languages(key: str) -> AnyResponse:
    """Add or remove a language, or make one the source."""
    lang, do = request.form.get("lang", ""), request.form.get("do", "")
    if lang not in LANGUAGES:
        raise Refused("Choose one of the languages.")
    rules = {
        "add": editing.with_language,
        "remove": editing.without_language,
        "source": editing.with_source,
    }
    if do not in rules:
        raise Refused("This button is not known here. Reload the page.")
    deed = f"survey.language.{do}"
    designing.change(key, lambda draft: rules[do](draft, lang), deed=deed, actor=actor(), lang=lang)
    flash("Saved.", "done")
    return redirect(url_for("surveys.languages", key=key), 303)


@pages.post("/surveys/<key>/brand")
def choose_brand(key: str) -> AnyResponse:
    """Choose whose look the next version has."""
    given = request.form.get("brand", "")
    designing.choose_brand(key, int(given) if _is_number(given) else None, actor=actor())
    flash("The brand is chosen. It is shown from the next version on.", "done")
    return redirect(url_for("surveys.show", key=key), 303)


@pages.post("/surveys/<key>/publish")
def publish(key: str) -> AnyResponse:
    """Publish the draft that was looked at."""
    try:
        version = publish_draft(key, revision=_number("revision"), actor=actor())
    except DefinitionError:
        return redirect(url_for("surveys.publish", key=key), 303)  # that page says what stands in the way
    flash(f"Version {version.version} is published. Waves made from now on ask it.", "done")
    return redirect(url_for("surveys.show", key=key), 303)


@pages.post("/surveys/<key>/go-back")
def go_back(key: str) -> AnyResponse:
    """Let the draft be again what it was."""
    state = request.form.get("state", "")
    if state[:1] not in ("v", "r") or not _is_number(state[1:]):
        raise NotFound("That state of the survey is not kept (any more).")
    chosen = {"version" if state[0] == "v" else "revision": int(state[1:])}
    designing.go_back(key, actor=actor(), **chosen)
    flash("The draft is as it was. What it was until now is among its saved states.", "done")
    return redirect(url_for("surveys.show", key=key), 303)


@pages.post("/surveys/<key>/archive")
def archive(key: str) -> AnyResponse:
    """Offer the survey to no wave any more."""
    designing.archive(key, actor=actor())
    flash("The survey is archived. Links that were sent go on working.", "done")
    return redirect(url_for("surveys.show", key=key), 303)


@pages.post("/surveys/<key>/bring-back")
def bring_back(key: str) -> AnyResponse:
    """Offer an archived survey to waves again."""
    designing.bring_back(key, actor=actor())
    flash("The survey is back.", "done")
    return redirect(url_for("surveys.show", key=key), 303)


@pages.post("/surveys/<key>/upload")
def upload(key: str) -> Reply:
    """Show what an uploaded file would change; nothing is replaced yet."""
    with reading() as session:
        survey = designing.find_survey(session, key)
    try:
        draft = _uploaded()
    except (DefinitionError, _Faulty) as error:
        fault = str(error)
        return render_template("surveys/upload.html", fault=fault, changes=[], **frame(key, survey.draft)), 422
    changes = compare(survey.draft, draft | {"key": key})
    content = request.files["file"]
    content.seek(0)
    return render_template(
        "surveys/upload.html",
        fault=None,
        changes=changes,
        content=_text_of(content.read()),
        revision=survey.revision,
        other_key=draft["key"] if draft["key"] != key else None,
        **frame(key, survey.draft),
    ), 200


@pages.post("/surveys/<key>/replace")
def replace(key: str) -> AnyResponse:
    """Put the uploaded file that was compared in the place of the draft."""
    draft = read_draft(request.form.get("content", ""), "the file")
    designing.replace(key, draft, revision=_number("revision"), actor=actor())
    flash("The draft is what the file says. Publish it when it is right.", "done")
    return redirect(url_for("surveys.publish", key=key), 303)


def _uploaded() -> Draft:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise _Faulty(file="Choose a YAML file.")
    return read_draft(_text_of(sent.read()), "The file")


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Faulty(file=f"The file should be UTF-8 text; its byte {error.start} is not.") from error


def _number(name: str) -> int:
    given = request.form.get(name, "")
    return int(given) if _is_number(given) else 0


def _is_number(given: str) -> bool:
    return given.isascii() and given.isdecimal() and len(given) <= _LONGEST_NUMBER
