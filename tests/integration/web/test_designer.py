"""The designer over a real database: a survey from nothing to its second version, and all that can come in between.

Everything is done without script, as a browser sends the forms.
"""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.models import Wave
from app.core.auth.users import add_user
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from app.surveys import designing
from app.surveys.definition import definitions
from app.surveys.drafting import faults_of, shaped
from app.surveys.models import Survey, SurveyRevision, SurveyVersion
from app.surveys.publishing import askable, published_version
from tests.support.company import TODAY
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


def test_from_nothing_to_the_second_version(designer: Designer) -> None:
    designer.make()
    assert "first version" in designer.page(f"/surveys/{KEY}/publish")
    assert designer.publish().status_code == 303
    assert designer.save(QUESTIONS, {"questions.score.text.de": "Wie war die Lieferung?"}).status_code == 303
    page = designer.page(f"/surveys/{KEY}/publish")
    assert "What version 2 changes" in page
    assert "Question, German" in page
    assert "Wie war die Lieferung?" in page
    assert designer.publish().status_code == 303
    first, second = versions()
    assert (first.version, second.version) == (1, 2)
    assert first.definition["questions"]["score"]["text"]["de"] != "Wie war die Lieferung?"
    assert second.definition["questions"]["score"]["text"]["de"] == "Wie war die Lieferung?"
    assert second.published_by == "ana.sand@quorum.example"
    assert set(second.mails) == {"en", "de"}
    assert deeds() == ["survey.made", "survey.published", "survey.published"]
    assert "Version 2 is what the draft says" in designer.page(f"/surveys/{KEY}/publish")
    again = designer.publish()
    assert again.status_code == 409
    assert "nothing to publish" in again.text


def test_a_draft_with_faults_is_saved_and_not_published(designer: Designer) -> None:
    designer.make()
    saved = designer.save(MAIL, {"mail.subject.en": "Dear {firstname}", "mail.subject.de": ""})
    assert saved.status_code == 303
    assert stored().draft["mail"]["subject"] == {"en": "Dear {firstname}"}
    page = designer.page(f"{MAIL}?lang=de")
    assert "did you mean {first_name}" in page
    assert "Not written yet." in page
    assert "2 things to put right here" in page
    assert 'href="#field-mail.subject.de"' in page
    assert designer.publish().location.endswith(f"/surveys/{KEY}/publish")
    assert "2 things stand in the way of version 1" in designer.page(f"/surveys/{KEY}/publish")
    assert versions() == []
    languages = designer.page(f"/surveys/{KEY}/languages")
    assert "Missing in German" in languages


def test_a_survey_can_be_tried_as_soon_as_there_is_something_to_try(designer: Designer) -> None:
    designer.make()
    pages = (f"/surveys/{KEY}", f"/surveys/{KEY}/publish")
    assert all("Send a test" in designer.page(page) for page in pages)
    designer.save(MAIL, {"mail.subject.de": ""})
    assert not any("Send a test" in designer.page(page) for page in pages)
    assert "Open the test link" not in designer.page(pages[0])


def test_before_it_is_published_one_reads_in_whose_name_it_goes_out(designer: Designer) -> None:
    designer.make()
    assert "in the name of Example Company, from" in designer.page(f"/surveys/{KEY}/publish")


def test_a_text_that_names_somebody_gets_a_field_for_when_nobody_is_known(designer: Designer) -> None:
    designer.make(languages=("en",))
    designer.save(MAIL, {"mail.subject.en": "A question, {first_name}"})
    page = designer.page(MAIL)
    assert page.count('name="mail.subject.en"') == 2
    designer.save(MAIL, {"mail.subject.en": ["A question, {first_name}", "A question"]})
    assert faults_of(stored().draft) == ()


def test_two_people_at_once_lose_nothing(designer: Designer) -> None:
    designer.make()
    begun = stored().revision
    designer.save(QUESTIONS, {"questions.score.text.en": "Ana's question", "title.en": "Ana's title"}, begun)
    other = designer.save(QUESTIONS, {"questions.score.text.en": "Bo's question", "title.de": "Bo's title"}, begun)
    assert other.status_code == 409
    page = unescape(other.text)
    assert "<q>Ana's question</q>" in page
    assert ">Bo's question</textarea>" in page
    assert stored().draft["questions"]["score"]["text"]["en"] == "Ana's question"
    revision = int(re.search(r'name="revision" value="(\d+)"', page)[1])
    decided = designer.save(QUESTIONS, {"questions.score.text.en": "Bo's question", "title.de": "Bo's title"}, revision)
    assert decided.status_code == 303
    draft = stored().draft
    assert draft["questions"]["score"]["text"]["en"] == "Bo's question"
    assert draft["title"] == {"en": "Ana's title", "de": "Bo's title"}


def test_what_fits_together_is_put_together(designer: Designer) -> None:
    designer.make()
    begun = stored().revision
    designer.save(DRIVERS, {"new:questions.drivers": "Price"}, begun)
    saved = designer.save(MAIL, {"mail.subject.en": "Hello"}, begun)
    assert saved.status_code == 303
    assert "together with what" in designer.page(saved.location)
    draft = stored().draft
    assert draft["mail"]["subject"]["en"] == "Hello"
    assert [driver["key"] for driver in draft["questions"]["drivers"]] == ["price"]


def test_a_reason_left_out_of_a_file_is_kept_as_retired(designer: Designer) -> None:
    designer.make(languages=("en",))
    for label in ("Price", "Support"):
        designer.save(DRIVERS, {"new:questions.drivers": label})
    designer.save(DRIVERS, {"new:questions.drivers[1].drivers": "Speed"})
    designer.publish()
    assert "Retire it instead" in unescape(designer.save(DRIVERS, {"do": "remove:questions.drivers[0]"}).text)
    written = yaml.safe_load(designer.page(f"/surveys/{KEY}/draft.yaml"))
    del written["questions"]["drivers"][1]["drivers"]
    del written["questions"]["drivers"][0]
    sent = {"file": (io.BytesIO(yaml.safe_dump(written).encode()), "new.yaml")}
    compared = designer.post(f"/surveys/{KEY}/upload", **sent)
    assert compared.status_code == 200
    assert "Reason «Price»" in unescape(compared.text)
    content = unescape(re.search(r"<textarea name=\"content\" hidden>\n(.*?)</textarea>", compared.text, re.S)[1])
    revision = str(stored().revision)
    assert designer.post(f"/surveys/{KEY}/replace", content=content, revision=revision).status_code == 303
    assert "is no longer asked" in designer.page(f"/surveys/{KEY}/publish")
    assert designer.publish().status_code == 303
    support, price = versions()[-1].definition["questions"]["drivers"]
    assert (support["key"], support["retired"]) == ("support", False)
    assert (support["drivers"][0]["key"], support["drivers"][0]["retired"]) == ("speed", True)
    assert (price["key"], price["retired"]) == ("price", True)
    assert stored().draft == shaped(versions()[-1].definition)


def test_what_one_typed_stays_when_the_button_is_refused(designer: Designer) -> None:
    designer.make(languages=("en",))
    designer.save(DRIVERS, {"new:questions.drivers": "Price"})
    designer.publish()
    fields = {"do": "remove:questions.drivers[0]", "questions.drivers[0].label.en": "What it costs"}
    answer = designer.save(DRIVERS, fields)
    assert answer.status_code == 422
    assert ">What it costs</textarea>" in answer.text
    assert stored().draft["questions"]["drivers"][0]["label"]["en"] == "Price"


NO_SURVEYS = (
    (b"", "Choose a YAML file"),
    (b"\xff\xfe\x00", "UTF-8"),
    (b"key: [", "is not YAML"),
    (b"title: Hello", "should have one text for each language"),
    (b"&a [*a]", "is not followed"),
    (b"scale: 5", "is not known here"),
)


def test_a_file_that_is_no_survey_is_refused_in_words(designer: Designer) -> None:
    designer.make()
    for content, said in NO_SURVEYS:
        name = "x.yaml" if content else ""
        for path, more in ((f"/surveys/{KEY}/upload", {}), ("/surveys/new", {"begin": "file"})):
            answer = designer.post(path, file=(io.BytesIO(content), name), **more)
            assert answer.status_code == 422, content
            assert said in unescape(answer.text), content
    assert stored().revision == 1


def test_a_survey_comes_from_a_file_of_another_installation(designer: Designer) -> None:
    content = designer.client.get("/surveys/support_ces/draft.yaml").data
    made = designer.post("/surveys/new", begin="file", file=(io.BytesIO(content), "ces.yaml"))
    assert made.location == "/surveys/support_ces_2/questions"
    ours = shaped(definitions()["support_ces"].model_dump(mode="json"))
    assert stored("support_ces_2").draft == ours | {"key": "support_ces_2"}


def test_a_copy_has_its_own_name_and_key(designer: Designer) -> None:
    made = designer.post("/surveys/new", begin="copy", title="Our NPS", origin="relationship_nps")
    assert made.location == "/surveys/our_nps/questions"
    assert stored("our_nps").draft["title"]["de"] == "Our NPS"
    twice = designer.post("/surveys/new", begin="copy", title="Our NPS", origin="our_nps")
    assert twice.location == "/surveys/our_nps_2/questions"


LACKING = (
    ("title", " ", "Give the survey a name"),
    ("title", "x" * 81, "Give the survey a name"),
    ("metric", "smiles", "Choose one of the metrics"),
    ("languages", ["tlh"], "Choose at least one language"),
)


def test_what_a_new_survey_lacks_stands_at_its_field(designer: Designer) -> None:
    for field, value, said in LACKING:
        fields = {"begin": "nothing", "title": "Trial", "metric": "nps", "languages": ["en"], field: value}
        answer = designer.post("/surveys/new", **fields)
        assert answer.status_code == 422, field
        assert said in unescape(answer.text), field
    assert designer.post("/surveys/new", begin="copy", title="T", origin="none").status_code == 422


def test_languages_come_filled_in_and_go_with_their_texts(designer: Designer) -> None:
    designer.make(languages=("en",))
    path = f"/surveys/{KEY}/languages"
    assert designer.post(path, do="add", lang="fr").status_code == 303
    assert faults_of(stored().draft) == () or {f.path for f in faults_of(stored().draft)} == {"title.fr"}
    assert stored().draft["mail"]["subject"]["fr"]
    assert designer.post(path, do="source", lang="fr").status_code == 303
    assert designer.post(path, do="remove", lang="fr").status_code == 409
    assert designer.post(path, do="remove", lang="en").status_code == 303
    assert stored().draft["languages"] == ["fr"]
    assert designer.post(path, do="add", lang="tlh").status_code == 409
    assert designer.post(path, do="sing", lang="fr").status_code == 409


def test_one_can_go_back_to_a_version_and_to_a_saved_state(designer: Designer) -> None:
    designer.make()
    designer.publish()
    designer.save(QUESTIONS, {"title.en": "Second thoughts"})
    assert designer.post(f"/surveys/{KEY}/go-back", state="v1").status_code == 303
    assert stored().draft == shaped(versions()[0].definition)
    page = designer.page(f"/surveys/{KEY}/compare?old=r2")
    assert "Second thoughts" in page
    assert designer.post(f"/surveys/{KEY}/go-back", state="r2").status_code == 303
    assert stored().draft["title"]["en"] == "Second thoughts"
    for state in ("v9", "r99", "x", "", "v-1", "r" + "9" * 40):
        assert designer.post(f"/surveys/{KEY}/go-back", state=state).status_code == 404, state
        assert designer.client.get(f"/surveys/{KEY}/compare?old={state}").status_code == 404


def test_only_the_newest_hundred_saves_are_kept_and_an_older_page_is_told(designer: Designer) -> None:
    designer.make()
    for number in range(designing.REVISIONS_KEPT):
        designing.change(KEY, lambda draft, n=number: draft | {"title": {"en": str(n)}}, deed="test", actor="test")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SurveyRevision)) == designing.REVISIONS_KEPT
    answer = designer.save(QUESTIONS, {"title.en": "Late"}, revision=1)
    assert answer.status_code == 409
    assert "open for too long" in answer.text


def test_a_wave_asks_the_newest_version_that_is_published(designer: Designer) -> None:
    designer.make()
    with pytest.raises(Refused, match="never published"):
        create_wave(WaveOrder(key="q1", name="Q1", planned_for=TODAY, survey_key=KEY), actor="test")
    with pytest.raises(Refused, match="relationship_nps"):
        create_wave(WaveOrder(key="q1", name="Q1", planned_for=TODAY, survey_key="no_such"), actor="test")
    designer.publish()
    designer.save(QUESTIONS, {"questions.score.text.en": "Only a draft"})
    wave_id = create_wave(WaveOrder(key="q1", name="Q1", planned_for=TODAY, survey_key=KEY), actor="test")
    with reading() as session:
        assert session.get_one(Wave, wave_id).survey_version_id == versions()[0].id
    assert "After delivery" in designer.page("/waves/new")
    assert "Q1" in designer.page(f"/surveys/{KEY}")
    designer.post(f"/surveys/{KEY}/archive")
    assert "After delivery" not in designer.page("/waves/new")
    assert "After delivery" not in designer.page("/surveys")
    assert "After delivery" in designer.page("/surveys?state=archived")
    with pytest.raises(Refused, match="archived"):
        create_wave(WaveOrder(key="q2", name="Q2", planned_for=TODAY, survey_key=KEY), actor="test")
    designer.post(f"/surveys/{KEY}/bring-back")
    assert "After delivery" in designer.page("/waves/new")
    assert deeds()[-2:] == ["survey.archived", "survey.brought_back"]


def test_a_ready_made_survey_is_asked_as_it_is_until_somebody_takes_it_over(designer: Designer) -> None:
    with transaction() as session:
        first = published_version(session, "relationship_nps").version
    assert "Make it your own" in designer.page("/surveys/relationship_nps")
    assert designer.post("/surveys/relationship_nps/take-over").status_code == 303
    assert designer.post("/surveys/relationship_nps/take-over").status_code == 409
    assert designer.post("/surveys/no_such/take-over").status_code == 404
    designer.save("/surveys/relationship_nps/questions", {"title.en": "Our NPS"})
    designer.publish("relationship_nps")
    with transaction() as session:
        newest = published_version(session, "relationship_nps")
        assert newest.version == first + 1
        assert newest.definition["title"]["en"] == "Our NPS"
        assert "Our NPS" in {each.title for each in askable(session)}


def test_scores_of_two_metrics_are_no_series(designer: Designer) -> None:
    designer.make(languages=("en",))
    assert designer.save(QUESTIONS, {"metric": "ces"}).status_code == 303
    assert stored().draft["metric"] == "ces"
    designer.publish()
    designer.save(QUESTIONS, {"metric": "nps", "title.en": "Other"})
    assert stored().draft["metric"] == "ces"
    with transaction() as session:
        survey = session.scalars(select(Survey).where(Survey.key == KEY)).one()
        survey.draft = survey.draft | {"metric": "nps"}
    assert "measures CES" in designer.page(f"/surveys/{KEY}/publish")
    assert designer.publish().status_code == 409


def test_publishing_what_one_did_not_look_at_is_refused(designer: Designer) -> None:
    designer.make()
    seen = str(stored().revision)
    designer.save(QUESTIONS, {"title.en": "Somebody else"})
    answer = designer.post(f"/surveys/{KEY}/publish", revision=seen)
    assert answer.status_code == 409
    assert "Look at it once more" in answer.text
    assert versions() == []


def test_the_preview_shows_what_is_typed_and_stores_nothing(designer: Designer) -> None:
    designer.make()
    typed = {"questions.score.text.en": "Typed just {now} & <here>?", "revision": "1", "do": "remove:mail", "in": "en"}
    shown = designer.post(f"/surveys/{KEY}/preview", **typed)
    assert shown.status_code == 200
    assert "Typed just now &amp; &lt;here&gt;?" in shown.text
    assert "<script" not in shown.text
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    for view in ("score", "reasons", "thanks", "mail0", "mail2", "mail", "no_such"):
        for lang in ("de", "tlh"):
            for band in ("detractor", "x"):
                page = designer.client.get(f"/surveys/{KEY}/preview?view={view}&in={lang}&band={band}&names=unknown")
                assert page.status_code == 200, view
    assert designer.client.get("/surveys/support_ces/preview").status_code == 200
    assert designer.client.get("/surveys/no_such/preview").status_code == 404
    assert stored().revision == 1


def test_what_a_test_shows_is_the_draft_when_it_is_right_and_else_the_newest_version(designer: Designer) -> None:
    designer.make()
    designer.save(MAIL, {"mail.subject.en": ""})
    survey_id = stored().id
    assert designing.test_definition(survey_id) is None
    with pytest.raises(Refused, match="nothing to try"):
        designing.trial(KEY)
    designer.save(MAIL, {"mail.subject.en": "First"})
    definition, brand_id = designing.test_definition(survey_id)
    assert definition.mail.subject.root["en"] == ("First",)
    assert brand_id is None
    designer.publish()
    designer.save(MAIL, {"mail.subject.en": ""})
    assert designing.trial(KEY)[1].mail.subject.root["en"] == ("First",)
    assert designing.test_definition(survey_id + 1) is None
    with pytest.raises(NotFound):
        designing.trial("relationship_nps")


def test_a_long_survey_shows_two_languages_at_a_time(designer: Designer) -> None:
    designer.post("/surveys/new", begin="copy", title="Long", origin="relationship_nps")
    page = designer.page("/surveys/long/drivers?lang=ja")
    assert page.count('.en"') > 20
    assert page.count('.de"') == 0
    assert len(page) < 150_000


def test_the_list_finds_and_filters(designer: Designer) -> None:
    designer.make()
    assert "After delivery" in designer.page("/surveys?q=DELIVERY")
    assert "After delivery" not in designer.page("/surveys?q=effort")
    assert "No survey fits" in designer.page("/surveys?q=%25%00zzz")
    assert "After delivery" not in designer.page("/surveys?state=ready_made")
    assert "After delivery" in designer.page("/surveys?state=draft")


def test_pages_of_no_survey_are_not_found(designer: Designer) -> None:
    for page in ("questions", "drivers", "mail", "languages", "publish", "compare", "nothing_like_it"):
        assert designer.client.get(f"/surveys/no_such/{page}").status_code == 404, page
    assert designer.client.get("/surveys/no_such").status_code == 404


def test_nothing_is_done_without_the_token_of_the_form(designer: Designer) -> None:
    designer.make()
    for deed in ("publish", "archive", "go-back", "languages", "questions", "replace", "brand", "preview"):
        assert designer.client.post(f"/surveys/{KEY}/{deed}", data={"revision": "1"}).status_code == 400
    assert stored().revision == 1


def test_hostile_words_are_shown_as_words(designer: Designer) -> None:
    designer.make(languages=("en", "ar"))
    hostile = '"><script>alert(1)</script>\u202e{{7*7}}'
    designer.save(QUESTIONS, {"title.en": hostile, "questions.score.text.ar": hostile})
    for path in ("/surveys", f"/surveys/{KEY}", f"{QUESTIONS}?lang=ar", f"/surveys/{KEY}/publish", "/waves/new"):
        page = designer.client.get(path)
        assert "<script>alert" not in page.text, path
    assert "\u202e" not in str(stored().draft)


def test_a_brand_is_chosen_for_the_next_version(designer: Designer, application: Flask) -> None:
    designer.make()
    designer.publish()
    assert designer.post(f"/surveys/{KEY}/brand", brand="77").status_code == 404
    assert designer.post(f"/surveys/{KEY}/brand", brand="").status_code == 303


def test_who_saved_in_between_is_named(designer: Designer, application: Flask) -> None:
    designer.make()
    add_user("bo.lind@quorum.example", "Bo Lind", "ink and paper, 24 sheets")
    designing.change(KEY, lambda draft: draft | {"title": {"en": "Bo's"}}, deed="t", actor="bo.lind@quorum.example")
    answer = designer.save(QUESTIONS, {"title.en": "Ana's"}, revision=1)
    assert answer.status_code == 409
    assert "bo.lind@quorum.example changed the same words" in unescape(answer.text)
