"""What programs may tell of contacts: what they did, which makes their engagement score."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.accounts.activities import REFUSED, Taken, Told, take_activities
from app.accounts.addresses import email_key
from app.accounts.engagement import ActivityKind
from app.core.api.endpoints import STRICT, Api, AwareMoment, caller
from app.core.api.problems import FieldFault, unreadable

MOST = 1000

api = Api("activities_api", __name__, scopes={"activities:write": "tell what contacts did, for their engagement"})


class Who(BaseModel):
    """The contact: by the CRM's id, or by the address. With both, the id goes first."""

    model_config = STRICT

    id: str | None = Field(default=None, min_length=1, max_length=200, description="The CRM's.")
    email: str | None = Field(default=None, min_length=1, max_length=320)


class ActivityIn(BaseModel):
    """Something a contact did."""

    model_config = STRICT

    contact: Who
    kind: ActivityKind
    happened_at: AwareMoment
    id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Yours, which tells it from the contact's others; without one, kind and moment do.",
    )


class Unusable(BaseModel):
    """A row that could not be read, with its faults."""

    faults: list[FieldFault]


def _or_unusable(value: Any, _: ValidatorFunctionWrapHandler) -> ActivityIn | Unusable:
    """Read a row; one that cannot be read does not stop the others.

    As JSON once more: what pydantic hands on here it would read by the stricter rules for values of Python.
    """
    try:
        return ActivityIn.model_validate_json(json.dumps(value))
    except ValidationError as error:
        return Unusable.model_construct(faults=list(unreadable(error, where="row").errors))


class ActivitiesBody(BaseModel):
    """A batch of activities."""

    model_config = STRICT

    activities: list[Annotated[ActivityIn, WrapValidator(_or_unusable)]] = Field(min_length=1, max_length=MOST)


class ActivityOutcome(BaseModel):
    """What became of one activity, in the order in which they were sent."""

    outcome: str = Field(description="created, updated, unchanged, or rejected.")
    reason: str | None = Field(description="Why it was rejected; programs may branch on it.")
    detail: str | None = Field(description="The reason in words.")
    contact_id: str | None = Field(description="Ours, as in the addresses of the admin.")


class ActivitiesAnswer(BaseModel):
    """What became of each, and how many there were of each outcome."""

    created: int
    updated: int
    unchanged: int
    rejected: int
    data: list[ActivityOutcome]


@api.takes("/activities", scope="activities:write", summary="Tell what contacts did, up to 1,000 activities at once")
def take_batch(body: ActivitiesBody) -> ActivitiesAnswer:
    """Keep activities: every row gets its outcome, and a bad one never stops the others.

    The same activity twice changes nothing; with the same id and another kind or moment it is set right. The engagement
    scores are worked out anew every night.
    """
    rows: list[ActivityIn | Unusable] = list(body.activities)
    told = [_told(row) for row in rows if isinstance(row, ActivityIn)]
    taken = iter(take_activities(told, now=datetime.now(UTC), actor=caller().actor))
    data = [_refused(row) if isinstance(row, Unusable) else _outcome(next(taken)) for row in rows]
    outcomes = [each.outcome for each in data]
    counts = {name: outcomes.count(name) for name in ("created", "updated", "unchanged", "rejected")}
    return ActivitiesAnswer(**counts, data=data)


def _told(row: ActivityIn) -> Told:
    return Told(row.contact.id, email_key(row.contact.email or ""), row.kind, row.happened_at, row.id)


def _outcome(taken: Taken) -> ActivityOutcome:
    contact_id = None if taken.contact_id is None else str(taken.contact_id)
    if taken.outcome in REFUSED:
        detail = f"The activity {REFUSED[taken.outcome]}."
        return ActivityOutcome(outcome="rejected", reason=taken.outcome, detail=detail, contact_id=contact_id)
    return ActivityOutcome(outcome=taken.outcome, reason=None, detail=None, contact_id=contact_id)


def _refused(row: Unusable) -> ActivityOutcome:
    detail = "; ".join(f"{fault.pointer or 'the row'} {fault.detail}" for fault in row.faults)
    return ActivityOutcome(outcome="rejected", reason="unreadable", detail=detail, contact_id=None)
