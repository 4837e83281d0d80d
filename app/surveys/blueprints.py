"""The pages of this stage, put together for the web application."""

from __future__ import annotations

from app.surveys import brand_previews, brand_views, survey_views

PAGES = (survey_views.pages, brand_views.pages, brand_previews.pages)
