"""Quorum hears a quorum of every customer account. Here the web application is composed, and nothing else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import IntegerConverter

    from app.settings import Settings


def create_app(settings: Settings) -> Flask:
    """Return the web application for `settings`, connected to its database and queue."""
    # Imported here: every module of the house passes through this file, and a command needs none of the web.
    from flask import Flask

    from app.accounts import blueprints as accounts
    from app.accounts import discretion
    from app.campaigns import blueprints as campaigns
    from app.core import blueprints as core
    from app.core import db, queue, web
    from app.delivery import blueprints as delivery
    from app.reporting import blueprints as reporting
    from app.responses import blueprints as responses
    from app.surveys import blueprints as surveys

    db.connect(settings.database_url)
    queue.connect(settings.redis_url, settings.queue_prefix)
    app = Flask("app", static_folder=None)
    app.url_map.converters["int"] = database_id()
    web.install(app, settings)
    discretion.install(app)
    for stage in (core, accounts, surveys, campaigns, delivery, responses, reporting):
        for pages in stage.PAGES:
            app.register_blueprint(pages)
    _navigation(app)
    return app


def database_id() -> type[IntegerConverter]:
    """Return the converter for ids in addresses: a number no row can have leads to no page."""
    from werkzeug.routing import IntegerConverter

    class DatabaseId(IntegerConverter):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{"max": 2**63 - 1, **options})

    return DatabaseId


def _navigation(app: Flask) -> None:
    from app.core import navigation

    entries = (
        ("Board", "reporting.home"),
        ("Accounts", "accounts.index"),
        ("Imports", "imports.index"),
        ("Surveys", "surveys.index"),
        ("Brands", "brands.index"),
        ("Campaigns", "campaigns.index"),
        ("Waves", "waves.index"),
        ("Nominations", "nominations.index"),
        ("Quota tables", "quotas.index"),
        ("Contact rules", "contacts.rules"),
        ("Engagement", "engagement.index"),
        ("Events", "events.index"),
        ("Calendar", "calendar.index"),
        ("Sending", "sending.index"),
        ("Messages", "ledger.index"),
        ("Suppression list", "suppression.index"),
        ("Outbox", "outbox.index"),
        ("Answers", "answers.index"),
        ("Drivers", "drivers.index"),
        ("Segments", "segments.index"),
        ("Weekly mail", "digests.index"),
        ("Doctor", "doctor.index"),
        ("People", "people.index"),
        ("API keys", "api_keys.index"),
    )
    for order, (label, endpoint) in enumerate(entries):
        navigation.add(app, label=label, endpoint=endpoint, order=order)
