"""`quorum survey` as people and scripts call it: out to a file, checked, back in, published."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli import main
from app.core import db
from app.core.db import transaction
from app.surveys.publishing import published_version


@pytest.fixture
def quorum(database: str, valkey: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("QUORUM_SECRET_KEY", "k" * 64)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, code: int = 0) -> Result:
        db.engine().dispose()  # what the test looked at between two commands, each of which connects anew
        result = CliRunner().invoke(main, ["survey", *arguments])
        assert result.exit_code == code, result.output
        return result

    yield run
    db.engine().dispose()


def test_a_survey_goes_out_is_changed_comes_back_and_is_published(quorum, tmp_path: Path) -> None:
    quorum("export", "support_ces", "--out", "ces.yaml")
    written = yaml.safe_load((tmp_path / "ces.yaml").read_text(encoding="utf-8"))
    written["key"] = "our_ces"
    written["title"] = dict.fromkeys(written["languages"], "Our CES")
    (tmp_path / "ces.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    assert "can be published, in English" in quorum("validate", "ces.yaml").output
    assert "quorum survey publish our_ces" in quorum("import", "ces.yaml").output
    quorum("publish", "our_ces", "--yes")
    assert "nothing to publish" in quorum("publish", "our_ces", "--yes", code=2).output
    written["mail"]["subject"]["en"] = "How easy was it?"
    (tmp_path / "ces.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    changed = quorum("import", "ces.yaml", "--into", "our_ces", "--yes").output
    assert "Reworded  Subject, English" in changed
    assert "+ How easy was it?" in changed
    assert "nothing is replaced" in quorum("import", "ces.yaml", "--into", "our_ces").output
    quorum("publish", "our_ces", "--yes")
    with transaction() as session:
        newest = published_version(session, "our_ces")
    assert newest.version == 2
    assert newest.definition["mail"]["subject"]["en"] == "How easy was it?"
    assert "How easy was it?" not in quorum("export", "our_ces", "--version", "1").output
    assert "our_ces" in quorum("list", "--state", "published").output
    assert "our_ces" not in quorum("list", "--state", "ready_made").output


def test_what_is_wrong_is_said_with_its_place_and_an_exit_code(quorum, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes("title: Überblick".encode("latin-1"))
    assert "should be UTF-8" in quorum("validate", "bad.yaml", code=2).output
    quorum("export", "support_ces", "--out", "ces.yaml")
    written = yaml.safe_load((tmp_path / "ces.yaml").read_text(encoding="utf-8"))
    del written["mail"]["subject"]["de"]
    (tmp_path / "ces.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    assert "mail.subject.de: is missing" in quorum("validate", "ces.yaml", code=2).output
    quorum("import", "ces.yaml")
    assert "mail.subject.de: is missing" in quorum("publish", "support_ces_2", "--yes", code=2).output
    assert "There is no survey" in quorum("publish", "no_such", "--yes", code=2).output
    assert "There is no survey" in quorum("export", "no_such", code=2).output
    assert "not kept" in quorum("export", "support_ces_2", "--version", "4", code=2).output
