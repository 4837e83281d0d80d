"""A customer's link whose mail left."""

from tests.support.links import invitation

__all__ = ["invitation"]
