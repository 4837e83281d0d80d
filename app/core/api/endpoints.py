"""The ground every endpoint for programs stands on: who calls, may they, how often, what they sent, and once only.

A stage makes an `Api`, writes its views over pydantic models, and has the rest done here. The views stay thin: they
call one use case and return its result as a model.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, TypeVar, get_type_hints

from flask import Blueprint, Response, g, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.core.api.cursors import START, read_cursor
from app.core.api.keys import key_behind
from app.core.api.limiting import count_request
from app.core.api.problems import Problem, unreadable
from app.core.api.repeating import key_given, once
from app.core.auth.sessions import open_to_everyone
from app.core.web import csrf

PREFIX = "/api/v1"
JSON = "application/json"
REALM = {"WWW-Authenticate": 'Bearer realm="Quorum"'}

STRICT = ConfigDict(strict=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)
"""For the models of bodies and queries: a field we do not know is a mistake the sender wants to hear of."""

View = TypeVar("View", bound=Callable[..., BaseModel])


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("has no time zone; write it in UTC, such as 2026-11-02T09:30:00Z, or with an offset")
    return moment.astimezone(UTC)


def _cursor(text: str) -> str:
    read_cursor(text)
    return text


AwareMoment = Annotated[datetime, AfterValidator(_aware)]
"""A moment of a body; without a time zone it is refused, because nobody can know which one was meant."""


class Page(BaseModel):
    """What every list takes: `cursor` is the `next` of the answer before."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cursor: Annotated[str, AfterValidator(_cursor)] = Field(
        default=str(START), description="The «next» of the answer before; without one the list begins."
    )
    per_page: int = Field(default=100, ge=1, le=1000, description="Rows in one answer, at most 1,000.")


@dataclass(frozen=True)
class Caller:
    """The program that calls, by its key."""

    id: int
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """Return how the audit trail calls it."""
        return f"api key «{self.name}»"


@dataclass(frozen=True)
class Operation:
    """One endpoint, as the description of the interface tells it."""

    method: str
    rule: str
    name: str
    scope: str
    summary: str
    description: str
    status: int
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel]


class Api(Blueprint):
    """The endpoints of one stage; `scopes` says in words what each scope of theirs lets a program do."""

    def __init__(self, name: str, import_name: str, *, scopes: Mapping[str, str]) -> None:
        super().__init__(name, import_name, url_prefix=PREFIX)
        self.scopes = dict(scopes)
        self.operations: list[Operation] = []
        self.after_request(_tell_allowance)
        csrf.exempt(self)  # a program carries a key, and no session that another site could ride on

    def reads(self, rule: str, *, scope: str, summary: str) -> Callable[[View], View]:
        """Register a GET; the view takes a `query`, a pydantic model, if it wants one, and returns a model."""
        return self._register("GET", rule, scope, summary, 200)

    def takes(self, rule: str, *, scope: str, summary: str, status: int = 200) -> Callable[[View], View]:
        """Register a POST; the view takes a `body`, a pydantic model, and returns a model, answered with `status`."""
        return self._register("POST", rule, scope, summary, status)

    def _register(self, method: str, rule: str, scope: str, summary: str, status: int) -> Callable[[View], View]:
        if scope not in self.scopes:
            raise ValueError(f"scope {scope} of {rule} has no words")

        def mark(view: View) -> View:
            hints = get_type_hints(view)
            operation = Operation(
                method=method,
                rule=rule,
                name=view.__name__,
                scope=scope,
                summary=summary,
                description=inspect.getdoc(view) or "",
                status=status,
                body=hints.get("body"),
                query=hints.get("query"),
                answer=hints["return"],
            )
            self.operations.append(operation)
            self.add_url_rule(rule, view_func=_served(view, operation), methods=[method])
            return view

        return mark


def caller() -> Caller:
    """Return the program whose request this is."""
    known: Caller = g.api_caller
    return known


def _served(view: Callable[..., BaseModel], operation: Operation) -> Callable[..., Response]:
    @open_to_everyone
    @wraps(view)
    def serve(**path: Any) -> Response:
        g.api_caller = program = _authenticated(operation.scope)
        g.api_allowance = allowance = count_request(program.id)
        if allowance is not None and allowance.spent:
            raise Problem(429, "too_many_requests", f"Too many requests. Ask again in {allowance.seconds} seconds.")

        def work() -> Response:
            answer = view(**path, **_given(operation))
            return Response(answer.model_dump_json(), operation.status, content_type=JSON)

        key = key_given(request) if operation.method == "POST" else None
        return work() if key is None else once(program.id, key, request, work)

    return serve


def _authenticated(scope: str) -> Caller:
    secret = _secret()
    if secret is None:
        detail = "Send a key: «Authorization: Bearer …», or Basic with the key as the user name."
        raise Problem(401, "no_key", detail, headers=REALM)
    key = key_behind(secret)
    if key is None:
        raise Problem(401, "unknown_key", "This key is unknown or revoked.", headers=REALM)
    if scope not in key.scopes:
        raise Problem(403, "scope_missing", f"The key «{key.name}» does not have the scope {scope}.")
    return Caller(key.id, key.name, frozenset(key.scopes))


def _secret() -> str | None:
    given = request.authorization
    if given is None:
        return None
    return given.token if given.type == "bearer" else given.username if given.type == "basic" else None


def _given(operation: Operation) -> dict[str, BaseModel]:
    """Return the body and the query that the view takes, checked."""
    given: dict[str, BaseModel] = {}
    if operation.body is not None:
        given["body"] = _body(operation.body)
    if operation.query is not None:
        try:
            given["query"] = operation.query.model_validate(request.args.to_dict())
        except ValidationError as error:
            raise unreadable(error, where="query") from None
    return given


def _body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != JSON:
        raise Problem(415, "no_json", f"Send the body as {JSON}.")
    raw = request.get_data()
    if _holds_nul(raw):
        raise Problem(422, "invalid_body", "The body holds the character U+0000, which no text has.")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise unreadable(error, where="body") from None


def _holds_nul(raw: bytes) -> bool:
    """Return whether JSON holds the one character that the database cannot keep."""
    return re.search(rb"(?<!\\)(?:\\\\)*\\u0000", raw) is not None


def _tell_allowance(response: Response) -> Response:
    allowance = g.get("api_allowance")
    if allowance is not None:
        response.headers.update(allowance.headers())
    return response
