"""What a program is told when its request fails: a problem document (RFC 9457), with the field that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from flask import Response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from app.core.errors import NotFound, QuorumError, Refused

MEDIA_TYPE = "application/problem+json"

_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is no field of this request",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "datetime_type": "must be a time such as 2026-11-02T09:30:00Z",
    "datetime_from_date_parsing": "must be a time such as 2026-11-02T09:30:00Z",
    "datetime_parsing": "must be a time such as 2026-11-02T09:30:00Z",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
}
"""Kind of fault as pydantic names it → how a person would say it; of the others pydantic's own words stand."""


class FieldFault(NamedTuple):
    """What is wrong with one field: its JSON pointer in the body, such as `/contact/email`, and a sentence."""

    pointer: str
    detail: str


class Problem(QuorumError):
    """A request that is answered with a problem document; `code` is what programs branch on."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.errors, self.headers = status, code, errors, headers or {}

    def response(self) -> Response:
        """Return the answer that tells it."""
        document: dict[str, object] = {
            "type": f"urn:quorum:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": str(self),
        }
        if self.errors:
            document["errors"] = [fault._asdict() for fault in self.errors]
        body = json.dumps(document, ensure_ascii=False)
        return Response(body, self.status, dict(self.headers), content_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """Return the problem that an error is to a program; what it does not understand stays a 500 without details."""
    match error:
        case Problem():
            return error
        case HTTPException():
            status = error.code or 500
            code = HTTPStatus(status).phrase.casefold().replace(" ", "_")
            headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
            return Problem(status, code, error.description or HTTPStatus(status).phrase, headers=headers)
        case NotFound():
            return Problem(404, "not_found", str(error))
        case Refused():
            return Problem(409, "refused", str(error))
        case QuorumError():
            return Problem(400, "bad_request", str(error))
    return Problem(500, "internal_error", "This failed, and it is our fault. Try once more in a minute.")


def unreadable(error: ValidationError, *, where: str) -> Problem:
    """Return the problem of a body or query (`where`) that does not fit its model, each fault with its field."""
    if any(fault["type"] == "json_invalid" for fault in error.errors(include_url=False)):
        return Problem(400, "no_json", "The body is no JSON. Send one JSON object in UTF-8.")
    faults = [
        FieldFault(pointer(fault["loc"]), _sentence(fault["type"], fault["msg"]))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = faults[0]
    more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    name = first.pointer or "it"
    return Problem(422, f"invalid_{where}", f"The {where} cannot be used: {name} {first.detail}{more}.", errors=faults)


def pointer(location: Iterable[int | str]) -> str:
    """Return the JSON pointer (RFC 6901) of a place in a document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def _sentence(kind: str, message: str) -> str:
    return _SENTENCES.get(kind) or message.removeprefix("Value error, ").removeprefix("Input ")
