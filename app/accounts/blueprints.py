"""The pages of this stage, put together for the web application."""

from __future__ import annotations

from app.accounts import account_deed_views, activities_api, engagement_views, import_views

PAGES = (import_views.pages, engagement_views.pages, account_deed_views.pages, activities_api.api)
