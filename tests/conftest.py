"""Fixtures of every room; what they do is in `tests/support`."""

from tests.support.browser import chromium
from tests.support.database import cluster, database
from tests.support.valkey import valkey, valkey_server
from tests.support.web import admin_client, application, customer

__all__ = ["admin_client", "application", "chromium", "cluster", "customer", "database", "valkey", "valkey_server"]
