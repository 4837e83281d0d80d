"""The wave a page speaks of, with what it asked and what may be shown of its answers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.campaigns.models import Campaign, Wave, WaveState
from app.core.errors import NotFound
from app.reporting.anonymity import Anonymity, anonymity
from app.surveys.definition import Definition
from app.surveys.published import published


@dataclass(frozen=True)
class Seen:
    """A wave, its campaign, and the version of the survey it asked."""

    wave: Wave
    campaign: Campaign
    definition: Definition

    @property
    def metric(self) -> str:
        """Return the key of the metric it asked."""
        return self.definition.metric

    @property
    def anonymity(self) -> Anonymity:
        """Return what may be shown of its answers."""
        return anonymity(self.metric, finished=self.wave.state is WaveState.FINISHED)


def seen(session: Session, wave_id: int) -> Seen:
    """Return a wave to speak of; raises NotFound."""
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    return Seen(wave, session.get_one(Campaign, wave.campaign_id), published(wave.survey_version_id).definition)
