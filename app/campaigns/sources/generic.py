"""The generic source: any program that sends `POST /api/v1/events`. The words of this file are the interface's."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from app.accounts import places
from app.accounts.cells import Unreadable
from app.campaigns.sources import Company, Event, Person
from app.campaigns.triggers import LONGEST_DELAY
from app.core.api.endpoints import STRICT, AwareMoment

SOURCE = "api"
MOST_PROPERTIES = 50
LONGEST_VALUE = 1000

Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Value = Annotated[str, StringConstraints(max_length=LONGEST_VALUE)] | int | float | bool | None


def _language(given: str) -> str:
    try:
        return places.language(given) or ""
    except Unreadable as error:
        raise ValueError(str(error)) from None


def _time_zone(given: str) -> str:
    try:
        return places.time_zone(given) or ""
    except Unreadable as error:
        raise ValueError(str(error)) from None


class ContactBody(BaseModel):
    """The person it happened to, by address, by the CRM's id, or both."""

    model_config = STRICT

    email: Annotated[str, StringConstraints(max_length=254)] | None = Field(
        default=None, examples=["maria.silva@acme.example"]
    )
    id: Short | None = Field(default=None, description="The CRM's id of the contact.", examples=["003-8871"])
    first_name: Short | None = None
    last_name: Short | None = None
    language: Annotated[Short, AfterValidator(_language)] | None = Field(default=None, examples=["pt-BR"])
    time_zone: Annotated[Short, AfterValidator(_time_zone)] | None = Field(default=None, examples=["America/Sao_Paulo"])

    @model_validator(mode="after")
    def _is_somebody(self) -> ContactBody:
        if not self.email and not self.id:
            raise ValueError("must have an email or an id")
        return self


class AccountBody(BaseModel):
    """The account, by the CRM's id or by name; only needed for people who are not known yet."""

    model_config = STRICT

    id: Short | None = Field(default=None, examples=["001-42"])
    name: Short | None = Field(default=None, examples=["Acme"])


class EventBody(BaseModel):
    """Something that happened at a customer and may call for a survey."""

    model_config = STRICT

    event: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="What happened; the transactional campaign that asks after it has the same name.",
        examples=["ticket.solved"],
    )
    event_id: Short = Field(
        description="Names this very event; the same once more gets the same answer.", examples=["35436-2026-11-02"]
    )
    occurred_at: AwareMoment = Field(description="When, with a time zone.", examples=["2026-11-02T09:30:00Z"])
    contact: ContactBody
    account: AccountBody = AccountBody()
    properties: dict[Short, Value] = Field(
        default_factory=dict, max_length=MOST_PROPERTIES, examples=[{"ticket_id": "35436", "agent": "Kim"}]
    )
    delay_minutes: int | None = Field(
        default=None,
        ge=0,
        le=int(LONGEST_DELAY.total_seconds() // 60),
        description="Minutes between the event and the survey, instead of the campaign's.",
    )


def event_of(body: EventBody) -> Event:
    """Return the event that a body tells."""
    contact, account = body.contact, body.account
    properties: dict[str, Any] = dict(body.properties)
    return Event(
        source=SOURCE,
        id=body.event_id,
        name=body.event,
        occurred_at=body.occurred_at,
        person=Person(
            contact.email, contact.id, contact.first_name, contact.last_name, contact.language, contact.time_zone
        ),
        company=Company(account.id, account.name),
        properties=properties,
        delay=None if body.delay_minutes is None else timedelta(minutes=body.delay_minutes),
    )
