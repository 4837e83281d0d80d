"""Sets the demo's stage: the sample company imported, a wave planned and sent, some answers given.

Each step looks at what is there already, so that a demo that was stopped half way goes on, and a second one beside it
finds everything done. All of it goes through the same deeds as real work.
"""

from __future__ import annotations

import random
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from app.accounts.importing import import_accounts, import_contacts, import_revenue
from app.accounts.models import Account
from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.models import Wave, WaveState
from app.campaigns.planning import plan_wave
from app.core import db
from app.core.auth.models import User
from app.core.auth.users import add_user
from app.core.errors import QuorumError
from app.core.queue import nudge
from app.core.signing import Signer
from app.delivery.launching import launch_wave
from app.demo.company import write_company
from app.demo.opinions import Invited, Opinion, opinions
from app.responses.collecting import record_answer
from app.settings import Settings
from app.surveys.answers import Answer
from app.surveys.definition import Definition
from app.surveys.published import published

ADMIN_EMAIL = "admin@quorum.example"
ACTOR = "demo"
BRAND = Path(__file__).with_name("brand.yaml")
SEED = 7

_LOCK = 0x64_65_6D_6F  # «demo»


@contextmanager
def alone() -> Iterator[None]:
    """Let one demo at a time set the stage; another one on the same database waits and finds it set."""
    with db.engine().connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})


def admin_password(home: Path) -> str:
    """Return the password of the demo's one user, made on first use and kept in `home` for the next start."""
    path = home / "demo-password"
    with db.transaction() as session:
        known = session.scalar(select(User.id).where(User.email == ADMIN_EMAIL)) is not None
    if known and path.exists():
        return path.read_text()
    if known:
        raise QuorumError(
            f"The demo's user {ADMIN_EMAIL} exists, but {path} with the password is gone. Run: rm -r {home}"
        )
    _, password = add_user(ADMIN_EMAIL, "Demo admin", secrets.token_urlsafe(12), actor=ACTOR)
    path.touch(mode=0o600)
    path.write_text(password)
    return password


def prepare(today: date) -> int:
    """Import the sample company and plan a wave on it, unless one is open; return the wave's id."""
    with db.transaction() as session:
        accounts = session.scalar(select(func.count()).select_from(Account))
        open_still = (Wave.ends_on >= today) & (Wave.state != WaveState.FINISHED)
        wave = session.scalar(select(Wave).where(open_still).order_by(Wave.id.desc()).limit(1))
    if not accounts:
        _import_company(today)
    wave_id = create_wave(_order(today), actor=ACTOR) if wave is None else wave.id
    if wave is None or wave.state is WaveState.DRAFT:
        plan_wave(wave_id, actor=ACTOR)
    return wave_id


def _import_company(today: date) -> None:
    with tempfile.TemporaryDirectory(prefix="quorum-demo-") as folder:
        files = write_company(Path(folder), today=today, seed=SEED)
        for deed, path in (
            (import_accounts, files.accounts),
            (import_contacts, files.contacts),
            (import_revenue, files.revenue),
        ):
            result = deed(path, actor=ACTOR)
            if result.rejected:
                raise QuorumError(f"The sample company has faulty rows: {result.first_faults}")


def _order(today: date) -> WaveOrder:
    quarter = (today.month + 2) // 3
    return WaveOrder(
        key=today.isoformat(),
        name=f"Q{quarter} {today.year}",
        planned_for=today,
        rates={"EUR": Decimal("1.08")},
    )


def send(wave_id: int) -> None:
    """Launch the wave unless that was done, and wake the dispatcher."""
    with db.transaction() as session:
        planned = session.get_one(Wave, wave_id).state is WaveState.PLANNED
    if planned:
        launch_wave(wave_id, now=datetime.now(UTC), actor=ACTOR, at_once=True)  # also on a Sunday night
    nudge("workers.jobs.dispatch")


def unsent(wave_id: int) -> int:
    """Return how many mails of the wave are still on their way."""
    query = text(
        "SELECT count(*) FROM message m JOIN wave w ON w.id = m.wave_id"
        " WHERE m.wave_id = :wave_id AND m.state IN ('queued', 'sending') AND w.state = 'running'"
    )
    with db.transaction() as session:
        return session.scalar(query, {"wave_id": wave_id}) or 0


_INVITED = text(
    """
    SELECT i.id, a.name AS account, f.annual_value, i.level, a.industry, c.language, c.first_name
    FROM invitation i
    JOIN wave_account f ON f.wave_id = i.wave_id AND f.account_id = i.account_id
    JOIN account a ON a.id = i.account_id
    JOIN contact c ON c.id = i.contact_id
    WHERE i.wave_id = :wave_id AND i.sent_at IS NOT NULL
    ORDER BY a.external_id, c.external_id
    """
)


def answer(wave_id: int) -> None:
    """Let some of the invited say what they think, unless answers are there already."""
    with db.transaction() as session:
        if session.scalar(text("SELECT EXISTS (SELECT FROM response WHERE wave_id = :id)"), {"id": wave_id}):
            return
        invited = session.execute(_INVITED, {"wave_id": wave_id}).mappings().all()
        definition = published(session.get_one(Wave, wave_id).survey_version_id).definition
    rng = random.Random(SEED)  # noqa: S311 - a story that is the same each time, not a secret
    said_by_all = opinions(map(_person, invited), definition, rng)
    for row, said in zip(invited, said_by_all, strict=True):
        if said is not None:
            _post(row["id"], said, definition)


def _person(row: Any) -> Invited:
    return Invited(**{name: row[name] for name in row if name != "id"})


def _post(invitation_id: int, said: Opinion, definition: Definition) -> None:
    """Answer as a browser does: the score first, then the rest, if the person stays."""
    now = datetime.now(UTC)
    record_answer(invitation_id, Answer(said.score, step="score"), language=said.language, now=now)
    if said.complete:
        comments = {definition.questions.comments[0].key: said.comment} if said.comment else {}
        whole = Answer(said.score, tuple(said.drivers), comments)
        record_answer(invitation_id, whole, language=said.language, now=now)


_SILENT = text(
    """
    SELECT i.id FROM invitation i
    JOIN wave_account f ON f.wave_id = i.wave_id AND f.account_id = i.account_id
    WHERE i.wave_id = :wave_id AND i.sent_at IS NOT NULL AND i.answered_at IS NULL AND i.closes_on >= current_date
    ORDER BY f.annual_value DESC NULLS LAST, i.level, i.turn LIMIT :limit
    """
)


def survey_urls(wave_id: int, settings: Settings, limit: int) -> list[str]:
    """Return links nobody has answered, the largest accounts and their decision makers first."""
    signer = Signer(settings.secret_key)
    with db.transaction() as session:
        ids = session.scalars(_SILENT, {"wave_id": wave_id, "limit": limit}).all()
    return [f"{settings.public_url}/s/{signer.sign('survey', id)}" for id in ids]
