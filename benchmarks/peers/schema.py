"""The validators that take a JSON Schema: jsonschema-rs, jsonschema and fastjsonschema; one schema for each model."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from benchmarks.models import FIELDS, SLUGS, pattern_of, request_fields
from benchmarks.peers import Peer, first_error, pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ratecard_rules import Field


def _schema(fields: Sequence[Field], **properties: Any) -> dict[str, Any]:
    """Return the JSON Schema of an object with these fields and no others; `properties` replace theirs."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {field.name: _schema_of(field) for field in fields} | properties,
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _schema_of(field: Field) -> dict[str, Any]:
    schema = {
        "type": field.type,
        "enum": list(field.allowed or ()),
        "pattern": pattern_of(field),
        "maxLength": field.max_length,
        "maxItems": field.max_items,
        "items": {"type": field.items} if field.items else None,
    }
    return {keyword: value for keyword, value in schema.items() if value}


SCHEMAS = {slug: _schema(request_fields((slug,)), input=_schema(fields)) for slug, fields in FIELDS.items()}
"""The JSON Schema of each model's requests."""

OTHERWISE = _schema(request_fields(SLUGS))
"""The JSON Schema for requests that name no known model."""


def _lister(build: Callable[[dict[str, Any]], Any], path: str) -> Peer:
    """Return a validator with `iter_errors`; the request's model chooses the compiled schema."""
    validators, otherwise = {slug: build(schema) for slug, schema in SCHEMAS.items()}, build(OTHERWISE)
    listers = {slug: validator.iter_errors for slug, validator in validators.items()}
    deciders = {slug: validator.is_valid for slug, validator in validators.items()}
    place = attrgetter(path)

    def judge(request: Any) -> None:
        try:
            errors_of = listers[request["model"]]
        except (LookupError, TypeError):
            errors_of = otherwise.iter_errors
        for error in errors_of(request):
            place(error)

    def verdict(request: Any) -> Any:
        try:
            is_valid = deciders[request["model"]]
        except (LookupError, TypeError):
            is_valid = otherwise.is_valid
        return is_valid(request)

    def places(request: Any) -> set[str]:
        model = str(request.get("model")) if isinstance(request, dict) else ""
        return {pointer(place(error)) for error in listers.get(model, otherwise.iter_errors)(request)}

    return Peer(
        judge=judge,
        places=places,
        names_objects=True,
        answer="`iter_errors`: all errors, path read; the library writes each message as it goes",
        verdict=verdict,
    )


def jsonschema_rs() -> Peer:
    """Return jsonschema-rs."""
    from jsonschema_rs import validator_for

    return _lister(validator_for, "instance_path")


def jsonschema() -> Peer:
    """Return jsonschema."""
    from jsonschema import Draft7Validator

    return _lister(Draft7Validator, "absolute_path")


def fastjsonschema() -> Peer:
    """Return fastjsonschema, which writes a Python function for each schema and stops at the first error."""
    import fastjsonschema as library

    checks = {slug: library.compile(schema) for slug, schema in SCHEMAS.items()}
    judge = first_error(checks, library.compile(OTHERWISE), library.JsonSchemaValueException)
    answer = "the first error alone, with its message"
    return Peer(judge=judge, answer=answer, verdict=judge)
