"""One frozen Settings, read from the environment once; nothing else in the house reads the environment."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.core.auth.rights import EXACT_REVENUE, Role
from app.core.errors import QuorumError

VARIABLES = {
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "secret_key": "QUORUM_SECRET_KEY",
    "home": "QUORUM_HOME",
    "public_url": "QUORUM_PUBLIC_URL",
    "mail_transport": "MAIL_TRANSPORT",
    "aws_region": "AWS_REGION",
    "ses_configuration_set": "QUORUM_SES_CONFIGURATION_SET",
    "ses_queue_url": "QUORUM_SES_QUEUE_URL",
    "ses_topics": "QUORUM_SES_TOPICS",
    "receipt_days": "QUORUM_RECEIPT_DAYS",
    "warm_up": "QUORUM_WARM_UP",
    "pause_after_errors": "QUORUM_PAUSE_AFTER_ERRORS",
    "brand_file": "QUORUM_BRAND_FILE",
    "host": "QUORUM_HOST",
    "port": "QUORUM_PORT",
    "web_processes": "QUORUM_WEB_PROCESSES",
    "workers": "QUORUM_WORKERS",
    "send_at_once": "QUORUM_SEND_THREADS",
    "queue_prefix": "QUORUM_QUEUE_PREFIX",
    "exact_revenue_roles": "QUORUM_EXACT_REVENUE_ROLES",
    "value_buckets": "QUORUM_VALUE_BUCKETS",
}
"""Field of `Settings` → environment variable; `docs/operating.md` explains each."""


NOBODY = "nobody"


class SettingsError(QuorumError):
    """The environment holds values that Quorum cannot start with; the message lists each of them."""


def _database_url(value: str) -> str:
    scheme, _, rest = value.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not rest:
        raise ValueError("must be a PostgreSQL address such as postgresql://user:password@host/quorum")
    return f"postgresql+psycopg://{rest}"


def _redis_url(value: str) -> str:
    if value.partition("://")[0] not in {"redis", "rediss", "unix"}:
        raise ValueError("must be a Redis address such as redis://host:6379/0")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be the address customers reach, such as https://survey.example.com")
    return value.rstrip("/")


def _secret_key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must be at least 32 characters; make one with: openssl rand -hex 32")
    return value


def _warm_up(value: str) -> str:
    first_day, _, steps = value.partition(":")
    try:
        date.fromisoformat(first_day)
    except ValueError:
        steps = ""
    if not all(step.isdecimal() and step.isascii() for step in steps.split(",")):
        raise ValueError("must be a first day and the most mails of each day from it on: 2026-11-02:200,400,800")
    return value


def _queue_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path.strip("/")):
        raise ValueError("must be a queue such as https://sqs.eu-west-1.amazonaws.com/123456789012/quorum-receipts")
    return value


def _topics(value: str) -> str:
    for topic in filter(None, value.split(",")):
        if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+", topic.strip()):
            raise ValueError("must be topics such as arn:aws:sns:eu-west-1:123456789012:quorum, with commas between")
    return value


def _roles(value: str) -> str:
    known = [str(role) for role in Role]
    if value != NOBODY and not all(role.strip() in known for role in value.split(",")):
        raise ValueError(f"must be some of {', '.join(known)} with commas between, or {NOBODY}")
    return value


def _buckets(value: str) -> str:
    bounds = [bound.strip() for bound in value.split(",")]
    numbers = [int(bound) for bound in bounds if bound.isascii() and bound.isdecimal() and len(bound) < 16]
    if len(numbers) != len(bounds) or not numbers[0] or any(high <= low for low, high in pairwise(numbers)):
        raise ValueError("must be whole amounts that rise, with commas between: 10000,100000,1000000")
    return value


class Settings(BaseModel):
    """Everything that may differ between two installations of the same code."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(_database_url)]
    redis_url: Annotated[str, AfterValidator(_redis_url)]
    secret_key: Annotated[str, AfterValidator(_secret_key), Field(repr=False)]
    home: Path = Path(".quorum")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    public_url: Annotated[str, AfterValidator(_public_url)] = "http://127.0.0.1:8080"
    mail_transport: Literal["outbox", "ses"] = "outbox"
    aws_region: str | None = None
    ses_configuration_set: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    ses_queue_url: Annotated[str, AfterValidator(_queue_url)] = ""
    ses_topics: Annotated[str, AfterValidator(_topics)] = ""
    receipt_days: Annotated[int, Field(ge=60, le=3650)] = 400
    warm_up: Annotated[str, AfterValidator(_warm_up)] | None = None
    pause_after_errors: Annotated[int, Field(ge=1, le=10_000)] = 50
    brand_file: Path | None = None
    web_processes: Annotated[int, Field(ge=1, le=64)] = 2
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    send_at_once: Annotated[int, Field(ge=1, le=256)] = 64
    queue_prefix: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] = "quorum"

    exact_revenue_roles: Annotated[str, AfterValidator(_roles)] = ",".join(sorted(EXACT_REVENUE))
    value_buckets: Annotated[str, AfterValidator(_buckets)] = (
        "1000,5000,10000,25000,50000,100000,250000,500000,1000000,2500000,5000000,10000000"
    )

    @property
    def exact_revenue(self) -> frozenset[Role]:
        """The roles that see what an account is worth, and not only its bucket."""
        return frozenset(role for role in Role if role in map(str.strip, self.exact_revenue_roles.split(",")))

    @property
    def bucket_bounds(self) -> tuple[int, ...]:
        """The amounts at which the buckets of value meet."""
        return tuple(map(int, self.value_buckets.split(",")))

    @property
    def secure(self) -> bool:
        """Whether customers and admins come over https, so that cookies may insist on it."""
        return self.public_url.startswith("https://")

    @property
    def topics(self) -> frozenset[str]:
        """The topics of SNS whose messages the webhook takes."""
        return frozenset(topic.strip() for topic in self.ses_topics.split(",") if topic.strip())

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from `environ`, or raise `SettingsError` with one line for each wrong value."""
        given = {field: environ[name] for field, name in VARIABLES.items() if environ.get(name)}
        if "public_url" not in given and "port" in given:
            given["public_url"] = f"http://127.0.0.1:{given['port']}"
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    lines = [f"{VARIABLES[str(fault['loc'][0])]}: {_sentence(fault['type'], fault['msg'])}" for fault in error.errors()]
    return "Quorum cannot start with these settings:\n" + "\n".join(f"  {line}" for line in lines)


def _sentence(kind: str, message: str) -> str:
    return "is not set" if kind == "missing" else message.removeprefix("Value error, ")


def kept_secret(home: Path) -> str:
    """Return the secret of an embedded installation, made on first use and readable by its owner only."""
    home.mkdir(parents=True, exist_ok=True)
    path, draft = home / "secret-key", home / f".secret-key-{secrets.token_hex(8)}"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        # Two first starts at once: a link is made by one of them only, and never to a half written file.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
