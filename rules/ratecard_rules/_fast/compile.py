"""The straight function of a model: generated lines that say of a whole request that surely nothing is wrong with it.

Rule 1  The text of the function is put together from the lines below and from numbers alone. Nothing of a table is ever
        in it: names, options and limits are values, bound to the numbered arguments of its maker. So no table can make
        it do anything, and models of one shape share one text.
Rule 2  It answers only where it is sure; for everything else it names the fields that it doubts.
Rule 3  It looks into an object only after the types of all its keys are known to be JSON's own.
"""

from __future__ import annotations

import re
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from ratecard_rules._json import WIDEST_BITS, encodes
from ratecard_rules._table.model import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ratecard_rules._table.model import Field, Format

    Kind: TypeAlias = Literal["option", "text", "address", "value"]
    Look: TypeAlias = Callable[[dict[str, Any]], Any]

    class Answers(Protocol):
        """What a straight function answers with."""

        quotes: dict[tuple[object, ...], Any]

        def problems(self, request: dict[str, Any], given: object, doubted: Collection[str]) -> object:
            """Return the problems of a request whose `given` input has `doubted` fields."""


NO_LIMIT = 1 << 62
"""Longer than any text or array."""


@cache
def _plain_url(form: Format) -> Callable[[str], object]:
    """Return what matches addresses that are surely right: printable ASCII without blank or @."""
    schemes = "https" if form == "https" else "https?"
    return re.compile(schemes + r"://[0-9A-Za-z][!-?A-~]*").fullmatch


class Part:
    """A field that can be sure: its name, whether it is required, and what surely passes there.

    By `kind` that is the set of its options, the length of the longest text, the match of a pattern, or a function.
    """

    __slots__ = ("kind", "name", "passes", "required")

    def __init__(self, field: Field, kind: Kind, passes: Any) -> None:  # noqa: ANN401  by its kind
        self.name = field.name
        self.required = field.required
        self.kind = kind
        self.passes = passes


def part_of(field: Field) -> Part | None:
    """Return what surely passes for a field; None where nothing surely does."""
    if field.unknown is not None or field.evidence_of("name") not in CERTAIN:
        return None
    kind, passes = _passes(field)
    return None if passes is None else Part(field, kind, passes)


def _passes(field: Field) -> tuple[Kind, Any]:
    if field.format is not None:
        return "address", _plain_url(field.format)
    if field.type != "string":
        return "value", _VALUES[field.type](field)
    if field.allowed is not None:
        return "option", frozenset(field.allowed)
    return "text", NO_LIMIT if field.max_length is None else field.max_length


def _is_hooked(request: dict[str, Any]) -> bool:
    """Return whether a request holds a webhookUrl that is surely right, and nothing else beside model and input."""
    hook = request.get("webhookUrl")
    return len(request) == _HOOKED and type(hook) is str and _plain_url("https")(hook) is not None


def straight(parts: Sequence[Part], one_of: Sequence[Collection[str]], priced: Sequence[str], lane: Answers) -> Look:
    """Return the straight function of some fields.

    `parts` are the fields that can be sure · `one_of` sets of names, one of each must be given · `priced` the names
    whose values make the key of a quote · `lane` has the quotes, is the answer where none is kept, and has the problems
    of what is doubted.
    """
    places = {part.name: place for place, part in enumerate(parts)}
    text = _text(
        tuple((part.kind, part.required) for part in parts),
        tuple(tuple(sorted(places[name] for name in names if name in places)) for names in one_of),
        tuple(places.get(name) for name in priced),
    )
    scope: dict[str, Any] = {}
    exec(_compiled(text), scope)  # noqa: S102  by Rule 1 the text is ours alone
    bound = [value for part in parts for value in (part.name, part.passes)]
    made: Look = scope["make"](_is_hooked, encodes, lane.quotes.get, lane, lane.problems, *bound)
    return made


@cache
def _compiled(text: str) -> Any:  # noqa: ANN401  a code object
    return compile(text, "<straight>", "exec")


_HEAD = """\
def make(is_hooked, encodes, quote, unquoted, problems{arguments}):
    def look(request):
        given = request.get("input")
        if type(given) is not dict:
            return problems(request, given, ())
        for key in given:
            if type(key) is not str:
                return None
        doubted = ()
        known = {required}
"""
_PASSES: dict[Kind, str] = {
    "option": "type(v{0}) is str and v{0} in p{0}",
    "text": "type(v{0}) is str and (len(v{0}) <= p{0} and v{0}.isascii() or len(v{0}) * 2 <= p{0} and encodes(v{0}))",
    "address": "type(v{0}) is str and p{0}(v{0}) is not None",
    "value": "p{0}(v{0})",
}
_REQUIRED = """\
        v{0} = given.get(n{0})
        if not ({passes}):
            doubted += (n{0},)
"""
_OPTIONAL = """\
        v{0} = given.get(n{0})
        if v{0} is not None:
            known += 1
            if not ({passes}):
                doubted += (n{0},)
"""
_TAIL = """\
        if doubted or len(given) != known{missing} or len(request) != 2 and not is_hooked(request):
            return problems(request, given, doubted)
        return quote(({key}), unquoted)
    return look
"""
_HOOKED = 3


def _text(
    fields: tuple[tuple[Kind, bool], ...], one_of: tuple[tuple[int, ...], ...], priced: tuple[int | None, ...]
) -> str:
    """Return the text of the maker for fields of these kinds; the numbers are places of fields."""
    arguments = "".join(f", n{place}, p{place}" for place in range(len(fields)))
    lines = [_HEAD.format(arguments=arguments, required=sum(required for _, required in fields))]
    for place, (kind, required) in enumerate(fields):
        lines.append((_REQUIRED if required else _OPTIONAL).format(place, passes=_PASSES[kind].format(place)))
    missing = "".join(f" or {' is '.join(f'v{place}' for place in places)} is None" for places in one_of)
    key = "".join("None, " if place is None else f"v{place}, " for place in priced)
    return "".join([*lines, _TAIL.format(missing=missing, key=key)])


def _number(field: Field) -> Callable[[Any], bool]:
    options, least, most = field.allowed, field.min, field.max

    def check(value: Any) -> bool:  # noqa: ANN401  any JSON value
        return (
            (isfinite(value) if type(value) is float else type(value) is int and value.bit_length() <= WIDEST_BITS)
            and (options is None or value in options)
            and (least is None or value >= least)
            and (most is None or value <= most)
        )

    return check


def _boolean(field: Field) -> Callable[[Any], bool]:
    options = field.allowed
    return lambda value: type(value) is bool and (options is None or value in options)


def _array(field: Field) -> Callable[[Any], bool] | None:
    least, most = field.min_items or 0, NO_LIMIT if field.max_items is None else field.max_items
    if field.items != "string":
        return None
    return lambda value: (
        type(value) is list
        and least <= len(value) <= most
        and all(type(item) is str and item.isascii() for item in value)
    )


_VALUES: dict[str, Callable[[Field], Callable[[Any], bool] | None]] = {
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": lambda _: None,  # what it holds may be anything that JSON can carry, or something that it cannot
}
