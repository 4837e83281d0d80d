"""Imports that a worker does: looked at, taken, stopped, gone on with, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.accounts import import_runs, kept_files
from app.accounts.import_models import ImportFile, ImportPiece, ImportRun, ImportState
from app.accounts.import_runs import LOCK, bring, drop, go_on, name_columns, stop, take
from app.accounts.import_standing import work_of
from app.accounts.models import Account, Contact
from app.accounts.running_imports import MOST_TRIES, forget_old, resume_stalled, run_import
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from tests.integration.accounts.stored import everything
from tests.support.crm_files import ACCOUNT, CONTACT, REVENUE_LINE, write_csv

pytestmark = pytest.mark.usefixtures("application")

ANA = "ana@vendor.example"


def three_files(folder: Path) -> list[Path]:
    people = [CONTACT | {"Contact ID": f"C{n}", "Email": f"p{n}@harbour.example"} for n in range(5)]
    return [
        write_csv(folder / "people.csv", [*people, CONTACT | {"Contact ID": "C9", "Account Name": "Nobody Ltd"}]),
        write_csv(folder / "revenue.csv", [REVENUE_LINE]),
        write_csv(folder / "companies.csv", [ACCOUNT]),
    ]


def brought(*paths: Path) -> int:
    run_id, faults = bring(paths, actor=ANA)
    assert not faults
    assert run_id is not None
    return run_id


def looked_at(*paths: Path) -> int:
    run_id = brought(*paths)
    run_import(run_id)
    assert state(run_id) is ImportState.LOOKED
    return run_id


def run(run_id: int) -> ImportRun:
    with reading() as session:
        return import_runs.find(session, run_id)


def state(run_id: int) -> ImportState:
    return run(run_id).state


def files(run_id: int) -> list[ImportFile]:
    with reading() as session:
        return import_runs.files(session, run_id)


def pieces() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ImportPiece)) or 0


def counts(found: Mapping[str, int] | None) -> list[int]:
    assert found is not None
    return [found[name] for name in ("created", "updated", "unchanged", "rejected")]


def test_files_are_looked_at_together_and_nothing_is_written(tmp_path: Path) -> None:
    run_id = looked_at(*three_files(tmp_path))
    found = files(run_id)
    assert [file.kind for file in found] == ["accounts", "contacts", "revenue"]
    assert [counts(file.outlook) for file in found] == [[1, 0, 0, 0], [5, 0, 0, 1], [1, 0, 0, 0]]
    assert everything() == [[], [], []]
    rejects = b"".join(kept_files.pieces(found[1].id, kept_files.REJECTED)).decode("utf-8-sig")
    assert "Nobody Ltd» is no account that is known" in rejects.splitlines()[1]


def test_what_was_looked_at_is_taken_once_and_its_files_go(tmp_path: Path) -> None:
    run_id = looked_at(*three_files(tmp_path))
    take(run_id, actor="bo@vendor.example")
    with pytest.raises(Refused, match="moved on meanwhile"):
        take(run_id, actor=ANA)
    run_import(run_id)
    assert state(run_id) is ImportState.TAKEN
    assert [counts(file.outcome) for file in files(run_id)] == [[1, 0, 0, 0], [5, 0, 0, 1], [1, 0, 0, 0]]
    assert pieces() == 1  # the rejected row alone
    with reading() as session:
        trail = session.execute(select(AuditEntry.actor, AuditEntry.deed).order_by(AuditEntry.id)).all()
    assert trail == [("bo@vendor.example", f"import {kind}") for kind in ("accounts", "contacts", "revenue")]
    stored = everything()
    again = looked_at(*three_files(tmp_path))
    take(again, actor=ANA)
    run_import(again)
    assert [counts(file.outcome) for file in files(again)] == [[0, 0, 1, 0], [0, 0, 5, 1], [0, 0, 1, 0]]
    assert everything() == stored
    run_import(again)  # a second job for it finds nothing to do
    assert state(again) is ImportState.TAKEN


def test_an_import_stops_and_goes_on(tmp_path: Path) -> None:
    run_id = looked_at(*three_files(tmp_path))
    take(run_id, actor=ANA)
    with transaction() as session:  # as somebody does while a worker has it
        session.execute(text("UPDATE import_run SET stop_asked = true"))
    run_import(run_id)
    assert state(run_id) is ImportState.STOPPED
    assert everything() == [[], [], []]
    go_on(run_id)
    stop(run_id)  # no worker has it yet
    assert state(run_id) is ImportState.STOPPED
    run_import(run_id)
    assert everything() == [[], [], []]
    go_on(run_id)
    run_import(run_id)
    assert state(run_id) is ImportState.TAKEN
    with pytest.raises(Refused):
        stop(run_id)


def test_what_is_taken_stays_when_a_later_file_fails(tmp_path: Path) -> None:
    run_id = looked_at(*three_files(tmp_path))
    companies, people, _ = files(run_id)
    take(run_id, actor=ANA)
    with transaction() as session:
        kept_files.drop(session, people.id, kept_files.GIVEN)
    run_import(run_id)
    assert (state(run_id), run(run_id).trouble) == (
        ImportState.FAILED,
        "people.csv is empty: there is not even a line with the names of the columns.",
    )
    outcome = files(run_id)[0].outcome
    assert counts(outcome) == [1, 0, 0, 0]
    with pytest.raises(Refused, match="taken already"):
        name_columns(run_id, {}, {})
    with transaction() as session:
        kept_files.keep(session, people.id, kept_files.GIVEN, tmp_path / "people.csv")
    go_on(run_id)
    run_import(run_id)
    assert state(run_id) is ImportState.TAKEN
    assert files(run_id)[0].outcome == outcome
    assert companies.id == files(run_id)[0].id


def test_an_import_whose_worker_died_is_found_and_done(tmp_path: Path) -> None:
    run_id = looked_at(*three_files(tmp_path))
    take(run_id, actor=ANA)
    assert resume_stalled() == 0  # it waits in the queue, as far as anybody knows
    with transaction() as session:
        session.execute(text("UPDATE import_run SET begun_at = now() - interval '2 minutes'"))
    with transaction() as holding:  # a worker has it
        holding.execute(select(func.pg_advisory_xact_lock(LOCK, run_id)))
        assert resume_stalled() == 0
        with reading() as session:
            assert not work_of(session, run(run_id), files(run_id)).waiting
        run_import(run_id)
        assert everything() == [[], [], []]
    assert resume_stalled() == 1
    assert resume_stalled() == 0
    run_import(run_id)
    assert state(run_id) is ImportState.TAKEN


def test_an_import_that_the_queue_lost_is_queued_again(tmp_path: Path) -> None:
    brought(*three_files(tmp_path))
    with transaction() as session:
        session.execute(text("UPDATE import_run SET queued_at = now() - interval '11 minutes'"))
    assert resume_stalled() == 1


def test_an_import_over_which_workers_die_is_given_up(tmp_path: Path) -> None:
    run_id = brought(*three_files(tmp_path))
    with transaction() as session:
        session.execute(text("UPDATE import_run SET tries = :tries"), {"tries": MOST_TRIES})
    run_import(run_id)
    assert state(run_id) is ImportState.FAILED
    assert "workers ended over it" in str(run(run_id).trouble)
    go_on(run_id)
    run_import(run_id)
    assert state(run_id) is ImportState.LOOKED


def test_columns_are_said_once_and_remembered(tmp_path: Path) -> None:
    run_import(brought(write_csv(tmp_path / "companies.csv", [ACCOUNT])))
    rows = [{"Kunde": "Harbour Lights", "Mail": "ada@harbour.example", "Geburtstag": "1 May"}]
    run_id = brought(write_csv(tmp_path / "leute.csv", rows))
    (file,) = files(run_id)
    assert (state(run_id), file.kind, file.fault) == (ImportState.ASKING, None, import_runs.UNKNOWN_KIND)
    assert file.sample == list(rows[0].values())
    assert not name_columns(run_id, {file.id: "contacts"}, {})
    (file,) = files(run_id)
    assert file.fault == "None of its columns stands for Account Name or Account ID; choose the one that does."
    mapping = {"Kunde": "Account Name", "Geburtstag": "(left out)"}
    assert name_columns(run_id, {file.id: "contacts"}, {file.id: mapping})
    run_import(run_id)
    assert state(run_id) is ImportState.LOOKED
    again = brought(write_csv(tmp_path / "leute-2.csv", rows))
    assert (state(again), files(again)[0].mapping) == (ImportState.LOOKING, mapping)
    assert name_columns(run_id, {file.id: "contacts"}, {file.id: {}}) is False
    assert state(brought(write_csv(tmp_path / "leute-3.csv", rows))) is ImportState.ASKING


def test_a_file_that_is_none_is_left_out_and_named(tmp_path: Path) -> None:
    workbook, nothing = tmp_path / "book.xlsx", tmp_path / "nothing.csv"
    workbook.write_bytes(b"PK\x03\x04 and so on")
    nothing.write_bytes(b"")
    run_id, faults = bring([workbook, write_csv(tmp_path / "a.csv", [ACCOUNT]), nothing], actor=ANA)
    assert set(faults) == {"book.xlsx", "nothing.csv"}
    assert run_id is not None
    assert [file.name for file in files(run_id)] == ["a.csv"]
    assert bring([workbook], actor=ANA).run_id is None


def test_what_is_dropped_or_old_is_deleted_and_its_counts_stay(tmp_path: Path) -> None:
    dropped, old, done = (looked_at(*three_files(tmp_path)) for _ in range(3))
    take(done, actor=ANA)
    run_import(done)
    drop(dropped, actor=ANA)
    assert state(dropped) is ImportState.DROPPED
    with pytest.raises(Refused):
        take(dropped, actor=ANA)
    now = datetime.now(UTC)
    assert forget_old(now + timedelta(days=13)) == 0
    assert forget_old(now + timedelta(days=15)) == 2
    assert pieces() == 0
    assert [state(run_id) for run_id in (dropped, old, done)] == ["dropped", "dropped", "taken"]
    for file in files(done):
        assert file.sample == []
        assert file.outcome is not None
        assert {"rows", "created", "rejected"} <= file.outcome.keys()
        assert not {"first_faults", "first_notes"} & file.outcome.keys()
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 5
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_there_is_no_such_import() -> None:
    run_import(77)
    with pytest.raises(NotFound):
        take(77, actor=ANA)
