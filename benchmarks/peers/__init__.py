"""The same rules for other libraries, each in the way that suits it best.

Rule 1  Every peer is built from `models.FIELDS`: types, options, required and unknown fields, lengths, and the
        beginnings of addresses. None checks more than ratecard does.
Rule 2  A peer is imported only when its library is installed, and left out where it is not.
Rule 3  `judge` is what is timed: it finds the problems and touches each. `places` is only for checking agreement.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from benchmarks.models import pattern_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ratecard_rules import Field


@frozen(kw_only=True)
class Peer:
    """A library with the rules of the five models.

    Attributes:
        name: its name in the results.
        judge: finds the problems of a request and touches each; this is timed.
        places: returns the JSON Pointers of the problems.
        compared: what `places` can be held to: the exact pointers, the object that holds the problem, or only whether
            there is any.
        answer: what the answer to an invalid request holds, for the reader of the results.
        verdict: only finds out whether a request is valid, where the library can do that alone.
    """

    name: str
    judge: Callable[[Any], object]
    places: Callable[[Any], set[str]]
    compared: Literal["exactly", "by object", "by verdict"]
    answer: str
    verdict: Callable[[Any], object] | None = None


VALIDATORS = {
    "ratecard": ("ratecard", "own:ratecard"),
    "floor": ("ratecard", "own:by_hand"),
    "jsonschema-rs": ("jsonschema_rs", "schema:jsonschema_rs"),
    "pydantic": ("pydantic", "pydantic_models:pydantic_peer"),
    "msgspec.convert": ("msgspec", "msgspec_structs:convert"),
    "msgspec.convert, tuned": ("msgspec", "msgspec_structs:convert_tuned"),
    "fastjsonschema": ("fastjsonschema", "schema:fastjsonschema"),
    "cattrs": ("cattrs", "cattrs_classes:cattrs_peer"),
    "jsonschema": ("jsonschema", "schema:jsonschema"),
}
"""For each validator the library that it needs, and the function of this package that builds it."""


def is_installed(library: str) -> bool:
    """Return whether a library can take part.

    >>> is_installed("json"), is_installed("no_such_library")
    (True, False)
    """
    return find_spec(library) is not None


def validator(name: str) -> Peer:
    """Build a validator, whose library must be installed."""
    peer: Peer = resolve_name(f"benchmarks.peers.{VALIDATORS[name][1]}")()
    return peer


def validators() -> list[Peer]:
    """Build all validators whose libraries are installed."""
    return [validator(name) for name, (library, _) in VALIDATORS.items() if is_installed(library)]


def annotation(field: Field, kinds: Mapping[str, Any], meta: Callable[..., Any], *, patterns: bool = True) -> Any:
    """Return the type of a field's values, with its limits as the `meta` of a library, for classes made from data."""
    if field.allowed:
        return typing.Literal[field.allowed]
    pattern = pattern_of(field) if patterns else None
    limits = {"pattern": pattern, "max_length": field.max_length or field.max_items}
    stated = {name: limit for name, limit in limits.items() if limit is not None}
    return typing.Annotated[kinds[field.type], meta(**stated)] if stated else kinds[field.type]


def default_of(field: Field) -> Any:
    """Return what stands for an optional field that was left out."""
    if field.default is not None:
        return field.default
    return {"string": "", "number": 0, "boolean": True, "array": ()}[field.type]


def pointer(path: Iterable[object]) -> str:
    """Return a JSON Pointer of plain names and indexes."""
    return "".join(f"/{part}" for part in path)


def first_error(
    checks: Mapping[str, Callable[[Any], Any]],
    otherwise: Callable[[Any], Any],
    errors: type[Exception] | tuple[type[Exception], ...],
) -> Callable[[Any], Any]:
    """Return a judge that calls the check of the request's model, and returns its error instead of raising it."""

    def judge(request: Any) -> Any:
        try:
            check = checks[request["model"]]
        except (LookupError, TypeError):
            check = otherwise
        try:
            return check(request)
        except errors as error:
            return error

    return judge


def verdict_peer(name: str, judge: Callable[[Any], Any], answer: str) -> Peer:
    """Return a peer that stops at the first error, so that only its verdict can be compared."""

    def places(request: object) -> set[str]:
        return {"?"} if isinstance(judge(request), Exception) else set()

    return Peer(name=name, judge=judge, places=places, compared="by verdict", answer=answer, verdict=judge)
