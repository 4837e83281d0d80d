"""The designer over a real database: a survey from nothing, a file or a copy to its second version.

Everything is done without script, as a browser sends the forms.
"""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
import yaml
from flask import Flask
from sqlalchemy import select

from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.models import Wave
from app.core.db import reading, transaction
from app.core.errors import Refused
from app.delivery.models import OutboxMail
from app.surveys.definition import definitions
from app.surveys.drafting import faults_of, shaped
from app.surveys.models import Survey
from app.surveys.publishing import askable, published_version
from tests.support.company import TODAY
from tests.support.designer import DRIVERS, KEY, MAIL, QUESTIONS, Designer, deeds, stored, versions


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
    assert "After delivery" in designer.page("/campaigns/new")
    assert "Q1" in designer.page(f"/surveys/{KEY}")
    designer.post(f"/surveys/{KEY}/archive")
    assert "After delivery" not in designer.page("/campaigns/new")
    assert "After delivery" not in designer.page("/surveys")
    assert "After delivery" in designer.page("/surveys?state=archived")
    with pytest.raises(Refused, match="archived"):
        create_wave(WaveOrder(key="q2", name="Q2", planned_for=TODAY, survey_key=KEY), actor="test")
    designer.post(f"/surveys/{KEY}/bring-back")
    assert "After delivery" in designer.page("/campaigns/new")
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


def test_a_brand_is_chosen_for_the_next_version(designer: Designer, application: Flask) -> None:
    designer.make()
    designer.publish()
    assert designer.post(f"/surveys/{KEY}/brand", brand="77").status_code == 404
    assert designer.post(f"/surveys/{KEY}/brand", brand="").status_code == 303


def test_a_ready_made_survey_can_be_tried_before_somebody_takes_it_over(designer: Designer) -> None:
    page = designer.page("/surveys/relationship_nps")
    link = re.search(r'href="([^"]+)"[^>]*>Open the test link', page)
    assert link is not None
    assert "This is a test" in designer.page("/s/" + link[1].rpartition("/s/")[2])
    assert "Send a test" in page
    at = "/surveys/relationship_nps/test-mails"
    assert designer.post(at, address="eve@works.example", language="de", number="0").status_code == 302
    with transaction() as session:
        mail = session.scalars(select(OutboxMail)).one()
        assert session.scalars(select(Survey)).all() == []
    assert link[1].rpartition("/s/")[2] in mail.text
    for key in ("no_such", "relationship"):
        assert designer.client.get(f"/surveys/{key}/test-mails").status_code == 404
