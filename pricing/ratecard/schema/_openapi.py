"""The submit endpoint as an OpenAPI 3.1 document: its requests from the tables, its answers from the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard._api import BASE_URL, STATUS_OF_CODE, SUBMIT_PATH
from ratecard.schema._request import request_schema, type_names
from ratecard_rules import catalog_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ratecard_rules import Catalog

_TEXT = {"type": "string"}
_RECEIPT = {
    "description": "The job was created and charged.",
    "type": "object",
    "properties": {
        "jobId": _TEXT,
        "requestId": _TEXT,
        "status": {"const": "pending"},
        "estimatedCompletionTime": {"type": "string", "format": "date-time"},
        "costMicroCents": {
            "type": "integer",
            "description": "The charge in millionths of a US dollar, which the API calls micro-cents.",
        },
    },
    "required": ["jobId", "requestId", "status", "costMicroCents"],
}
_OTHER_ENDPOINTS = {"JOB_NOT_FOUND", "JOB_CANNOT_BE_CANCELLED"}
"""The documented errors that are about jobs that exist."""


def openapi(
    models: Iterable[str] | None = None, *, catalog: Catalog | None = None, at: date | None = None
) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document of the submit endpoint, with the requests, the answers and the errors.

    `models` are slugs; all by default. Each has the `full` schema, chosen by `model`. Raises UnknownModel.

    >>> openapi(["kling-plus/kling-o1-standard/text-to-video"])["paths"]["/v1/jobs/submit"]["post"]["operationId"]
    'submitJob'
    """
    tables = catalog_at(catalog, at)
    names = type_names(tables.models)
    chosen = list(tables) if models is None else [tables[slug] for slug in models]
    references = {model.slug: f"#/components/schemas/{names[model.slug]}" for model in chosen}
    request = {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "model", "mapping": references},
    }
    schemas = {names[model.slug]: request_schema(model, tables) for model in chosen}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Submit generation jobs",
            "version": tables.version or "0",
            "description": "Generated from the tables of ratecard, which also prices these requests.",
        },
        "servers": [{"url": BASE_URL}],
        "paths": {SUBMIT_PATH: {"post": _operation()}},
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas, "Request": request, "Receipt": _RECEIPT},
        },
    }


def _operation() -> dict[str, Any]:
    codes: dict[int, list[str]] = {}
    for code, status in STATUS_OF_CODE.items():
        if code not in _OTHER_ENDPOINTS:
            codes.setdefault(status, []).append(code)
    receipt = {"description": "The job was created.", "content": _json({"$ref": "#/components/schemas/Receipt"})}
    return {
        "operationId": "submitJob",
        "summary": "Create a job and charge the balance at once.",
        "requestBody": {"required": True, "content": _json({"$ref": "#/components/schemas/Request"})},
        "responses": {"200": receipt, **{str(status): _refusal(codes[status]) for status in sorted(codes)}},
    }


def _refusal(codes: list[str]) -> dict[str, Any]:
    """Return the documented answer with one of these error codes."""
    error = {
        "type": "object",
        "properties": {"code": {"enum": codes}, "message": _TEXT, "details": {}},
        "required": ["code", "message"],
    }
    properties = {"success": {"const": False}, "error": error, "requestId": _TEXT}
    body = {"type": "object", "properties": properties, "required": ["success", "error"]}
    return {"description": ", ".join(codes), "content": _json(body)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
