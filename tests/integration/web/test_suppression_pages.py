"""The suppression list in the admin: found, added to by hand and by file, written out, and lifted with a reason."""

from __future__ import annotations

import csv
import io
from contextlib import suppress as suppress_error
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from app.accounts.import_models import ImportPiece
from app.accounts.models import Suppression, SuppressionReason
from app.core import db, progress, queue
from app.core.audit import AuditEntry, record
from app.core.db import transaction
from app.core.errors import QuorumError
from app.delivery.suppressing import Entry, suppress
from app.delivery.suppression_syncing import DEED, WORK_NAME
from tests.support.settings import settings
from tests.support.web import csrf_token, post_form


def on_the_list(*addresses: str, reason: SuppressionReason = SuppressionReason.HARD_BOUNCE) -> None:
    with transaction() as session:
        suppress(session, [Entry(address, reason, "*", f"=about {address}") for address in addresses])


def test_the_suppression_list_is_searched_filtered_paged_and_written_out(admin_client: FlaskClient) -> None:
    on_the_list(*(f"p{number:03}@a.example" for number in range(120)))
    on_the_list("someone@b.example", reason=SuppressionReason.COMPLAINT)
    assert "121 addresses nobody may mail" in admin_client.get("/suppression").text
    assert "1 address nobody may mail" in admin_client.get("/suppression?q=B.example").text
    assert "1 address nobody may mail" in admin_client.get("/suppression?reason=complaint").text
    assert "0 addresses nobody may mail" in admin_client.get("/suppression?scope=acme").text
    assert "101–121 of 121" in admin_client.get("/suppression?page=3").text
    rows = list(csv.DictReader(io.StringIO(admin_client.get("/suppression.csv?reason=complaint").text)))
    assert [(row["Email"], row["Reason"], row["Detail"]) for row in rows] == [
        ("someone@b.example", "complaint", "'=about someone@b.example")
    ]
    assert len(list(csv.DictReader(io.StringIO(admin_client.get("/suppression.csv").text)))) == 121


def test_an_address_is_added_by_hand(admin_client: FlaskClient) -> None:
    for fields, sentence in (
        ({"address": "nobody", "detail": "x"}, "is not a mail address"),
        ({"address": "a@b.example", "detail": ""}, "Write why"),
        ({"address": "a@b.example", "detail": "x", "scope": "nosuch"}, "There is no brand"),
    ):
        status, page = post_form(admin_client, "/suppression", "/suppression", **fields)
        assert status == 422
        assert sentence in page
        assert f'value="{fields["address"]}"' in page  # nothing typed is lost
    status, page = post_form(
        admin_client, "/suppression", "/suppression", address="A@B.example", detail="Asked by phone"
    )
    assert "is on the list now" in page
    assert "Asked by phone" in page
    with transaction() as session:
        (kept,) = session.scalars(select(Suppression))
    assert (kept.email_key, kept.reason, kept.scope) == ("a@b.example", SuppressionReason.BY_HAND, "*")


def test_an_address_is_taken_off_with_a_reason_and_only_for_that_reason(admin_client: FlaskClient) -> None:
    on_the_list("a@b.example")
    on_the_list("a@b.example", reason=SuppressionReason.COMPLAINT)
    path = f"/suppression/removal?{urlencode({'address': 'a@b.example', 'scope': '*', 'reason': 'complaint'})}"
    page = admin_client.get(path).text
    assert "A person said no here" in page
    assert "It stays on the list all the same: mail bounced for good" in page
    status, page = post_form(admin_client, path, path, why="  ")
    assert status == 422
    status, page = post_form(admin_client, path, path, why="Took it back by phone")
    assert status == 302
    with transaction() as session:
        assert session.scalars(select(Suppression.reason)).all() == [SuppressionReason.HARD_BOUNCE]
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.deed, entry.actor, entry.detail["why"]) == (
        *("suppression.lifted", "ana.sand@quorum.example"),
        "Took it back by phone",
    )
    assert admin_client.get(path).status_code == 404


def test_a_file_is_looked_at_and_then_put_on_the_list(admin_client: FlaskClient) -> None:
    def upload(content: str) -> tuple[int, str]:
        file = (io.BytesIO(content.encode()), "../../etc/theirs.csv")
        return post_form(admin_client, "/suppression/import", "/suppression/import", file=file)

    content = "Email;Reason\na@b.example;Bounced\nnobody;Bounced\nA@B.EXAMPLE;Bounced\n"
    status, page = upload(content)
    assert status == 302
    assert "1 address would be new" in page
    assert "This is not a mail address" in page
    path = "/suppression/import/1"
    rows = list(
        csv.DictReader(io.StringIO(admin_client.get(f"{path}/rejected.csv").data.decode("utf-8-sig")), delimiter=";")
    )
    assert [(row["Email"], row["Line"], row["Reason"]) for row in rows] == [
        ("nobody", "3", "this is not a mail address")
    ]
    with transaction() as session:
        assert session.scalars(select(Suppression)).all() == []
    status, page = post_form(admin_client, f"{path}/take", path)  # without the file
    assert "1 address is new on the list" in page
    with transaction() as session:
        assert session.scalar(select(AuditEntry.subject).where(AuditEntry.deed == "suppression.imported")) == (
            "etc_theirs.csv"
        )
        assert session.scalars(select(ImportPiece.part)).all() == ["rejected"]
    token = csrf_token(admin_client, "/suppression/import")
    assert [
        admin_client.post(f"{path}/{deed}", data={"csrf_token": token}).status_code for deed in ("take", "drop")
    ] == [
        409,
        409,
    ]
    assert "No import fits" in admin_client.get("/imports?q=theirs").text
    assert admin_client.get("/imports/1").status_code == 404
    assert upload("Name\nAna\n")[0] == 422
    status, page = post_form(admin_client, "/suppression/import", "/suppression/import")
    assert status == 422
    assert "Choose a CSV file" in page
    upload(content)
    status, page = post_form(admin_client, "/suppression/import/2/drop", "/suppression/import/2")
    assert "The file is deleted" in page
    assert "This file was dropped" in admin_client.get("/suppression/import/2").text
    assert admin_client.get("/suppression/import/2/rejected.csv").status_code == 404


def test_the_list_of_ses_is_brought_in_step_by_a_worker(
    admin_client: FlaskClient, application: Flask, database: str, valkey: str
) -> None:
    assert "Bring in step with SES" not in admin_client.get("/suppression").text
    assert post_form(admin_client, "/suppression/sync", "/suppression")[0] == 409
    db.engine().dispose()
    over_ses = create_app(settings(database, valkey, mail_transport="ses", aws_region="eu-west-1"))
    client = over_ses.test_client()
    with admin_client.session_transaction() as theirs, client.session_transaction() as cookie:
        cookie["user"], cookie["key"] = theirs["user"], theirs["key"]
    assert "Bring in step with SES" in client.get("/suppression").text
    status, page = post_form(client, "/suppression/sync", "/suppression")
    assert (status, queue.queue(queue.WORK).count) == (302, 1)
    assert "brought in step now" in page
    with suppress_error(QuorumError), progress.shown(WORK_NAME) as report:
        report(0, 1)
        assert "being brought in step" in client.get("/suppression").text
        raise QuorumError("SES did not answer.")
    assert "SES did not answer." in client.get("/suppression").text
    with transaction() as session:
        record(session, actor="Ana", deed=DEED, subject="SES", pulled=1234, pushed=7)
    with progress.shown(WORK_NAME):
        pass
    assert "1,234 taken in, 7 given to SES" in client.get("/suppression").text
