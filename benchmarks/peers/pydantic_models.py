"""pydantic: a union of one strict model class per model, told apart by `model`, with no extra fields."""

from __future__ import annotations

import typing
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import pydantic

from benchmarks.models import FIELDS, OPTIONAL
from benchmarks.peers import Peer, annotation, default_of, pointer, prices

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard_rules import Field

_KINDS: dict[str, Any] = {"string": str, "number": float, "boolean": bool, "array": list[dict[str, Any]]}
_CONFIG = pydantic.ConfigDict(extra="forbid", strict=True)


def _adapter() -> tuple[Any, dict[type, str]]:
    """Return the adapter of the union, and the slug of each class."""
    classes: dict[type, str] = {}
    for number, (slug, fields) in enumerate(FIELDS.items()):
        given: Any = pydantic.create_model(f"Input{number}", __config__=_CONFIG, **_attributes(fields))
        attributes = {"model": (typing.Literal[slug], ...), "input": (given, ...), **_attributes(OPTIONAL)}
        classes[pydantic.create_model(f"Request{number}", __config__=_CONFIG, **attributes)] = slug
    union: Any = reduce(or_, classes)
    return pydantic.TypeAdapter(typing.Annotated[union, pydantic.Field(discriminator="model")]), classes


def _attributes(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        field.name: (annotation(field, _KINDS, pydantic.Field), ... if field.required else default_of(field))
        for field in fields
    }


def pydantic_peer() -> Peer:
    """Return pydantic."""
    check = _adapter()[0].validate_python

    def judge(request: object) -> Any:
        try:
            check(request)
        except pydantic.ValidationError as error:
            problems = _errors(error)
            for problem in problems:
                problem["loc"]
            return problems
        return ()

    return Peer(judge, lambda problems: set(map(_place, problems)))


def look_up() -> Callable[[bytes], int | None]:
    """Return the way from JSON bytes to the price or to the list of all errors, which is dropped for None."""
    union, classes = _adapter()
    return prices.look_up(union.validate_json, classes, pydantic.ValidationError, _errors)


def _errors(error: Any) -> Any:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _place(problem: dict[str, Any]) -> str:
    """Return where a problem is: the union puts its tag in front, and a wrong tag has no place at all."""
    if problem["type"].startswith("union_tag"):
        return "/model" if problem["type"] == "union_tag_invalid" else ""
    in_object = problem["type"] in {"missing", "extra_forbidden"}
    return pointer(problem["loc"][1:-1] if in_object else problem["loc"][1:])
