"""The pages of the house itself, put together for the web application."""

from __future__ import annotations

from app.core import saved_view_pages
from app.core.api import views as api_views

PAGES = (saved_view_pages.pages, api_views.pages, api_views.description)
