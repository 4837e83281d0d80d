"""What drivers are called: labels belong to the version people answered, the newest one where several are shown."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.reporting.drivers import NONE, UNSPECIFIED
from app.surveys.definition import Definition
from app.surveys.models import SurveyVersion
from app.surveys.published import published

NO_REASON = "No reason given"


class DriverNames:
    """The labels of drivers, from definitions of which later ones outweigh earlier ones."""

    def __init__(self, definitions: Iterable[Definition], asked_now: Definition | None = None) -> None:
        self._labels: dict[str, str] = {}
        for definition in definitions:
            self._labels |= _labels(definition)
        self._asked_now = None if asked_now is None else set(asked_now.driver_paths)

    def label(self, path: str) -> str:
        """Return the label of a driver without its parent's; what no version knows is called by its key."""
        if path == NONE:
            return NO_REASON
        if path.endswith(UNSPECIFIED):
            return "Nothing more precise"
        return self._labels.get(path) or path.rpartition("/")[2].replace("_", " ").capitalize()

    def full(self, path: str) -> str:
        """Return the label of a driver behind its parent's: «Support: response time»."""
        top, _, child = path.partition("/")
        if not top:
            return NO_REASON
        return f"{self.label(top)}: {self.label(path)}" if child else self.label(top)

    def retired(self, path: str) -> bool:
        """Tell whether the survey asks for a driver no longer."""
        return self._asked_now is not None and path.rstrip(UNSPECIFIED) not in self._asked_now and path != NONE


def _labels(definition: Definition) -> dict[str, str]:
    tops = {top.key: top for top in definition.questions.drivers}
    paths = [*tops, *(f"{top.key}/{child.key}" for top in tops.values() for child in top.drivers)]
    return {path: definition.driver_label(path, definition.default_language) for path in paths}


def driver_names(session: Session, version_ids: Iterable[int]) -> DriverNames:
    """Return the names of the drivers in some versions of one survey, and which the survey asks for no longer."""
    ids = sorted(set(version_ids))
    if not ids:
        return DriverNames(())
    key = session.get_one(SurveyVersion, ids[-1]).key
    newest = select(SurveyVersion.id).where(SurveyVersion.key == key).order_by(SurveyVersion.version.desc()).limit(1)
    asked_now = published(session.scalars(newest).one()).definition
    return DriverNames([published(id).definition for id in ids], asked_now)
