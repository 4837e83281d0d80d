"""Settings come from the environment, and wrong ones stop the start with a clear list."""

from pathlib import Path

import pytest

from app.settings import VARIABLES, Settings, SettingsError, kept_secret

GOOD = {
    "DATABASE_URL": "postgresql://quorum@db.example/quorum",
    "REDIS_URL": "redis://cache.example:6379/0",
    "QUORUM_SECRET_KEY": "s" * 64,
}


def test_good_settings_are_read() -> None:
    settings = Settings.from_environment(
        {**GOOD, "QUORUM_PORT": "9000", "QUORUM_PUBLIC_URL": "https://ask.example.com/"}
    )
    assert settings.database_url == "postgresql+psycopg://quorum@db.example/quorum"
    assert (settings.port, settings.public_url, settings.secure) == (9000, "https://ask.example.com", True)


def test_the_public_address_follows_the_port() -> None:
    assert Settings.from_environment({**GOOD, "QUORUM_PORT": "9000"}).public_url == "http://127.0.0.1:9000"


def test_every_wrong_value_is_named_at_once_and_no_secret_is_shown() -> None:
    wrong = {
        "DATABASE_URL": "mysql://x:hidden-password@db.example/quorum",
        "REDIS_URL": "cache.example",
        "QUORUM_SECRET_KEY": "short-secret",
        "QUORUM_PORT": "http",
        "MAIL_TRANSPORT": "pigeon",
    }
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(wrong)
    sentence = str(raised.value)
    assert all(name in sentence for name in wrong)
    assert "hidden-password" not in sentence
    assert "short-secret" not in sentence


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="QUORUM_SECRET_KEY: is not set"):
        Settings.from_environment({name: value for name, value in GOOD.items() if name != "QUORUM_SECRET_KEY"})


def test_the_secret_never_shows_itself() -> None:
    assert "s" * 64 not in repr(Settings.from_environment(GOOD))


def test_every_field_has_a_variable_and_every_variable_is_explained() -> None:
    assert set(VARIABLES) == set(Settings.model_fields)
    explained = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    assert all(f"`{variable}`" in explained for variable in VARIABLES.values())


def test_a_secret_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    secret = kept_secret(home)
    assert kept_secret(home) == secret
    assert len(secret) == 64
    assert (home / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["secret-key"]
