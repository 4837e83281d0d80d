"""Fixtures of every room; what they do is in `tests/support`."""

import os

from hypothesis import HealthCheck, settings

from tests.support.browser import chromium
from tests.support.database import cluster, database
from tests.support.fake_ses import fake_ses, fake_ses_server
from tests.support.valkey import valkey, valkey_server
from tests.support.web import admin_client, application, customer

__all__ = [
    "admin_client",
    "application",
    "chromium",
    "cluster",
    "customer",
    "database",
    "fake_ses",
    "fake_ses_server",
    "valkey",
    "valkey_server",
]

# A slow machine is no fault, and what lands must not depend on the dice: they are free wherever people develop.
settings.register_profile(
    "quorum",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("quorum")
