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

    from app.accounts import discretion
    from app.accounts.account_deed_views import pages as account_deeds
    from app.accounts.activities_api import api as activities_api
    from app.accounts.engagement_views import pages as engagement
    from app.accounts.import_views import pages as imports
    from app.campaigns.api import api as campaigns_api
    from app.campaigns.campaign_views import pages as campaigns
    from app.campaigns.contact_views import pages as contacts
    from app.campaigns.event_views import pages as events
    from app.campaigns.nomination_views import pages as nominations
    from app.campaigns.plan_views import pages as plans
    from app.campaigns.quota_views import pages as quotas
    from app.campaigns.views import pages as waves
    from app.campaigns.wave_terms_views import pages as wave_terms
    from app.core import db, queue, web
    from app.core.api.views import description as api_description
    from app.core.api.views import pages as api_keys
    from app.core.saved_view_pages import pages as saved_views
    from app.delivery.blueprints import PAGES as DELIVERY
    from app.reporting.account_views import pages as accounts
    from app.reporting.answer_views import pages as answers
    from app.reporting.api import api as figures_api
    from app.reporting.board_views import pages as board
    from app.reporting.chart_views import pages as charts
    from app.reporting.digests.views import pages as digests
    from app.reporting.driver_views import pages as drivers
    from app.reporting.segment_views import pages as segments
    from app.reporting.wave_comparing_views import pages as wave_comparing
    from app.responses.views import pages as survey
    from app.surveys.brand_previews import pages as brand_previews
    from app.surveys.brand_views import pages as brands
    from app.surveys.survey_views import pages as surveys

    db.connect(settings.database_url)
    queue.connect(settings.redis_url, settings.queue_prefix)
    app = Flask("app", static_folder=None)
    app.url_map.converters["int"] = database_id()
    web.install(app, settings)
    discretion.install(app)
    for pages in (imports, engagement, nominations, activities_api):
        app.register_blueprint(pages)
    for pages in (
        board,
        charts,
        accounts,
        account_deeds,
        waves,
        plans,
        *DELIVERY,
        answers,
        survey,
        surveys,
        brands,
        brand_previews,
    ):
        app.register_blueprint(pages)
    for pages in (
        campaigns,
        wave_comparing,
        quotas,
        wave_terms,
        contacts,
        events,
        campaigns_api,
        api_description,
        api_keys,
        saved_views,
    ):
        app.register_blueprint(pages)
    for pages in (drivers, segments, digests, figures_api):
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
