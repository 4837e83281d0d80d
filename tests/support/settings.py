"""Settings for tests that need no services of their own."""

from app.settings import Settings


def settings(database_url: str, redis_url: str = "redis://127.0.0.1:1/0", **changes: object) -> Settings:
    """Return settings for a test's database."""
    given = {"database_url": database_url, "redis_url": redis_url, "secret_key": "k" * 64, **changes}
    return Settings.model_validate(given)
