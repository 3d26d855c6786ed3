"""The compiled check of a model: a generated function that confirms that a whole request is valid.

Rule 1  The source of the function consists of the templates below and of numbers. It never contains text from a table:
        names, options and limits are bound to numbered arguments. So no table can inject code, and models with the same
        shape share one source.
Rule 2  It decides about a field only if it implements every rule that the field states (see `_NEUTRAL`). A field with
        any other rule is left to the judge.
Rule 3  It looks up keys in an object only after all its keys are known to be plain strings.
"""

from __future__ import annotations

import re
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import fields

from ratecard_rules._json import WIDEST_BITS, encodes, exact
from ratecard_rules._table.model import CERTAIN, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from decimal import Decimal

    from ratecard_rules._table.model import Format

    Key: TypeAlias = tuple[object, ...]
    Verdict: TypeAlias = Key | list[str] | None
    Check: TypeAlias = Callable[[Any], Verdict]

_NEUTRAL = frozenset({"name", "type", "required", "default", "evidence", "sibling", "note"})
"""The attributes of a field that do not restrict its value, or that every check implements."""


class FieldCheck:
    """The conditions under which the value of a field is certainly valid.

    Attributes:
        name: The name of the field.
        required: Whether it is required.
        conditions: The conditions in `_CONDITIONS` that must all hold, each with its argument.
    """

    __slots__ = ("conditions", "name", "required")

    def __init__(self, field: Field, conditions: dict[str, Any]) -> None:
        self.name = field.name
        self.required = bool(field.required)
        self.conditions = conditions


def field_check(field: Field) -> FieldCheck | None:
    """Return the check of a field; None if the judge must check it."""
    stated = {part.name for part in fields(Field) if getattr(field, part.name) != part.default} - _NEUTRAL
    if field.type not in _IMPLEMENTED or not stated <= _IMPLEMENTED[field.type]:
        return None
    if field.evidence_of("name") not in CERTAIN or (field.type == "array" and field.items != "string"):
        return None
    if field.type == "string":
        conditions = {rule: argument(field) for rule, argument in _ARGUMENTS.items() if rule in stated}
        return FieldCheck(field, conditions or {"encodes": None})
    return FieldCheck(field, {"passes": _PASSES[field.type](field)})


@cache
def plain_url(form: Format) -> Callable[[str], object]:
    """Return a matcher for URLs that are certainly valid: printable ASCII without spaces or @."""
    schemes = "https" if form == "https" else "https?"
    return re.compile(schemes + r"://[0-9A-Za-z][!-?A-~]*").fullmatch


def _has_only_a_webhook_beside(request: dict[str, Any]) -> bool:
    """Return whether a request has a model, an input and a webhookUrl that is certainly valid, and nothing else."""
    hook = request.get("webhookUrl")
    return len(request) == _WITH_WEBHOOK and type(hook) is str and plain_url("https")(hook) is not None


_WITH_WEBHOOK = 3


def compile_check(checks: Sequence[FieldCheck], one_of: Sequence[Collection[str]], priced: Sequence[str]) -> Check:
    """Return the compiled check of a model (see `FastPath`).

    Args:
        checks: The checks of all fields that have one.
        one_of: Sets of names; one name of each set must be given.
        priced: The names of the fields whose values the check returns.
    """
    places = {check.name: place for place, check in enumerate(checks)}
    make = _maker(
        tuple((tuple(check.conditions), check.required) for check in checks),
        tuple(tuple(sorted(places[name] for name in names if name in places)) for names in one_of),
        tuple(places.get(name) for name in priced),
    )
    bound = [value for check in checks for value in (check.name, *check.conditions.values())]
    check: Check = make(_has_only_a_webhook_beside, encodes, *bound)
    return check


_HEAD = """\
def make(has_only_a_webhook_beside, encodes, {arguments}):
    def check(request):
        given = request.get("input")
        if type(given) is not dict:
            return None
        try:
            for key in given:
                if type(key) is not str:
                    return None
        except RuntimeError:
            return None
        suspects = ()
        known = {required}
"""
_CONDITIONS = {
    "allowed": "v{0} in {1}",
    "max_length": "(len(v{0}) <= {1} and v{0}.isascii() or len(v{0}) * 2 <= {1} and encodes(v{0}))",
    "encodes": "(v{0}.isascii() or encodes(v{0}))",
    "format": "{1}(v{0}) is not None",
    "passes": "{1}(v{0})",
}
"""The condition of each rule: {0} is the index of the field, {1} the name of the argument."""
_REQUIRED = """\
        v{0} = given.get(n{0})
        if not ({passes}):
            suspects += (n{0},)
"""
_OPTIONAL = """\
        v{0} = given.get(n{0})
        if v{0} is not None:
            known += 1
            if not ({passes}):
                suspects += (n{0},)
"""
_TAIL = """\
        if suspects:
            return list(suspects)
        if len(given) != known{missing} or len(request) != 2 and not has_only_a_webhook_beside(request):
            return []
        return ({key})
    return check
"""


@cache
def _maker(
    shapes: tuple[tuple[tuple[str, ...], bool], ...],
    one_of: tuple[tuple[int, ...], ...],
    priced: tuple[int | None, ...],
) -> Callable[..., Check]:
    """Return the function that makes checks for fields with these shapes. The numbers are indexes of fields."""
    arguments: list[str] = []
    lines: list[str] = []
    for place, (conditions, required) in enumerate(shapes):
        names = [f"p{place}_{number}" for number in range(len(conditions))]
        arguments += [f"n{place}", *names]
        tests = [_CONDITIONS[rule].format(place, name) for rule, name in zip(conditions, names, strict=True)]
        if conditions != ("passes",):
            tests.insert(0, f"type(v{place}) is str")
        lines.append((_REQUIRED if required else _OPTIONAL).format(place, passes=" and ".join(tests)))
    head = _HEAD.format(arguments=", ".join(arguments), required=sum(required for _, required in shapes))
    missing = "".join(f" or {' is '.join(f'v{place}' for place in places)} is None" for places in one_of)
    key = "".join("None, " if place is None else f"v{place}, " for place in priced)
    source = "".join([head, *lines, _TAIL.format(missing=missing, key=key)])
    scope: dict[str, Any] = {}
    exec(compile(source, "<compiled check>", "exec"), scope)  # noqa: S102  see Rule 1
    maker: Callable[..., Check] = scope["make"]
    return maker


def _number(field: Field) -> Callable[[Any], bool]:
    options, least, most = field.allowed, field.min, field.max

    def passes(value: Any) -> bool:
        if type(value) is float and isfinite(value):
            number: int | Decimal = exact(value)
        elif type(value) is int and value.bit_length() <= WIDEST_BITS:
            number = value
        else:
            return False
        return (
            (options is None or number in options)
            and (least is None or number >= least)
            and (most is None or number <= most)
        )

    return passes


def _boolean(field: Field) -> Callable[[Any], bool]:
    options = field.allowed
    return lambda value: type(value) is bool and (options is None or value in options)


def _array(field: Field) -> Callable[[Any], bool]:
    least, most = field.min_items or 0, field.max_items
    is_item = str.isascii if field.item_format is None else plain_url(field.item_format)
    return lambda value: (
        type(value) is list
        and least <= len(value)
        and (most is None or len(value) <= most)
        and all(type(item) is str and is_item(item) for item in value)
    )


_ARGUMENTS: dict[str, Callable[[Field], Any]] = {
    "allowed": lambda field: frozenset(field.allowed or ()),
    "max_length": lambda field: field.max_length,
    "format": lambda field: plain_url(field.format or "url"),
}
"""The argument of the condition of each rule of a string."""

_PASSES: dict[str, Callable[[Field], Callable[[Any], bool]]] = {
    "number": _number,
    "boolean": _boolean,
    "array": _array,
}
"""For each other type, the function that makes the check of a value."""

_IMPLEMENTED: dict[str, frozenset[str]] = {
    "string": frozenset(_ARGUMENTS),
    "number": frozenset({"allowed", "min", "max"}),
    "boolean": frozenset({"allowed"}),
    "array": frozenset({"items", "item_format", "min_items", "max_items"}),
}
"""The rules that are implemented for each type of field. Objects are left to the judge."""
