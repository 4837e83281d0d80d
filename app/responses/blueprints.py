"""The pages of this stage, put together for the web application."""

from __future__ import annotations

from app.responses import views

PAGES = (views.pages,)
