"""The pages of programs: the keys they carry, and the description of what they may ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.core.api import keys
from app.core.api.describing import described, known_scopes
from app.core.api.endpoints import PREFIX
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs, open_to_everyone
from app.core.current import settings

pages = Blueprint("api_keys", __name__)
description = Blueprint("api_description", __name__, url_prefix=PREFIX)


@pages.get("/api-keys")
@needs(Right.ADMINISTER)
def index() -> str:
    """List the keys of programs."""
    return _list({}, {}, [])


@pages.post("/api-keys")
@needs(Right.ADMINISTER)
def make() -> str | tuple[str, int]:
    """Make a key, and show its secret this once."""
    name = request.form.get("name", "").replace("\0", "").strip()
    known = known_scopes(current_app)
    scopes = [scope for scope in request.form.getlist("scope") if scope in known]
    faults = {}
    if not 1 <= len(name) <= keys.LONGEST_NAME:
        faults["name"] = f"Name the program that carries the key, in up to {keys.LONGEST_NAME} characters."
    if not scopes:
        faults["scope"] = "Choose at least one thing that the program may do."
    if faults:
        return _list(faults, {"name": name}, scopes), 422
    key, secret = keys.make_key(name, scopes, actor=actor())
    return render_template("api/made.html", key=key, secret=secret, address=f"{settings().public_url}{PREFIX}")


@pages.get("/api-keys/<int:key_id>/revocation")
@needs(Right.ADMINISTER)
def ask_revocation(key_id: int) -> str:
    """Say what revoking a key means."""
    return render_template("api/revocation.html", key=keys.find_key(key_id))


@pages.post("/api-keys/<int:key_id>/revocation")
@needs(Right.ADMINISTER)
def revoke(key_id: int) -> AnyResponse:
    """Take a key back."""
    key = keys.revoke_key(key_id, actor=actor())
    flash(f"«{key.name}» is revoked: every request with it is refused from now on.", "done")
    return redirect(url_for("api_keys.index"))


@description.get("/openapi.json")
@open_to_everyone
def document() -> Response:
    """Return the description as OpenAPI; it holds nothing that belongs to this installation but its address."""
    return jsonify(_described())


@description.get("/docs")
@open_to_everyone
def docs() -> str:
    """Show the description to people."""
    document = _described()
    operations = [
        {**operation, "method": method.upper(), "path": PREFIX + path, "fields": _fields(document, operation)}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return render_template("api/docs.html", document=document, operations=operations, prefix=PREFIX)


def _list(faults: dict[str, str], given: dict[str, str], chosen: list[str]) -> str:
    return render_template(
        "api/keys.html",
        keys=keys.all_keys(),
        scopes=known_scopes(current_app),
        given=given,
        chosen=chosen,
        faults=faults,
    )


def _described() -> dict[str, Any]:
    return described(current_app, server=settings().public_url)


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the fields of what is sent and of what is answered, nested ones by their path, for tables."""
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    done = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    answered = done["content"]["application/json"]["schema"]
    return {
        "sent": _flat(document, sent) if sent else [],
        "answered": _flat(document, answered),
    }


def _flat(document: dict[str, Any], schema: dict[str, Any], path: str = "") -> list[dict[str, Any]]:
    schema = _resolved(document, schema)
    rows = []
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(document, field)
        where = f"{path}{name}"
        rows.append(
            {
                "name": where,
                "type": _type(document, field),
                "required": name in schema.get("required", ()),
                "description": field.get("description", inner.get("description", "") if inner is field else ""),
                "examples": field.get("examples", []),
            }
        )
        nested = _resolved(document, inner["items"]) if inner.get("type") == "array" else inner
        rows += _flat(document, nested, f"{where}[]." if nested is not inner else f"{where}.")
    return rows


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _type(document: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(document, one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(document, schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything")).replace("date-time", "time")
