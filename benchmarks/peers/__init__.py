"""The same rules for other libraries, each in the way that suits it best, with a check for each model.

Rule 1  Every peer is built from the tables: types, options, required and unknown fields, lengths, and the beginnings of
        addresses. None checks more than ratecard does.
Rule 2  A peer is imported only when its library is installed, and left out where it is not.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks import floor
from benchmarks.models import pattern_of
from ratecard import quote, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.workload import Request
    from ratecard_rules import Field, Problem


@frozen
class Peer:
    """A library with the rules of the five models.

    Attributes:
        judge: Returns what is wrong with a request, false if nothing is, and touches each problem; this is timed.
        places: Returns the JSON Pointers of the problems that `judge` returned, that of the object for a field that is
            missing or unknown; None if `judge` does not list all.
    """

    judge: Callable[[Any], Any]
    places: Callable[[Any], set[str]] | None = None


def check(requests: Iterable[Request]) -> None:
    """Check before anything is timed that everybody gives the same answers to some requests.

    Every library comes to the verdict that a request was made for, those with `places` find the same ones, and every
    price look-up gives the price of `quote`.
    """
    judges, look_ups = installed(VALIDATORS), installed(LOOK_UPS)
    for request in requests:
        problems = validate(request.parsed()).problems
        assert bool(problems) == (request.fault is not None), (request, problems)
        expected = set(map(_place, problems))
        for name, peer in judges.items():
            found = peer.judge(request.parsed())
            assert bool(found) == bool(problems), (name, request, found)
            assert peer.places is None or peer.places(found) == expected, (name, request, found)
        price = None if problems else quote(request.parsed()).usd_micros
        assert all(price_of(request.text) == price for price_of in look_ups.values()), request


def _place(problem: Problem) -> str:
    assert problem.severity == "error", problem
    in_object = problem.code in {"missing_field", "unknown_field"}
    return problem.pointer.rpartition("/")[0] if in_object else problem.pointer


def ratecard() -> Peer:
    """Return ratecard itself."""
    return Peer(lambda request: [(problem.pointer, problem.code) for problem in validate(request).problems])


def verdict() -> Peer:
    """Return ratecard, asked only whether a request is valid."""
    return Peer(lambda request: not validate(request).ok)


def by_hand() -> Peer:
    """Return the checker that is written by hand."""
    return Peer(lambda request: not floor.is_valid(request))


VALIDATORS = {
    "ratecard": ("ratecard", ":ratecard"),
    "ratecard, verdict alone": ("ratecard", ":verdict"),
    "floor": ("ratecard", ":by_hand"),
    "jsonschema-rs": ("jsonschema_rs", ".schema:jsonschema_rs"),
    "jsonschema-rs, verdict alone": ("jsonschema_rs", ".schema:jsonschema_rs_verdict"),
    "pydantic": ("pydantic", ".pydantic_models:pydantic_peer"),
    "msgspec.convert": ("msgspec", ".msgspec_structs:convert"),
    "cattrs": ("cattrs", ".cattrs_classes:cattrs_peer"),
    "jsonschema": ("jsonschema", ".schema:jsonschema"),
}
"""For each validator the library that it needs, and the function of this package that makes its `Peer`."""

LOOK_UPS = {
    "pydantic validate_json + look-up": ("pydantic", ".pydantic_models:look_up"),
    "msgspec typed + look-up": ("msgspec", ".msgspec_structs:look_up"),
}
"""Likewise what makes a function from JSON bytes to the price of the typed object in them, or None if it is invalid."""

PRICERS = {
    "genai-prices": ("genai_prices", ".prices:genai_prices"),
    "litellm": ("litellm", ".prices:litellm"),
}
"""Likewise what makes a function that prices calls of its own, and those calls."""


def is_installed(library: str) -> bool:
    """Return whether a library can take part.

    >>> is_installed("json"), is_installed("no_such_library")
    (True, False)
    """
    return find_spec(library) is not None


def installed(table: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Make everything in a table whose library is installed."""
    return {
        name: resolve_name(f"benchmarks.peers{maker}")()
        for name, (library, maker) in table.items()
        if is_installed(library)
    }


def annotation(field: Field, kinds: Mapping[str, Any], meta: Callable[..., Any]) -> Any:
    """Return the type of a field's values, with its limits as the `meta` of a library, for classes made from data."""
    if field.allowed:
        return typing.Literal[field.allowed]
    limits = {"pattern": pattern_of(field), "max_length": field.max_length or field.max_items}
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
) -> Callable[[Any], Exception | None]:
    """Return a judge that calls the check of the request's model, and returns its error instead of raising it."""

    def judge(request: Any) -> Exception | None:
        try:
            checks.get(request.get("model"), otherwise)(request)
        except errors as error:
            return error
        return None

    return judge
