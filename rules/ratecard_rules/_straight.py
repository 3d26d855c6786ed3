"""The straight check of a lane: one generated function that says of a whole request that nothing is wrong with it.

Rule 1  The text of the function is put together from the lines below and from numbers alone. Nothing of a table is ever
        in it: names, options and limits are values, bound to the numbered arguments of its maker. So no table can make
        it do anything, and models of one shape share one text.
Rule 2  It answers only where it is sure; for everything else it returns None, and the walk over the rules decides.
Rule 3  It looks into an object only after its type, and those of all its keys, are known to be JSON's own.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import frozen

from ratecard_rules._wire import encodes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    Kind: TypeAlias = Literal["option", "text", "address", "other"]
    Straight: TypeAlias = Callable[[dict[str, Any]], Any]

UNQUOTED = "unquoted"
"""The answer for a request in which nothing is wrong and whose price is not kept yet."""

PLAIN_URL = {
    "url": re.compile(r"https?://[0-9A-Za-z][!-?A-~]*").fullmatch,
    "https": re.compile(r"https://[0-9A-Za-z][!-?A-~]*").fullmatch,
}
"""Addresses that are surely right: printable ASCII without blank or @. Others are asked of the rule itself."""

MATCHER: Any = type(PLAIN_URL["url"])
"""The type of those."""


@frozen
class Part:
    """A field: its name, whether it is required, and what surely `passes` there.

    That is a set of texts, the length of the longest text, a match of a pattern, or a function.
    """

    name: str
    required: bool
    passes: Any


def straight(
    parts: Sequence[Part], one_of: Sequence[Collection[str]], priced: Sequence[str], quotes: dict[object, Any]
) -> Straight:
    """Return a function from a request to the quote kept for what it selects, to UNQUOTED, or to None: not sure.

    `parts` are the fields that can be sure at all · `one_of` sets of names, one of each must be given · `priced` the
    names whose values make the key of `quotes`. The function takes only dicts whose keys are plain strings.
    """
    places = {part.name: place for place, part in enumerate(parts)}
    text = _text(
        tuple((_KINDS.get(type(part.passes), "other"), part.required) for part in parts),
        tuple(tuple(sorted(places[name] for name in names if name in places)) for names in one_of),
        tuple(places.get(name) for name in priced),
    )
    scope: dict[str, Any] = {}
    exec(_compiled(text), scope)  # noqa: S102  by Rule 1 the text is ours alone
    bound = [value for part in parts for value in (part.name, part.passes)]
    made: Straight = scope["make"](PLAIN_URL["https"], encodes, quotes.get, UNQUOTED, *bound)
    return made


@cache
def _compiled(text: str) -> Any:  # noqa: ANN401  a code object
    return compile(text, "<straight>", "exec")


_KINDS: dict[type, Kind] = {frozenset: "option", int: "text", MATCHER: "address"}
_HEAD = """\
        given = request.get("input")
        if type(given) is not dict:
            return None
        for key in given:
            if type(key) is not str:
                return None
        get = given.get
        known = 0
"""
_PASSES: dict[Kind, str] = {
    "option": "type(v{0}) is str and v{0} in p{0}",
    "text": "type(v{0}) is str and (len(v{0}) <= p{0} and v{0}.isascii() or len(v{0}) * 2 <= p{0} and encodes(v{0}))",
    "address": "type(v{0}) is str and p{0}(v{0}) is not None",
    "other": "p{0}(v{0})",
}
_REQUIRED = """\
        v{0} = get(n{0})
        if not ({passes}):
            return None
"""
_OPTIONAL = """\
        v{0} = get(n{0})
        if v{0} is not None:
            if not ({passes}):
                return None
            known += 1
"""
_TAIL = """\
        if len(given) != known + {required}{missing}:
            return None
        if len(request) == 2:
            return quote(({key}), UNQUOTED)
        hook = request.get("webhookUrl")
        if len(request) == 3 and type(hook) is str and is_hook(hook) is not None:
            return quote(({key}), UNQUOTED)
        return None
"""


def _text(
    fields: tuple[tuple[Kind, bool], ...], one_of: tuple[tuple[int, ...], ...], priced: tuple[int | None, ...]
) -> str:
    """Return the text of the maker for fields of these kinds; the numbers are places of fields."""
    lines = [_HEAD]
    for place, (kind, required) in enumerate(fields):
        lines.append((_REQUIRED if required else _OPTIONAL).format(place, passes=_PASSES[kind].format(place)))
    missing = "".join(f" or {' is '.join(f'v{place}' for place in places)} is None" for places in one_of)
    key = "".join("None, " if place is None else f"v{place}, " for place in priced)
    lines.append(_TAIL.format(required=sum(required for _, required in fields), missing=missing, key=key))
    arguments = "".join(f", n{place}, p{place}" for place in range(len(fields)))
    head = f"def make(is_hook, encodes, quote, UNQUOTED{arguments}):\n    def look(request):\n"
    return f"{head}{''.join(lines)}    return look\n"
