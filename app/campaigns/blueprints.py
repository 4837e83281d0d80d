"""The pages of this stage, put together for the web application."""

from __future__ import annotations

from app.campaigns import (
    api,
    campaign_views,
    contact_views,
    event_views,
    nomination_views,
    plan_views,
    quota_views,
    views,
    wave_terms_views,
)

PAGES = (
    campaign_views.pages,
    views.pages,
    plan_views.pages,
    wave_terms_views.pages,
    quota_views.pages,
    contact_views.pages,
    event_views.pages,
    nomination_views.pages,
    api.api,
)
