"""A person at the designer of surveys."""

from tests.support.designer import designer

__all__ = ["designer"]
