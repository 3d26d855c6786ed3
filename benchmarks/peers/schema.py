"""jsonschema-rs and jsonschema, with the JSON Schema that ratecard exports for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.models import SLUGS
from benchmarks.peers import Peer, pointer
from ratecard.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Callable

_ANY_MODEL = json_schema(SLUGS[0])
_ANY_MODEL["properties"] |= {"model": {"enum": [*SLUGS]}, "input": {"type": "object"}}


def _by_model(build: Callable[[Any], Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return a judge that calls what was built from the schema of the request's model."""
    checks, otherwise = {slug: build(json_schema(slug)) for slug in SLUGS}, build(_ANY_MODEL)
    return lambda request: checks.get(request.get("model"), otherwise)(request)


def _lister(validator_for: Callable[[Any], Any], path: str) -> Peer:
    """Return a validator with `iter_errors`; `path` is the attribute of an error that says where it is."""

    def build(schema: Any) -> Callable[[Any], Any]:
        errors_of = validator_for(schema).iter_errors
        return lambda request: [getattr(error, path) for error in errors_of(request)]

    return Peer(_by_model(build), lambda paths: set(map(pointer, paths)))


def jsonschema_rs() -> Peer:
    """Return jsonschema-rs."""
    from jsonschema_rs import validator_for

    return _lister(validator_for, "instance_path")


def jsonschema_rs_verdict() -> Peer:
    """Return jsonschema-rs, asked only whether a request is valid."""
    from jsonschema_rs import validator_for

    is_valid = _by_model(lambda schema: validator_for(schema).is_valid)
    return Peer(lambda request: not is_valid(request))


def jsonschema() -> Peer:
    """Return jsonschema."""
    from jsonschema import Draft202012Validator

    return _lister(Draft202012Validator, "absolute_path")
