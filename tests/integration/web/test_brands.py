"""Brands in the admin: kept, corrected, previewed, shown to customers within seconds, and removed only when unused."""

from __future__ import annotations

import base64
import io
import re
import uuid
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core.db import engine, transaction
from app.core.errors import Refused
from app.delivery.composing import Composer, Letter
from app.surveys import branding
from app.surveys.branding import brand_choices, brand_of, forget_brands, senders
from app.surveys.brands import DEFAULT_KEY, load_brand
from app.surveys.definition import definitions
from app.surveys.keeping_brands import change_brand, remove_brand
from app.surveys.models import StoredBrand, Survey, SurveyVersion
from tests.support.logos import plain_logo
from tests.support.settings import settings
from tests.support.web import csrf_token

FILE = Path(branding.__file__).parents[1] / "demo" / "brand.yaml"
FIELDS = {
    "name": "Nordic Division",
    "sender_name": "Kim Berg",
    "sender_address": "kim@nordic.example",
    "postal_address": "Storgata 1\n0155 Oslo",
    "colour": "#0a7566",
}


def sent(client: FlaskClient, path: str, **fields: object):
    form_at = path if "/preview/" not in path else path.partition("/preview/")[0]
    given = {"csrf_token": csrf_token(client, form_at), **FIELDS, **fields}
    boundary, body = encode_multipart(given)
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def act(client: FlaskClient, path: str):
    return client.post(path, data={"csrf_token": csrf_token(client, "/brands/new")})


def upload(picture: Image.Image | bytes) -> FileStorage:
    file = io.BytesIO(picture if isinstance(picture, bytes) else b"")
    if isinstance(picture, Image.Image):
        picture.save(file, "PNG")
        file.seek(0)
    return FileStorage(file, filename="../logo.png")


def version(brand_id: int | None) -> int:
    definition = definitions()["relationship_nps"].model_dump(mode="json")
    with transaction() as session:
        made = SurveyVersion(key="relationship_nps", version=1, definition=definition, brand_id=brand_id)
        session.add(made)
        session.flush()
        return made.id


def id_of(key: str) -> int:
    with transaction() as session:
        return session.scalars(select(StoredBrand.id).where(StoredBrand.key == key)).one()


def test_until_one_is_kept_the_brand_file_stands_in_and_is_what_the_form_begins_with(
    database: str, admin_client: FlaskClient
) -> None:
    assert brand_of(settings(database, brand_file=FILE)) == load_brand(FILE)
    assert "Example Company" in admin_client.get("/brands").text
    page = admin_client.get("/brands/default").text
    assert 'value="feedback@company.example"' in page
    assert "brand file" in page
    assert sent(admin_client, "/brands/default").status_code == 302
    assert brand_of(settings(database, brand_file=FILE)).name == "Nordic Division"
    assert "brand file" not in admin_client.get("/brands/default").text


def test_a_brand_is_made_and_what_was_corrected_is_said(admin_client: FlaskClient) -> None:
    made = sent(
        admin_client, "/brands/new", colour="#FFD400", text_colour="#ffffff", sender_address="Kim@Bücher.example"
    )
    assert made.location == "/brands/nordic_division"
    page = admin_client.get(made.location).text
    assert "contrast of 1.4 to 1; people need 4.5 to 1" in page
    assert 'value="kim@xn--bcher-kva.example"' in page
    assert sent(admin_client, "/brands/new").location == "/brands/nordic_division_2"
    assert sent(admin_client, "/brands/new", name="New").location == "/brands/new_2"
    assert sent(admin_client, "/brands/new", name="Default").location == "/brands/default_2"
    assert "Nordic Division" in admin_client.get("/brands").text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Name is empty"),
        ("sender_address", "nobody", "Sender address should be a mail address"),
        ("reply_to", "a@b.example, c@d.example", "Reply address should be a mail address"),
        ("colour", "teal", "Colour should be #"),
        ("privacy_url", "javascript:alert(1)", "Privacy page should start with https://"),
        ("footer", "x" * 501, "Footer has 501 characters; there is room for 500"),
        ("logo", upload(b"<svg onload=alert(1)>"), "Logo is an SVG"),
        ("logo", upload(b"\0" * (1024 * 1024 + 1)), "Logo is larger than 1 MB"),
        ("logo", upload(b"GIF89a"), "Logo is not a picture"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    admin_client: FlaskClient, field: str, value: object, sentence: str
) -> None:
    answer = sent(admin_client, "/brands/new", **{field: value})
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert "Storgata 1" in answer.text
    with transaction() as session:
        assert session.scalars(select(StoredBrand)).all() == []


def test_a_sender_can_never_add_a_header(admin_client: FlaskClient, database: str) -> None:
    made = sent(admin_client, "/brands/new", sender_name='Kim"\r\nBcc: all@evil.example', name="N\nBcc: x")
    assert made.status_code == 302
    mail = Composer(settings(database)).compose(letter(version(id_of("n_bcc_x"))))
    assert mail.sender == '"Kim\\" Bcc: all@evil.example" <kim@nordic.example>'
    assert "\n" not in mail.subject


def test_a_logo_is_kept_shown_and_outlives_its_brand_in_mails(
    admin_client: FlaskClient, customer: FlaskClient, database: str
) -> None:
    sent(admin_client, "/brands/default", logo=upload(Image.new("RGB", (400, 80), "navy")))
    mail = Composer(settings(database)).compose(letter(version(None)))
    [address] = re.findall(r'src="http://127\.0\.0\.1:8080(/logos/[0-9a-f]{32}\.png)"', mail.html)
    picture = customer.get(address)
    assert Image.open(io.BytesIO(picture.data)).size == (400, 80)
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/png", "public, max-age=31536000, immutable")
    assert "Set-Cookie" not in picture.headers
    sent(admin_client, "/brands/default", revision="1", no_logo="1")
    assert brand_of(settings(database)).logo is None
    assert customer.get(address).status_code == 200
    for wrong in ("/logos/0.png", f"/logos/{'0' * 32}.png", "/logos/%00.png"):
        assert customer.get(wrong).status_code == 404


def test_the_logo_of_the_brand_file_is_public_too(database: str, customer: FlaskClient, application: Flask) -> None:
    application.extensions["quorum.settings"] = settings(database, brand_file=FILE)
    logo = load_brand(FILE).logo
    assert logo is not None
    assert customer.get(f"/logos/{logo.digest}.png").data == logo.png


def test_a_chosen_logo_is_carried_along_while_the_rest_is_put_right(admin_client: FlaskClient, database: str) -> None:
    answer = sent(admin_client, "/brands/new", name="", logo=upload(plain_logo().png))
    [carried] = re.findall(r'name="carried_logo" value="([^"]+)"', answer.text)
    assert base64.b64decode(carried) == plain_logo().png
    assert sent(admin_client, "/brands/new", carried_logo=carried).status_code == 302
    assert brand_of(settings(database), id_of("nordic_division")).logo is not None


def test_the_preview_shows_what_is_typed_and_stores_nothing(admin_client: FlaskClient) -> None:
    for part in ("page", "mail"):
        shown = sent(
            admin_client, f"/brands/new/preview/{part}", name="<b>Typed</b>", colour="#7a1f5c", privacy_url="no"
        )
        assert shown.status_code == 200
        assert "&lt;b&gt;Typed" in shown.text
        assert "#7a1f5c" in shown.text
        assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
        assert "<script" not in shown.text
        assert "Example Company" in admin_client.get(f"/brands/default/preview/{part}").text
    assert admin_client.get("/brands/default/preview/poem").status_code == 404
    assert admin_client.get("/brands/nobody/preview/page").status_code == 404
    with transaction() as session:
        assert session.scalars(select(StoredBrand)).all() == []


def test_the_second_of_two_who_edit_at_once_is_asked_first(admin_client: FlaskClient) -> None:
    sent(admin_client, "/brands/default")
    assert sent(admin_client, "/brands/default", revision="1", name="First").status_code == 302
    late = sent(admin_client, "/brands/default", revision="1", name="Second")
    assert late.status_code == 409
    assert "ana.sand@quorum.example has saved this brand" in late.text
    assert 'value="Second"' in late.text
    [revision] = re.findall(r'name="revision" value="(\d+)"', late.text)
    assert sent(admin_client, "/brands/default", revision=revision, name="Second").status_code == 302


def test_a_survey_shows_its_own_brand_or_the_default_one(admin_client: FlaskClient, database: str) -> None:
    sent(admin_client, "/brands/new")
    own, none = version(id_of("nordic_division")), None
    assert Composer(settings(database)).compose(letter(own)).sender == "Kim Berg <kim@nordic.example>"
    assert brand_of(settings(database), none).key == DEFAULT_KEY
    assert senders(settings(database)) == ["feedback@company.example", "kim@nordic.example"]
    assert act(admin_client, "/brands/nordic_division/default").status_code == 302
    assert brand_of(settings(database), none).key == "nordic_division"
    assert admin_client.get("/brands/default").status_code == 404


def test_a_change_elsewhere_shows_when_what_was_read_is_old(
    admin_client: FlaskClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(admin_client, "/brands/default")
    before = brand_of(settings(database))
    with transaction() as session:  # another process
        session.execute(text("UPDATE brand SET name = 'Renamed'"))
    assert brand_of(settings(database)) is before
    monkeypatch.setattr(branding, "FRESH", 0.0)
    forget_brands()
    brand_of(settings(database))
    assert brand_of(settings(database)).name == "Renamed"


def test_with_the_database_away_the_brand_last_seen_stays(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branding, "FRESH", 0.0)
    before = brand_of(settings(database))
    engine().dispose()
    with transaction() as session:
        session.execute(text("ALTER TABLE brand RENAME TO gone"))
    assert brand_of(settings(database)) == before


def test_a_brand_is_deleted_archived_or_kept_by_who_shows_it(admin_client: FlaskClient, database: str) -> None:
    for name in ("Unused", "Past", "Present"):
        sent(admin_client, "/brands/new", name=name)
    version(id_of("past"))
    with transaction() as session:
        session.add(Survey(key="churn", draft={}, brand_id=id_of("present")))
    for key, deed in (
        ("unused", "Delete this brand"),
        ("past", "Archive this brand"),
        ("present", "while churn shows it"),
    ):
        assert deed in admin_client.get(f"/brands/{key}").text
        act(admin_client, f"/brands/{key}/remove")
    refused = act(admin_client, "/brands/present/remove")
    assert refused.status_code == 409
    assert "churn shows this brand" in refused.text
    with transaction() as session:
        assert [name for _, name in brand_choices(session)] == ["Present"]
    assert admin_client.get("/brands/unused").status_code == 404
    assert "Past" in admin_client.get("/brands?show=archived").text
    assert brand_of(settings(database), id_of("past")).name == "Past"
    assert act(admin_client, "/brands/past/default").status_code == 409
    assert act(admin_client, "/brands/past/bring-back").status_code == 302
    with transaction() as session:
        assert [name for _, name in brand_choices(session)] == ["Past", "Present"]


def test_the_default_brand_stays_and_every_deed_is_on_the_trail(admin_client: FlaskClient) -> None:
    sent(admin_client, "/brands/default")
    with pytest.raises(Refused, match="Make another the default first"):
        remove_brand(DEFAULT_KEY, actor="test")
    change_brand(load_brand(FILE), revision=1, actor="test")
    with transaction() as session:
        trail = session.execute(text("SELECT deed, subject, actor FROM audit_entry WHERE deed LIKE 'brand.%'")).all()
    assert [tuple(row) for row in trail] == [
        ("brand.added", "default", "ana.sand@quorum.example"),
        ("brand.changed", "default", "test"),
    ]


def letter(survey_version_id: int) -> Letter:
    facts = {"first_name": "Zoë", "last_name": None, "language": "en", "account": "Nord & Süd"}
    return Letter(uuid.uuid4(), 1, 0, "zoe@customer.example", **facts, survey_version_id=survey_version_id)
