"""The description of the interface for programs, as OpenAPI 3.1, made from the endpoints that are registered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.core.api.endpoints import JSON, PREFIX, Api, Operation
from app.core.api.problems import MEDIA_TYPE
from app.core.api.repeating import HEADER

VERSION = "3.1.0"
_REFERENCE = "#/components/schemas/{model}"

PROBLEMS = {
    "400": "The request cannot be read.",
    "401": "The key is missing, unknown or revoked.",
    "403": "The key does not have the scope.",
    "409": "Not possible now, or the first request with this Idempotency-Key is still being worked on.",
    "415": "The body is no JSON.",
    "422": "A field is wrong, or the Idempotency-Key came with another request before.",
    "429": "Too many requests; see Retry-After.",
}
_OF_A_BODY = ("409", "415")

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "What programs branch on: urn:quorum:problem:…"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what would be right, for people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer of the field, such as /contact/email."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def apis(app: Flask) -> list[Api]:
    """Return the endpoints of every stage."""
    return [each for each in app.blueprints.values() if isinstance(each, Api)]


def known_scopes(app: Flask) -> dict[str, str]:
    """Return each scope a key may have, with what it lets a program do."""
    return dict(sorted((scope, words) for api in apis(app) for scope, words in api.scopes.items()))


def described(app: Flask, *, server: str) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, which is reached at the address `server`."""
    operations = [operation for api in apis(app) for operation in api.operations]
    references, definitions = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in sorted(operations, key=lambda one: (one.rule, one.method)):
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, references)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Quorum",
            "version": "1",
            "description": "JSON in UTF-8, times in ISO 8601 with their zone, ids as strings. Errors are problem "
            "documents (RFC 9457).",
        },
        "servers": [{"url": server + PREFIX}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": definitions | {"Problem": _PROBLEM},
            "responses": {status: _problem(status, words) for status, words in PROBLEMS.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the admin's page «API keys»."},
                "basic": {"type": "http", "scheme": "basic", "description": "The key as user name, no password."},
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    for operation in operations:
        wanted += [(model, "validation") for model in (operation.body, operation.query) if model is not None]
        wanted.append((operation.answer, "serialization"))
    references, schema = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REFERENCE)
    return {model: reference for (model, _), reference in references.items()}, schema.get("$defs", {})  # type: ignore[misc]  # pydantic also describes dataclasses; these are models


def _operation(operation: Operation, references: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    takes_body = operation.body is not None
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "x-scope": operation.scope,
        "parameters": _path_parameters(operation) + _query_parameters(operation),
        "responses": {
            str(operation.status): {
                "description": "Done.",
                "content": {JSON: {"schema": references[operation.answer]}},
            }
        }
        | {
            status: {"$ref": f"#/components/responses/{status}"}
            for status in PROBLEMS
            if takes_body or status not in _OF_A_BODY
        },
    }
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": references[operation.body]}}}
        told["parameters"].append(
            {
                "name": HEADER,
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 255},
                "description": "The same key and body within 7 days give the first answer again.",
            }
        )
    return told


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"<(?:\w+:)?(\w+)>", operation.rule)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": told}
        for name, told in schema["properties"].items()
    ]


def _problem(status: str, words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "x-status": status, "content": {MEDIA_TYPE: {"schema": schema}}}
