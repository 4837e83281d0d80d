"""Deeds over rounds of nominations, and what a round stands on: whose accounts, which quota, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.accounts.buckets import Buckets
from app.accounts.text import visible
from app.campaigns.audience import Audience
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.nominating_models import NominationRound
from app.campaigns.quota_trying import Ground
from app.campaigns.segment_quotas import Quotas
from app.campaigns.settings import Kind
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.core.formats import day

LONGEST_MESSAGE = 2000
LAST_YEAR = 9999


@dataclass(frozen=True)
class Terms:
    """Until when a round lasts, and what its managers are told."""

    closes_on: date
    message: str | None


@dataclass(frozen=True)
class Round:
    """A round with its campaign, and its wave where it is before one; `today` is the day in the campaign's zone.

    With `buckets` every value counts as the midpoint of its bucket: for people who may not see exact ones.
    """

    kept: NominationRound
    campaign: Campaign
    wave: Wave | None
    today: date
    buckets: Buckets | None = None

    @property
    def id(self) -> int:
        return self.kept.id

    @property
    def name(self) -> str:
        """Return what the round is for, in words."""
        return f"{self.campaign.name}, {self.wave.name}" if self.wave else self.campaign.name

    @property
    def over(self) -> str | None:
        """Return why nobody names anybody any more, as a sentence; None while the round is open."""
        if self.kept.closed_at is not None:
            return f"This round was closed on {day(self.kept.closed_at.date())}."
        if self.today > self.kept.closes_on:
            return f"This round ended on {day(self.kept.closes_on)}."
        if self.wave is not None and self.wave.state is not WaveState.DRAFT:
            return f"«{self.wave.name}» is planned, so whom it asks is decided."
        return None

    def ground(self) -> tuple[Quotas, Ground]:
        """Return the quota tables and the accounts that the round looks at."""
        of = self.wave or self.campaign
        rates = {code: Decimal(rate) for code, rate in of.rates.items()}
        audience = Audience.read(of.audience)
        ground = Ground(self.today, of.currency, rates, audience, self.buckets)
        return Quotas.read(of.quota, of.segment_quotas), ground


def find_round(session: Session, round_id: int, now: datetime) -> Round:
    """Return a round; raises NotFound."""
    row = session.execute(_rounds().where(NominationRound.id == round_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such round of nominations (any more).")
    return _read(row, now)


def all_rounds(session: Session, now: datetime) -> list[Round]:
    """Return every round, those that are open first, then the latest deadline."""
    rows = session.execute(_rounds().order_by(NominationRound.closes_on.desc(), NominationRound.id.desc()))
    return sorted((_read(row, now) for row in rows), key=lambda each: each.over is not None)


def grounds(session: Session) -> list[tuple[str, str]]:
    """Return what a round can be for, as choices of a form: waves that are not planned yet, then campaigns."""
    coming = select(Wave.id, Campaign.name, Wave.name).join(Campaign, Campaign.id == Wave.campaign_id)
    coming = coming.where(Wave.state == WaveState.DRAFT, Campaign.kind == Kind.RELATIONSHIP)
    waves = session.execute(coming.order_by(Wave.planned_for, Wave.id))
    standing = select(Campaign.id, Campaign.name)
    standing = standing.where(Campaign.kind == Kind.RELATIONSHIP, Campaign.state != CampaignState.FINISHED)
    campaigns = session.execute(standing.order_by(Campaign.name))
    return [(f"wave-{id}", f"{campaign}, {wave}") for id, campaign, wave in waves] + [
        (f"campaign-{id}", f"{name}, for all its waves") for id, name in campaigns
    ]


def read_terms(closes_on: str, message: str, today: date) -> tuple[Terms | None, dict[str, str]]:
    """Return what a form says of a round, or what is wrong with which field."""
    faults = {}
    try:
        last = date.fromisoformat(closes_on)
    except ValueError:
        last = date.min
    if last < today or last.year >= LAST_YEAR:
        faults["closes_on"] = f"Give a day from today on, such as {today.isoformat()}."
    shown = "\n".join(visible(line) for line in message.splitlines()).strip()
    if len(shown) > LONGEST_MESSAGE:
        faults["message"] = f"Keep the message to {LONGEST_MESSAGE:,} characters."
    return (None, faults) if faults else (Terms(last, shown or None), {})


def open_round(ground: str, terms: Terms, *, actor: str) -> int:
    """Open a round for a choice of `grounds` and return its id; raises Refused when one is open for it already."""
    kind, _, number = ground.partition("-")
    with transaction() as session:
        if ground not in dict(grounds(session)):
            raise Refused("Choose a wave that is not planned yet, or a campaign.")
        column = NominationRound.wave_id if kind == "wave" else NominationRound.campaign_id
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("nomination_round"))))
        for each in session.scalars(select(NominationRound.id).where(column == int(number))):
            if find_round(session, each, datetime.now(UTC)).over is None:
                raise Refused("A round for it is open already; change that one's deadline instead.")
        opened = NominationRound(closes_on=terms.closes_on, message=terms.message, created_by=actor)
        setattr(opened, f"{kind}_id", int(number))
        session.add(opened)
        session.flush()
        subject = f"nomination round {opened.id}"
        audit.record(session, actor=actor, deed="nominations.opened", subject=subject, closes_on=str(terms.closes_on))
        return opened.id


def change_round(round_id: int, terms: Terms, *, revision: int, actor: str) -> None:
    """Give a round another deadline or message; one that was closed is open again.

    Raises NotFound, and Refused when somebody saved meanwhile.
    """
    with transaction() as session:
        kept = _locked(session, round_id)
        if kept.revision != revision:
            raise Refused("Somebody else has changed this round meanwhile. Look at it, and set yours once more.")
        before = {"closes_on": str(kept.closes_on), "closed": kept.closed_at is not None}
        kept.closes_on, kept.message, kept.closed_at = terms.closes_on, terms.message, None
        kept.revision += 1
        after = {"closes_on": str(terms.closes_on), "closed": False}
        subject = f"nomination round {round_id}"
        audit.record(session, actor=actor, deed="nominations.changed", subject=subject, before=before, after=after)


def close_round(round_id: int, *, actor: str, now: datetime) -> None:
    """End a round before its deadline; a new deadline opens it again."""
    with transaction() as session:
        kept = _locked(session, round_id)
        if kept.closed_at is not None:
            raise Refused("This round is closed already.")
        kept.closed_at = now
        kept.revision += 1
        audit.record(session, actor=actor, deed="nominations.closed", subject=f"nomination round {round_id}")


def _locked(session: Session, round_id: int) -> NominationRound:
    kept = session.get(NominationRound, round_id, with_for_update=True)
    if kept is None:
        raise NotFound("There is no such round of nominations (any more).")
    return kept


def _rounds() -> Select[NominationRound, Wave, Campaign]:
    its = Campaign.id == func.coalesce(NominationRound.campaign_id, Wave.campaign_id)
    query = select(NominationRound, Wave, Campaign).outerjoin(Wave, Wave.id == NominationRound.wave_id)
    return query.join(Campaign, its)


def _read(row: Row[NominationRound, Wave, Campaign], now: datetime) -> Round:
    kept, wave, campaign = row
    return Round(kept, campaign, wave, now.astimezone(ZoneInfo(campaign.time_zone)).date())
