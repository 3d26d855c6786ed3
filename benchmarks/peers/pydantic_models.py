"""pydantic: a union of one strict model class per model, told apart by `model`, with no extra fields."""

from __future__ import annotations

import typing
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import pydantic

from benchmarks.models import ENVELOPE, FIELDS
from benchmarks.peers import Peer, annotation, default_of, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard_rules import Field

_KINDS: dict[str, Any] = {"string": str, "number": float, "boolean": bool, "array": list[dict[str, Any]]}
_CONFIG = pydantic.ConfigDict(extra="forbid", strict=True)


def _adapter() -> tuple[Any, dict[type, str]]:
    """Return the adapter of the union, and the slug of each class."""
    classes = {_class_of(slug, number): slug for number, slug in enumerate(FIELDS)}
    union: Any = reduce(or_, classes)
    return pydantic.TypeAdapter(typing.Annotated[union, pydantic.Field(discriminator="model")]), classes


def _class_of(slug: str, number: int) -> Any:
    given: Any = pydantic.create_model(f"Input{number}", __config__=_CONFIG, **_attributes(FIELDS[slug]))
    return pydantic.create_model(
        f"Request{number}",
        __config__=_CONFIG,
        model=(typing.Literal[slug], ...),
        input=(given, ...),
        **_attributes(ENVELOPE),
    )


def _attributes(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        field.name: (annotation(field, _KINDS, pydantic.Field), ... if field.required else default_of(field))
        for field in fields
    }


def reader() -> tuple[Callable[[bytes], Any], dict[type, str]]:
    """Return `validate_json`, which gives an object or the list of all errors, and the slug of each class."""
    union, classes = _adapter()
    read = union.validate_json

    def answer(body: bytes) -> Any:
        try:
            return read(body)
        except pydantic.ValidationError as error:
            return _errors(error)

    return answer, classes


def pydantic_peer() -> Peer:
    """Return pydantic."""
    check = _adapter()[0].validate_python

    def judge(request: object) -> None:
        try:
            check(request)
        except pydantic.ValidationError as error:
            for problem in _errors(error):
                problem["loc"]

    def places(request: object) -> set[str]:
        try:
            check(request)
        except pydantic.ValidationError as error:
            return {_place(problem) for problem in error.errors()}
        return set()

    answer = "`errors()` without addresses, contexts and inputs: all errors; the library writes each message as it goes"
    return Peer(name="pydantic", judge=judge, places=places, compared="exactly", answer=answer)


def _errors(error: Any) -> Any:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _place(problem: dict[str, Any]) -> str:
    """Return where a problem is: the union puts its tag in front, and a wrong tag has no place at all."""
    return "/model" if problem["type"].startswith("union_tag") else pointer(problem["loc"][1:])
