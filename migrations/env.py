"""Alembic's entry: migrations run on the connection that `app.core.migrating` hands over."""

from alembic import context

import app.accounts.activity_models
import app.accounts.import_models
import app.accounts.models
import app.campaigns.asking_models
import app.campaigns.models
import app.campaigns.nominating_models
import app.campaigns.plan_models
import app.campaigns.quota_models
import app.core.api.models
import app.core.audit
import app.core.auth.models
import app.core.saved_views
import app.delivery.models
import app.reporting.digests.models
import app.reporting.models
import app.responses.models
import app.surveys.models  # noqa: F401 - importing the models fills the metadata
from app.core.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
