"""pydantic: a union of one strict model class per model, told apart by `model`, with no extra fields."""

from __future__ import annotations

import typing
from functools import reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Any

from benchmarks.five import ENVELOPE, MODELS
from benchmarks.peers._base import UNSENT, Peer, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.five import Rule

_annotated: Any = typing.Annotated  # the types are made from data, so no type checker can follow
_literal: Any = typing.Literal
_PLAIN: dict[str, Any] = {"string": str, "number": float, "boolean": bool, "objects": list[dict[str, Any]]}


def adapter() -> tuple[Any, dict[type, str]]:
    """Return the adapter of the union, and the slug of each class."""
    library = import_module("pydantic")
    classes = {_class_of(library, slug, number): slug for number, slug in enumerate(MODELS)}
    union = reduce(or_, classes)
    return library.TypeAdapter(_annotated[union, library.Field(discriminator="model")]), classes


def _class_of(library: Any, slug: str, number: int) -> Any:  # noqa: ANN401  the module, and a class that it makes
    config = library.ConfigDict(extra="forbid", strict=True)

    def field_of(rule: Rule) -> tuple[Any, Any]:
        return _type_of(library, rule), ... if rule.required else rule.default or UNSENT[rule.kind]

    fields = {name: field_of(rule) for name, rule in MODELS[slug].items()}
    optional = {name: field_of(rule) for name, rule in ENVELOPE.items()}
    given = library.create_model(f"Input{number}", __config__=config, **fields)
    return library.create_model(
        f"Request{number}", __config__=config, model=(_literal[slug], ...), input=(given, ...), **optional
    )


def _type_of(library: Any, rule: Rule) -> Any:  # noqa: ANN401  the module, and a type
    if rule.options:
        return _literal[rule.options]
    limits: dict[str, Any] = {"pattern": rule.pattern, "max_length": rule.max_length or rule.max_items}
    stated = {name: limit for name, limit in limits.items() if limit is not None}
    return _annotated[_PLAIN[rule.kind], library.Field(**stated)] if stated else _PLAIN[rule.kind]


def reader() -> tuple[Callable[[bytes], Any], dict[type, str]]:
    """Return `validate_json`, which gives an object or the list of all errors, and the slugs of the classes."""
    refused = import_module("pydantic").ValidationError
    union, classes = adapter()
    read = union.validate_json

    def answer(body: bytes) -> Any:  # noqa: ANN401  an object of one of the classes, or errors
        try:
            return read(body)
        except refused as error:
            return error.errors(include_url=False, include_context=False, include_input=False)

    return answer, classes


def pydantic() -> Peer:
    """Return pydantic."""
    refused = import_module("pydantic").ValidationError
    check = adapter()[0].validate_python

    def judge(request: object) -> None:
        try:
            check(request)
        except refused as error:
            for one in error.errors(include_url=False, include_context=False, include_input=False):
                one["loc"]

    def problems_of(request: object) -> set[str]:
        try:
            check(request)
        except refused as error:
            return {_place(one) for one in error.errors()}
        return set()

    says = "`errors()` without addresses, contexts and inputs: all errors; the library writes each message as it goes"
    return Peer(name="pydantic", judge=judge, problems_of=problems_of, scope="exact", says=says)


def _place(error: dict[str, Any]) -> str:
    """Return where an error is: the union puts its tag in front, and a fault of the tag has no place at all."""
    return "/model" if error["type"].startswith("union_tag") else pointer(error["loc"][1:])
