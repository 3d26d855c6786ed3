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
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from attrs import fields

from ratecard_rules._json import TYPES, WIDEST_BITS, encodes, exact, is_plain
from ratecard_rules._table.model import CERTAIN, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from decimal import Decimal

    from ratecard_rules._table.model import Format

    Key: TypeAlias = tuple[object, ...]

_Accepted = TypeVar("_Accepted")
_Refused = TypeVar("_Refused")


class Check(Protocol):
    """The type of a compiled check; see `compile_check`."""

    def __call__(
        self, request: Any, accept: Callable[[Key], _Accepted], refuse: Callable[[Any, tuple[str, ...]], _Refused]
    ) -> _Accepted | _Refused | None: ...


class TypedCheck(Protocol):
    """The type of a compiled check for typed requests; see `compile_typed_check`."""

    def __call__(self, request: Any, body: bytes, accept: Callable[[Key], _Accepted]) -> _Accepted | None: ...


_NEUTRAL = frozenset({"name", "type", "required", "default", "evidence", "sibling", "note", "unknown"})
"""The attributes of a field that do not restrict its value, or that every check implements."""


class FieldCheck:
    """The conditions under which a value of a field certainly gets no problem, or always the same ones.

    Attributes:
        field: The field.
        name: Its name.
        required: Whether requests without it are invalid.
        conditions: The conditions in `_CONDITIONS` that must all hold, each with its argument.
        warns_given: Whether it has a warning whatever its value is.
        warns_missing: Whether there is a warning if it is left out.
        options: Its options if they are not among the conditions, because the key of a known answer implies them.
    """

    __slots__ = ("conditions", "field", "name", "options", "required", "warns_given", "warns_missing")

    def __init__(self, field: Field, conditions: dict[str, Any], options: Collection[str] | None = None) -> None:
        is_certain = field.evidence_of("required") in CERTAIN
        self.field = field
        self.name = field.name
        self.required = bool(field.required) and is_certain
        self.conditions = conditions
        self.warns_given = field.unknown is not None or field.evidence_of("name") not in CERTAIN
        self.warns_missing = bool(field.required) and not is_certain
        self.options = options

    @property
    def shape(self) -> tuple[str, tuple[str, ...], bool, bool, bool, bool]:
        """What the compiled check depends on beside names and values."""
        has_options = self.options is not None
        kind = "objects" if self.field.items == "object" else self.field.type
        return kind, tuple(self.conditions), self.required, has_options, self.warns_given, self.warns_missing


def field_check(field: Field, *, priced: bool = False) -> FieldCheck | None:
    """Return the check of a field; None if the judge must check it. `priced` is whether the price depends on it."""
    stated = _stated(field)
    if field.type not in _IMPLEMENTED or not stated <= _IMPLEMENTED[field.type]:
        return None
    if field.type == "string":
        rules = {rule: argument(field) for rule, argument in _ARGUMENTS.items() if rule in stated}
        conditions = rules or {"encodes": None}
        return FieldCheck(field, conditions, conditions.pop("allowed", None) if priced else None)
    if field.type == "array" and (field.items is None or (field.items == "object" and field.item_format)):
        return None
    passes = field.type != "boolean" or field.allowed is not None
    return FieldCheck(field, {"passes": _PASSES[field.type](field)} if passes else {})


def _stated(field: Field) -> set[str]:
    """Return the rules that a field states, of which every check must implement each."""
    return {part.name for part in fields(Field) if getattr(field, part.name) != part.default} - _NEUTRAL


@cache
def plain_url(form: Format) -> Callable[[str], object]:
    """Return a matcher for URLs that are certainly valid: printable ASCII without spaces or @."""
    schemes = "https" if form == "https" else "https?"
    return re.compile(schemes + r"://[0-9A-Za-z][!-?A-~]*").fullmatch


def has_strings(body: bytes, number: int) -> bool:
    """Return whether JSON text has this number of strings, keys included; False if only a parser can tell."""
    return b"\\\\" not in body and body.count(b'"') - body.count(b'\\"') == 2 * number


def strings_in(items: Sequence[dict[str, object]]) -> int:
    """Return the number of strings in objects without arrays, keys included.

    >>> strings_in([{"prompt": "a cat", "duration": 5}])
    3
    """
    return sum(len(item) + sum(type(part) is str for part in item.values()) for item in items)


def compile_check(
    checks: Sequence[FieldCheck], one_of: Sequence[tuple[Collection[str], bool]], priced: Sequence[str]
) -> Check:
    """Return the compiled check of a model.

    It is called with a dict with string keys and two functions, `accept` and `refuse`. If the request is valid, apart
    from fields with `options`, `accept` gets the key of its answer: the values of the priced fields (None for a field
    that is left out), then whether each cause of a warning is present. What it returns is returned unless it is None.
    Otherwise the options are checked, and if anything may be wrong, `refuse` gets the request and the names of the
    fields that the judge must check; none if it must check something else. What it returns is returned. None is
    returned if the request is valid, or if the judge must check everything.

    Args:
        checks: The checks of all fields that have one.
        one_of: Sets of names of which a request needs one, each with whether it is invalid without, or has a warning.
        priced: The names of the fields that the price depends on.
    """
    check: Check = _compiled(checks, one_of, priced, typed=False)
    return check


def compile_typed_check(
    checks: Sequence[FieldCheck], one_of: Sequence[tuple[Collection[str], bool]], priced: Sequence[str]
) -> TypedCheck:
    """Return the compiled check of a model for requests that come from the decoder of `typed`.

    It is called with such a request, its JSON text, and `accept`, which gets the same keys as that of `compile_check`.
    It returns None if the judge must check the request. The arguments are those of `compile_check`.
    """
    check: TypedCheck = _compiled(list(map(_undecoded, checks)), one_of, priced, typed=True)
    return check


def _undecoded(check: FieldCheck) -> FieldCheck:
    """Return the check of a field without the conditions that the decoder of `typed` implies."""
    field, conditions = check.field, dict(check.conditions)
    conditions.pop("encodes", None)
    if field.type == "string":
        conditions.pop("allowed" if field.allowed else "max_length", None)
    elif field.items == "string":
        conditions = {"each": plain_url(field.item_format)} if field.item_format else {}
    elif field.type != "array" and not _stated(field):
        conditions.pop("passes", None)
    return FieldCheck(field, conditions, check.options)


def _compiled(
    checks: Sequence[FieldCheck], one_of: Iterable[tuple[Collection[str], bool]], priced: Iterable[str], *, typed: bool
) -> Any:
    places = {check.name: place for place, check in enumerate(checks)}
    make = _maker(
        typed,
        tuple(check.shape for check in checks),
        tuple((tuple(sorted(places[name] for name in names if name in places)), needed) for names, needed in one_of),
        tuple(places.get(name) for name in priced),
    )
    bound = [value for check in checks for value in (check.name, check.options, *check.conditions.values())]
    return make(plain_url("https"), encodes, *bound)


_CONDITIONS = {
    "allowed": "v{0} in {1}",
    "max_length": "(len(v{0}) <= {1} and v{0}.isascii() or len(v{0}) * 2 <= {1} and encodes(v{0}))",
    "encodes": "(v{0}.isascii() or encodes(v{0}))",
    "format": "{1}(v{0}) is not None",
    "passes": "{1}(v{0})",
    "each": "all(map({1}, v{0}))",
}
"""The condition of each rule: {0} is the index of the field, {1} the name of the argument."""

_DICTS: dict[str, Any] = {
    "head": """\
def make(is_webhook, encodes, {arguments}):
    def check(request, accept, refuse):
        given = request.get("input")
        suspects = ()
        if type(given) is not dict:
            return refuse(request, suspects)
        try:
            for key in given:
                if type(key) is not str:
                    return None
        except RuntimeError:
            return None
        known = 0
""",
    "value": "given.get(n{0})",
    "tests": {"string": "type(v{0}) is str", "boolean": "type(v{0}) is bool"},
    "counts": {"string": "1", "number": "1", "boolean": "1", "array": "1", "objects": "1"},
    "failed": "suspects += (n{0},)",
    "tail": """\
        if len(request) != 2:
            hook = request.get("webhookUrl")
            if len(request) != 3 or type(hook) is not str or is_webhook(hook) is None:
                known = -1
        if suspects or len(given) != known{missing}:
{options}            return refuse(request, suspects)
        answer = accept(({key}))
        if answer is None:
{options}            return refuse(request, suspects) if suspects else None
        return answer
    return check
""",
}
"""The templates for dicts. Known keys are counted, so that others are found."""

_STRUCTS: dict[str, Any] = {
    "head": """\
def make(is_webhook, encodes, {arguments}):
    def check(request, body, accept):
        given = request.input
        known = 3
""",
    "value": "given.v{0}",
    "tests": {"number": "-9007199254740992 < v{0} < 9007199254740992"},  # 2**53
    "counts": {
        "string": "2",
        "number": "1",
        "boolean": "1",
        "array": "1 + len(v{0})",
        "objects": "1 + strings_in(v{0})",
    },
    "failed": "return None",
    "tail": """\
        hook = request.webhookUrl
        if hook is not None:
            known += 2
            if is_webhook(hook) is None:
                return None
        if body.count(b'"') != 2 * known and not has_strings(body, known){missing}:
            return None
        return accept(({key}))
    return check
""",
}
"""The templates for typed objects and the JSON text that they come from. Known strings are counted; see `typed`."""

_FIELD = """\
        v{0} = {value}
        if v{0} is not None:
            known += {count}
            if not ({tests}):
                {failed}
"""
_CERTAIN = """\
        v{0} = {value}
        known += {count}
        if not ({tests}):
            {failed}
"""
"""For a field that the decoder has found."""

_REQUIRED = """\
        else:
            {failed}
"""
_OPTIONS = """\
            if type(v{0}) is str and v{0} not in o{0}:
                suspects += (n{0},)
"""


@cache
def _maker(
    typed: bool,  # noqa: FBT001  a key of the cache
    shapes: tuple[tuple[str, tuple[str, ...], bool, bool, bool, bool], ...],
    one_of: tuple[tuple[tuple[int, ...], bool], ...],
    priced: tuple[int | None, ...],
) -> Callable[..., Any]:
    """Return the function that makes checks for fields with these shapes. The numbers are indexes of fields."""
    form = _STRUCTS if typed else _DICTS
    arguments: list[str] = []
    lines: list[str] = []
    for place, (kind, conditions, required, *_) in enumerate(shapes):
        names = [f"p{place}_{number}" for number in range(len(conditions))]
        arguments += [f"n{place}", f"o{place}", *names]
        tests = [form["tests"].get(kind, "True")]
        tests += [_CONDITIONS[rule].format(place, name) for rule, name in zip(conditions, names, strict=True)]
        parts = {"value": form["value"], "count": form["counts"][kind], "tests": " and ".join(tests)}
        template = _FIELD if not required else _CERTAIN if typed else _FIELD + _REQUIRED
        lines.append(template.format(place, **parts, failed=form["failed"]).format(place))
    missing = [(" and ".join(f"v{place} is None" for place in places) or "True", needed) for places, needed in one_of]
    key = ["None" if place is None else f"v{place}" for place in priced]
    key += [f"v{place} is not None" for place, (*_, warns_given, _) in enumerate(shapes) if warns_given]
    key += [f"v{place} is None" for place, (*_, warns_missing) in enumerate(shapes) if warns_missing]
    key += [words for words, needed in missing if not needed]
    tail = form["tail"].format(
        options="".join(_OPTIONS.format(place) for place, (*_, has_options, _, _) in enumerate(shapes) if has_options),
        missing="".join(f" or {words}" for words, needed in missing if needed),
        key="".join(f"{part}, " for part in key),
    )
    source = "".join([form["head"].format(arguments=", ".join(arguments)), *lines, tail])
    scope: dict[str, Any] = {"has_strings": has_strings, "strings_in": strings_in}
    exec(compile(source, "<compiled check>", "exec"), scope)  # noqa: S102  see Rule 1
    maker: Callable[..., Any] = scope["make"]
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
    return lambda value: type(value) is bool and options is not None and value in options


def _array(field: Field) -> Callable[[Any], bool]:
    least, most = field.min_items or 0, field.max_items
    is_text = str.isascii if field.item_format is None else plain_url(field.item_format)
    item_type = TYPES[field.items or "string"][0]
    is_item: Callable[[Any], object] = is_plain if item_type is dict else is_text
    return lambda value: (
        type(value) is list
        and least <= len(value)
        and (most is None or len(value) <= most)
        and all(type(item) is item_type and is_item(item) for item in value)
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
