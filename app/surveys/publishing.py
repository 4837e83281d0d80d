"""Deeds around published versions, which never change: publishing one, and finding the one that a wave asks."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.surveys.definition import Definition, definitions, validate
from app.surveys.drafting import Draft, shaped
from app.surveys.mails import compile_mails
from app.surveys.models import Survey, SurveyRevision, SurveyVersion
from app.surveys.wording import fill


@dataclass(frozen=True, slots=True)
class Askable:
    """A survey that a wave may ask now."""

    key: str
    title: str


def published_version(session: Session, key: str, kept: int | None = None) -> SurveyVersion:
    """Return the version of the survey `key` that is asked from now on.

    That is the version `kept` by its number, else the newest published one; a ready-made survey that nobody has taken
    over is published as it reads today. Refused for a survey that is archived, was never published, or is not there.
    """
    survey = session.scalar(select(Survey).where(Survey.key == key))
    if survey is not None and survey.archived_at is not None:
        raise Refused(f"The survey «{key}» is archived. Bring it back, or choose another one.")
    if kept is not None:
        return _of_number(session, key, kept)
    if survey is None:
        return _as_ready_made(session, key)
    newest = newest_version(session, key)
    if newest is None:
        raise Refused(f"The survey «{key}» was never published. Publish it first.")
    return newest


def no_such_version(session: Session, key: str, number: int) -> str | None:
    """Return what is wrong with asking version `number` of the survey `key`, or None where it was published."""
    known = session.scalars(select(SurveyVersion.version).where(SurveyVersion.key == key)).all()
    if number in known:
        return None
    if not known:
        return "No version of this survey was published yet. Leave it empty, and the first wave asks the first version."
    return f"There is no version {number}; the newest one is {max(known)}. Leave it empty to ask the newest one."


def askable(session: Session) -> list[Askable]:
    """Return the surveys that `published_version` has a version of, by title."""
    surveys = {survey.key: survey for survey in session.scalars(select(Survey))}
    newest = _newest(session, [key for key, survey in surveys.items() if survey.archived_at is None])
    ready_made = [each for key, each in definitions().items() if key not in surveys]
    found = [Askable(each.key, fill(each.title, each.default_language, {})) for each in (*newest, *ready_made)]
    return sorted(found, key=lambda each: each.title.casefold())


def newest_version(session: Session, key: str) -> SurveyVersion | None:
    """Return the newest published version of the survey `key`, or None."""
    newest_first = select(SurveyVersion).where(SurveyVersion.key == key).order_by(SurveyVersion.version.desc())
    return session.scalar(newest_first.limit(1))


def publish(key: str, *, revision: int, actor: str) -> SurveyVersion:
    """Publish the draft of the survey `key` as its next version, and return that.

    Raises DefinitionError with every fault of the draft, and Refused when it is not the `revision` that was looked at,
    when nothing changed, or when the survey is archived.
    """
    with transaction() as session:
        _one_at_a_time(session, key)
        survey = session.scalar(select(Survey).where(Survey.key == key).with_for_update())
        if survey is None:
            raise NotFound(f"There is no survey «{key}».")
        if survey.archived_at is not None:
            raise Refused("This survey is archived. Bring it back before you publish it.")
        if survey.revision != revision:
            raise Refused(f"{survey.updated_by or 'Somebody'} changed the draft meanwhile. Look at it once more.")
        newest = newest_version(session, key)
        draft = to_publish(survey.draft, newest)
        definition = validate(draft, key)
        if newest and newest.definition == definition.model_dump(mode="json") and newest.brand_id == survey.brand_id:
            raise Refused(f"Nothing changed since version {newest.version}, so there is nothing to publish.")
        version = _add(session, definition, newest, brand_id=survey.brand_id, actor=actor)
        if draft != survey.draft:
            survey.draft, survey.revision = draft, survey.revision + 1
            saved = SurveyRevision(survey_id=survey.id, revision=survey.revision, draft=draft, saved_by=actor)
            session.add(saved)
        audit.record(session, actor=actor, deed="survey.published", subject=f"survey {key}", version=version.version)
        return version


def to_publish(draft: Draft, newest: SurveyVersion | None) -> Draft:
    """Return what publishing `draft` would publish: with the drivers of the version before that it lacks, as retired.

    Refused when the metric is another one: scores of two metrics are no series.
    """
    if newest is None:
        return draft
    before, after = shaped(newest.definition), deepcopy(draft)
    if before["metric"] != after["metric"]:
        raise Refused(
            f"Version {newest.version} measures {before['metric'].upper()} and the draft {after['metric'].upper()}."
            " Make a new survey for another metric, so that the scores of this one stay comparable."
        )
    drivers = after["questions"]["drivers"]
    _keep(before["questions"]["drivers"], drivers, after["languages"], before["default_language"])
    kept = {driver["key"]: driver for driver in drivers}
    for driver in before["questions"]["drivers"]:
        _keep(driver["drivers"], kept[driver["key"]]["drivers"], after["languages"], before["default_language"])
    return after


def published_drivers(versions: Iterable[SurveyVersion]) -> frozenset[str]:
    """Return the paths of all drivers that some version has, asked or retired."""
    found = set()
    for version in versions:
        for parent in version.definition["questions"]["drivers"]:
            found.add(str(parent["key"]))
            found |= {f"{parent['key']}/{child['key']}" for child in parent["drivers"]}
    return frozenset(found)


def _keep(before: list[Draft], after: list[Draft], languages: list[str], source: str) -> None:
    """Append to `after` what it lacks of `before`; a language that has no label yet gets the one of `source`."""
    known = {driver["key"] for driver in after}
    for driver in before:
        if driver["key"] not in known:
            kept = deepcopy(driver) | {"retired": True}
            for each in (kept, *kept.get("drivers", ())):
                each["label"] = {lang: each["label"].get(lang, each["label"][source]) for lang in languages}
            after.append(kept)


def _of_number(session: Session, key: str, number: int) -> SurveyVersion:
    found = session.scalar(select(SurveyVersion).where(SurveyVersion.key == key, SurveyVersion.version == number))
    if found is None:
        raise Refused(f"There is no version {number} of the survey «{key}». Choose another version in the campaign.")
    return found


def _as_ready_made(session: Session, key: str) -> SurveyVersion:
    definition = definitions().get(key)
    if definition is None:
        known = ", ".join(each.key for each in askable(session))
        raise Refused(f"There is no survey «{key}». There are: {known}.")
    _one_at_a_time(session, key)
    newest = newest_version(session, key)
    if newest is not None and newest.definition == definition.model_dump(mode="json"):
        return newest
    return _add(session, definition, newest)


def _add(
    session: Session,
    definition: Definition,
    newest: SurveyVersion | None,
    *,
    brand_id: int | None = None,
    actor: str | None = None,
) -> SurveyVersion:
    version = SurveyVersion(
        key=definition.key,
        version=newest.version + 1 if newest else 1,
        definition=definition.model_dump(mode="json"),
        mails=compile_mails(definition),
        brand_id=brand_id,
        published_by=actor,
    )
    session.add(version)
    session.flush()
    return version


def _newest(session: Session, keys: list[str]) -> list[Definition]:
    newest_first = (
        select(SurveyVersion)
        .where(SurveyVersion.key.in_(keys))
        .ext(distinct_on(SurveyVersion.key))
        .order_by(SurveyVersion.key, SurveyVersion.version.desc())
    )
    return [validate(version.definition, version.key) for version in session.scalars(newest_first)]


def _one_at_a_time(session: Session, key: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"publish {key}"))))
