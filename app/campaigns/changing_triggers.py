"""Deed: says which event calls for the survey of a transactional campaign."""

from __future__ import annotations

from app.campaigns.creating_campaigns import locked
from app.campaigns.models import CampaignState
from app.campaigns.settings import Kind
from app.campaigns.triggers import TriggerSettings
from app.core import audit
from app.core.db import transaction
from app.core.errors import Refused


def change_trigger(campaign_id: int, settings: TriggerSettings, *, actor: str) -> None:
    """Set it for events from now on; those that are scheduled keep their moment.

    Raises NotFound, and Refused for a campaign that asks after no events or is over.
    """
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if campaign.kind is not Kind.TRANSACTIONAL:
            raise Refused(f"«{campaign.name}» asks in waves, not after events.")
        if campaign.state is CampaignState.FINISHED:
            raise Refused(f"«{campaign.name}» is finished; it asks nobody any more.")
        before, after = campaign.trigger, settings.as_json()
        campaign.trigger = after
        campaign.revision += 1
        audit.record(
            session,
            actor=actor,
            deed="campaign.changed",
            subject=f"campaign {campaign_id}",
            trigger={"from": before, "to": after},
        )
