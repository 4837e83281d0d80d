"""The pages of this stage, put together for the web application."""

from __future__ import annotations

from app.reporting import (
    account_views,
    answer_views,
    api,
    board_views,
    chart_views,
    driver_views,
    segment_views,
    wave_comparing_views,
)
from app.reporting.digests import views

PAGES = (
    board_views.pages,
    chart_views.pages,
    account_views.pages,
    wave_comparing_views.pages,
    answer_views.pages,
    driver_views.pages,
    segment_views.pages,
    views.pages,
    api.api,
)
