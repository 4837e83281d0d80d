"""Deeds on surveys while they are designed: making one, saving its draft, going back, archiving, what a test shows.

Every save is a revision that one can go back to. A save says which revision it began with; when somebody else saved in
between, both are put together, and only where both changed the same words the second one is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from app.surveys import stock
from app.surveys.definition import Definition, definitions, validate
from app.surveys.drafting import Draft, shaped
from app.surveys.editing import Fields, edited, key_from, with_words_of
from app.surveys.faults import DefinitionError
from app.surveys.merging import Conflict, merge
from app.surveys.models import StoredBrand, Survey, SurveyRevision, SurveyVersion
from app.surveys.publishing import newest_version, published_drivers

REVISIONS_KEPT = 100
_READY_MADE = 2**63

Edit = Callable[[Draft], Draft]


class Edited(Refused):
    """Somebody saved other words for the same places in between; nothing was stored.

    `draft` is both put together, with the words of the second person where they differ; saving it as the successor of
    `revision` is what this person has to decide. `mine` is what the second person alone would have saved.
    """

    def __init__(self, draft: Draft, revision: int, by: str, conflicts: Sequence[Conflict], mine: Draft) -> None:
        self.draft, self.revision, self.by, self.conflicts = draft, revision, by, conflicts
        self.mine = mine
        super().__init__(f"{by} changed the same words while you wrote. Nothing is lost: both are below.")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save led to; `merged_with` names whoever saved in between, when both fitted together."""

    revision: int
    merged_with: str | None = None


def own_survey(session: Session, key: str) -> Survey | None:
    """Return the survey `key`, or None when it is ready-made or not there at all."""
    return session.scalar(select(Survey).where(Survey.key == key))


def find_survey(session: Session, key: str) -> Survey:
    """Return the survey `key`; NotFound."""
    found = own_survey(session, key)
    if found is None:
        raise NotFound(f"There is no survey «{key}».")
    return found


def free_key(session: Session, title: str) -> str:
    """Return a key made from `title` that no survey, version or ready-made survey has."""
    known = (*session.scalars(select(Survey.key)), *session.scalars(select(SurveyVersion.key).distinct()))
    return key_from(title, {*known, *definitions(), "new"}, "survey")


def start_from_nothing(title: str, metric: str, languages: Sequence[str], *, actor: str) -> str:
    """Make a small survey of `metric` that can be published as it is; return its key."""
    return _create(title, lambda key: stock.skeleton(key, title, metric, languages), "nothing", actor)


def start_from_copy(title: str, origin: str, *, actor: str) -> str:
    """Make a survey with the words of another one, ready-made or not, and return its key; NotFound."""
    with reading() as session:
        begun = current_draft(session, origin)
    named = begun | {"title": dict.fromkeys(begun["languages"], title)}
    return _create(title, lambda key: named | {"key": key}, origin, actor)


def start_from_upload(draft: Draft, *, actor: str) -> str:
    """Make a survey of an uploaded `draft` and return its key: its own, or one like it when that is taken."""
    return _create(draft["key"], lambda key: draft | {"key": key}, "upload", actor, wanted=draft["key"])


def take_over(key: str, *, actor: str) -> None:
    """Make a ready-made survey one's own, under its own key, so that its versions go on; NotFound, Refused."""
    if key not in definitions():
        raise NotFound(f"There is no ready-made survey «{key}».")
    draft = shaped(definitions()[key].model_dump(mode="json"), key)
    try:
        with transaction() as session:
            _store_new(session, key, draft, actor)
            audit.record(session, actor=actor, deed="survey.taken_over", subject=f"survey {key}")
    except IntegrityError:
        raise Refused(f"The survey «{key}» is yours already.") from None


def save(key: str, fields: Fields, *, revision: int, actor: str, bring_back: str | None = None) -> Saved:
    """Save what a person typed into the form that was made from `revision`, faults and all.

    `bring_back` is a language that somebody removed while this person wrote in it: it returns with its last words.
    Raises `Edited` when somebody else changed the same places in between, Refused for a deed that cannot be done.
    """
    with transaction() as session:
        survey = _locked(session, key)
        base = _revision(session, survey, revision)
        versions = session.scalars(select(SurveyVersion).where(SurveyVersion.key == key)).all()
        written_in = _with_language_back(session, survey, base, bring_back) if bring_back else base
        mine = edited(written_in, fields, published=published_drivers(versions))
        if versions:
            mine["metric"] = base["metric"]
        by = survey.updated_by or "Somebody"
        merged, conflicts = merge(base, mine, survey.draft)
        if conflicts:
            raise Edited(merged, survey.revision, by, conflicts, mine)
        between = by if survey.revision != revision and mine != base and survey.draft != base else None
        if merged != survey.draft:
            _store(session, survey, merged, actor)
        return Saved(survey.revision, between)


def change(key: str, edit: Edit, *, deed: str, actor: str, **detail: str) -> None:
    """Change the newest draft of the survey by a rule that needs no form, such as adding a language."""
    with transaction() as session:
        survey = _locked(session, key)
        draft = edit(survey.draft)
        if draft != survey.draft:
            _store(session, survey, draft, actor)
            audit.record(session, actor=actor, deed=deed, subject=f"survey {key}", **detail)


def replace(key: str, draft: Draft, *, revision: int, actor: str) -> None:
    """Put an uploaded `draft` in the place of the draft; Refused when that is not `revision` any more."""
    with transaction() as session:
        survey = _locked(session, key)
        if survey.revision != revision:
            raise Refused(f"{survey.updated_by or 'Somebody'} changed the draft meanwhile. Compare the file once more.")
        _store(session, survey, draft | {"key": key}, actor)
        audit.record(session, actor=actor, deed="survey.replaced", subject=f"survey {key}")


def go_back(key: str, *, actor: str, version: int | None = None, revision: int | None = None) -> None:
    """Let the draft be again what a published `version` or a saved `revision` was; NotFound.

    What the draft was until now stays among its revisions, so that this can be undone as well.
    """
    with transaction() as session:
        survey = _locked(session, key)
        if version is not None:
            of_number = (SurveyVersion.key == key, SurveyVersion.version == version)
            found = session.scalar(select(SurveyVersion).where(*of_number))
            draft = shaped(found.definition) if found else None
        else:
            kept = session.get(SurveyRevision, (survey.id, revision))
            draft = kept.draft if kept else None
        if draft is None:
            raise NotFound("That state of the survey is not kept (any more).")
        _store(session, survey, draft, actor)
        audit.record(
            session, actor=actor, deed="survey.restored", subject=f"survey {key}", version=version, revision=revision
        )


def choose_brand(key: str, brand_id: int | None, *, actor: str) -> None:
    """Let the next version of the survey go out in the look of a brand; None is the default one. NotFound."""
    with transaction() as session:
        survey = _locked(session, key)
        if brand_id is not None and session.get(StoredBrand, brand_id) is None:
            raise NotFound("There is no such brand.")
        if survey.brand_id != brand_id:
            survey.brand_id = brand_id
            audit.record(session, actor=actor, deed="survey.brand", subject=f"survey {key}", brand=brand_id)


def archive(key: str, *, actor: str) -> None:
    """Take the survey out of what waves may ask; links and answers go on as they are."""
    with transaction() as session:
        survey = _locked(session, key)
        if survey.archived_at is None:
            survey.archived_at = func.now()
            audit.record(session, actor=actor, deed="survey.archived", subject=f"survey {key}")


def bring_back(key: str, *, actor: str) -> None:
    """Let waves ask an archived survey again."""
    with transaction() as session:
        survey = _locked(session, key)
        if survey.archived_at is not None:
            survey.archived_at = None
            audit.record(session, actor=actor, deed="survey.brought_back", subject=f"survey {key}")


def current_draft(session: Session, key: str) -> Draft:
    """Return the draft of a survey, or a ready-made one as it is; NotFound."""
    survey = own_survey(session, key)
    if survey is not None:
        return survey.draft
    if key not in definitions():
        raise NotFound(f"There is no survey «{key}».")
    return shaped(definitions()[key].model_dump(mode="json"), key)


def test_definition(survey_id: int) -> tuple[Definition, int | None] | None:
    """Return what a test shows: the draft when it could be published, else the newest version; and the brand's id.

    None when there is no such survey, or when it has faults and no version yet. A ready-made one has a number, too.
    """
    ready_made = next((key for key in definitions() if ready_made_id(key) == survey_id), None)
    if ready_made is not None:
        return definitions()[ready_made], None
    if survey_id >= _READY_MADE:
        return None
    with reading() as session:
        survey = session.get(Survey, survey_id)
        return _on_trial(session, survey) if survey else None


def trial(key: str) -> tuple[int, Definition, int | None]:
    """Return the id of the survey `key` and what a test of it shows; NotFound, Refused when nothing can be shown.

    A ready-made survey is shown as it is until somebody makes it their own.
    """
    with reading() as session:
        survey = own_survey(session, key)
        if survey is None and key in definitions():
            return ready_made_id(key), definitions()[key], None
        survey = survey or find_survey(session, key)
        shown = _on_trial(session, survey)
    if shown is None:
        raise Refused("The draft has faults and there is no version yet, so there is nothing to try.")
    return survey.id, *shown


def ready_made_id(key: str) -> int:
    """Return the number by which test links name a ready-made survey: above every id that a row can have."""
    return _READY_MADE + int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big")


def _on_trial(session: Session, survey: Survey) -> tuple[Definition, int | None] | None:
    try:
        return validate(survey.draft, survey.key), survey.brand_id
    except DefinitionError:
        newest = newest_version(session, survey.key)
        return (validate(newest.definition, newest.key), newest.brand_id) if newest else None


def theirs_by_field(conflicts: Sequence[Conflict]) -> Mapping[str, str]:
    """Return, by the name of the field in the form, what the other person saved there; «» for what they took out."""
    found = {}
    for conflict in conflicts:
        said = conflict.theirs
        found[conflict.path] = "\n".join(said) if isinstance(said, list) else said if isinstance(said, str) else ""
    return found


def _create(title: str, make: Callable[[str], Draft], origin: str, actor: str, wanted: str | None = None) -> str:
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("make a survey"))))
        key = free_key(session, wanted or title)
        _store_new(session, key, make(key), actor)
        audit.record(session, actor=actor, deed="survey.made", subject=f"survey {key}", origin=origin)
        return key


def _store_new(session: Session, key: str, draft: Draft, actor: str) -> None:
    survey = Survey(key=key, draft=draft, revision=0, updated_by=actor)
    session.add(survey)
    session.flush()
    _store(session, survey, draft, actor)


def _store(session: Session, survey: Survey, draft: Draft, actor: str) -> None:
    survey.draft, survey.revision = draft, survey.revision + 1
    survey.updated_at, survey.updated_by = func.now(), actor
    session.add(SurveyRevision(survey_id=survey.id, revision=survey.revision, draft=draft, saved_by=actor))
    too_old = survey.revision - REVISIONS_KEPT
    session.execute(
        delete(SurveyRevision).where(SurveyRevision.survey_id == survey.id, SurveyRevision.revision <= too_old)
    )
    session.flush()


def _locked(session: Session, key: str) -> Survey:
    found = session.scalar(select(Survey).where(Survey.key == key).with_for_update())
    if found is None:
        raise NotFound(f"There is no survey «{key}».")
    return found


def _with_language_back(session: Session, survey: Survey, base: Draft, lang: str) -> Draft:
    """Return `base` with a language that was removed, in the words it had last; as it is if it never had it."""
    had = SurveyRevision.draft["languages"].contains([lang])
    kept = select(SurveyRevision.draft).where(SurveyRevision.survey_id == survey.id, had)
    last = session.scalar(kept.order_by(SurveyRevision.revision.desc()).limit(1))
    return with_words_of(base, lang, last) if last else base


def _revision(session: Session, survey: Survey, revision: int) -> Draft:
    kept = session.get(SurveyRevision, (survey.id, revision))
    if kept is None:
        raise Refused(
            "This page was open for too long: the draft it began with is not kept any more. Go back, "
            "copy what you wrote, and reload the page."
        )
    return kept.draft
