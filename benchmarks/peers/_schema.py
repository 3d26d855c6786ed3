"""The validators that take a JSON Schema: jsonschema-rs, jsonschema and fastjsonschema, compiled once per model."""

from __future__ import annotations

from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from benchmarks.five import ENVELOPE, MODELS
from benchmarks.peers._base import Peer, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.five import Rule


def schema_of(slug: str) -> dict[str, Any]:
    """Return the JSON Schema of a model's requests."""
    rules = MODELS[slug]
    given = {
        "type": "object",
        "properties": {name: _schema_of_rule(rule) for name, rule in rules.items()},
        "required": [name for name, rule in rules.items() if rule.required],
        "additionalProperties": False,
    }
    return _envelope([slug], given)


def any_schema() -> dict[str, Any]:
    """Return the JSON Schema of the envelope alone, for requests that name no known model."""
    return _envelope(list(MODELS), {"type": "object"})


def _envelope(slugs: list[str], given: dict[str, Any]) -> dict[str, Any]:
    optional = {name: _schema_of_rule(rule) for name, rule in ENVELOPE.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"model": {"type": "string", "enum": slugs}, "input": given, **optional},
        "required": ["model", "input"],
        "additionalProperties": False,
    }


def _schema_of_rule(rule: Rule) -> dict[str, Any]:
    if rule.kind == "objects":
        most = {} if rule.max_items is None else {"maxItems": rule.max_items}
        return {"type": "array", "items": {"type": "object"}, **most}
    schema: dict[str, Any] = {"type": rule.kind}
    if rule.options:
        schema["enum"] = list(rule.options)
    if rule.pattern is not None:
        schema["pattern"] = rule.pattern
    if rule.max_length is not None:
        schema["maxLength"] = rule.max_length
    return schema


_ALL = "all errors, path touched; the library writes each message as it goes"


def _lister(name: str, build: Callable[[dict[str, Any]], Any], path: str) -> Peer:
    """Return a validator with `iter_errors`; the request's model chooses the compiled schema."""
    compiled = {slug: build(schema_of(slug)).iter_errors for slug in MODELS}
    otherwise = build(any_schema()).iter_errors
    place = attrgetter(path)

    def judge(request: Any) -> None:  # noqa: ANN401  any JSON value
        try:
            errors_of = compiled[request["model"]]
        except (LookupError, TypeError):
            errors_of = otherwise
        for error in errors_of(request):
            place(error)

    def problems_of(request: Any) -> set[str]:  # noqa: ANN401  any JSON value
        model = request.get("model") if isinstance(request, dict) else None
        errors_of = compiled.get(model, otherwise) if isinstance(model, str) else otherwise
        return {pointer(place(error)) for error in errors_of(request)}

    return Peer(name=name, judge=judge, problems_of=problems_of, scope="object", says=f"`iter_errors`: {_ALL}")


def jsonschema_rs() -> Peer:
    """Return jsonschema-rs."""
    return _lister("jsonschema-rs", import_module("jsonschema_rs").validator_for, "instance_path")


def jsonschema() -> Peer:
    """Return jsonschema."""
    return _lister("jsonschema", import_module("jsonschema").Draft7Validator, "absolute_path")


def fastjsonschema() -> Peer:
    """Return fastjsonschema, which writes a Python function for each schema and stops at the first error."""
    library = import_module("fastjsonschema")
    refused = library.JsonSchemaValueException
    compiled = {slug: library.compile(schema_of(slug)) for slug in MODELS}
    otherwise = library.compile(any_schema())

    def judge(request: Any) -> object:  # noqa: ANN401  any JSON value
        try:
            check = compiled[request["model"]]
        except (LookupError, TypeError):
            check = otherwise
        try:
            return check(request)
        except refused as error:
            return error

    def problems_of(request: object) -> set[str]:
        return {"?"} if isinstance(judge(request), refused) else set()

    says = "the first error alone, with its message"
    return Peer(name="fastjsonschema", judge=judge, problems_of=problems_of, scope="verdict", says=says)
