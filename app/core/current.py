"""What the running web application was composed with."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from app.settings import Settings

_KEY = "quorum.settings"


def keep(app: Flask, settings: Settings) -> None:
    """Let the views of `app` find `settings`."""
    app.extensions[_KEY] = settings


def settings() -> Settings:
    """Return the settings of the application that answers this request."""
    return cast(Settings, current_app.extensions[_KEY])
