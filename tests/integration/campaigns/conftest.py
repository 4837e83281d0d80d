"""An account whose people events are about."""

from tests.support.asked_people import asked_company

__all__ = ["asked_company"]
