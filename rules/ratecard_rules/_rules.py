"""One small function per rule: each takes a field, what it states and a value, and yields what is wrong with the value.

Rule 1  A rule sees only values of the field's type, already plain (see `_plain`); it yields and never raises.
Rule 2  `RULES` is the order of the problems of one field.
Rule 3  Types are compared by identity: True is not 1, "5" is not 5, " 5" is not "5".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ratecard_rules._patch import Fix
from ratecard_rules._plain import is_of_type, plain
from ratecard_rules._pointer import pointer_to
from ratecard_rules._price import option_text
from ratecard_rules._problems import Code, Problem, severity_of
from ratecard_rules._tables import FORMATS
from ratecard_rules._text import literal
from ratecard_rules._wire import Shortened, find_flaw, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from ratecard_rules._tables import Field, Format, Scalar

    Rule: TypeAlias = Callable[[Field, Any, Any, str], Iterator[Problem]]

LONGEST_NUMBER = 15
"""So many digits are kept exactly by every JSON reader."""

_TYPE_NAMES = {
    "string": "a string",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}


def check_value(field: Field, raw: object, pointer: str) -> Iterator[Problem]:
    """Yield every problem of one value: what JSON cannot carry, then its type, then the rules of its field.

    Of an object only the type is judged here: its fields are judged one by one, each with its own pointer.
    """
    flaw = None if field.type == "object" else find_flaw(raw)
    if flaw is not None:
        yield not_json(pointer + flaw.pointer, flaw.what, flaw.hint)
        return
    value = plain(raw)
    if not is_of_type(field.type, value):
        yield _wrong_type(field, value, pointer)
        return
    for name, rule in RULES.items():
        if (limit := getattr(field, name)) is not None:
            yield from rule(field, limit, value, pointer)


def not_json(pointer: str, what: str, hint: str | None) -> Problem:
    """Return the problem of a value that JSON cannot carry."""
    return Problem(code="not_json", pointer=pointer, value=Shortened(what), suggestion=hint)


def missing_field(field: Field, pointer: str) -> Problem:
    """Return the problem of a required field that was left out."""
    return _problem("missing_field", field, "required", pointer, expected=expected_type(field))


def expected_type(field: Field) -> str:
    """Return the type of a field in words.

    >>> from ratecard_rules import Field
    >>> expected_type(Field(name="images", type="array", items="object"))
    'an array of objects'
    """
    return _TYPE_NAMES[field.type] + (f" of {field.items}s" if field.items else "")


def _problem(code: Code, field: Field, rule: str, pointer: str, **details: Any) -> Problem:  # noqa: ANN401  the rest of a Problem
    evidence = field.evidence_of(rule)
    sibling = field.sibling if evidence == "sibling" else None
    severity = severity_of(evidence)
    return Problem(code=code, pointer=pointer, severity=severity, evidence=evidence, sibling=sibling, **details)


def uncertain_name(field: Field, pointer: str) -> Problem:
    """Return the warning that a field may have another name."""
    return _problem("uncertain_name", field, "name", pointer)


def _wrong_type(field: Field, value: object, pointer: str) -> Problem:
    fix = _mend(field, value, pointer)
    return _problem(
        "wrong_type", field, "type", pointer,
        value=shown(value), expected=expected_type(field), allowed=field.allowed, suggestion=_advice(fix), fix=fix,
    )  # fmt: skip


def _check_items(field: Field, wanted: str, value: list[object], pointer: str) -> Iterator[Problem]:
    for index, item in enumerate(map(plain, value)):
        if not is_of_type(wanted, item):
            details = {"value": shown(item), "expected": _TYPE_NAMES[wanted]}
            yield _problem("wrong_type", field, "items", pointer_to(pointer, index), **details)


def _check_allowed(field: Field, options: tuple[Scalar, ...], value: object, pointer: str) -> Iterator[Problem]:
    if value not in options:
        fix = _mend(field, value, pointer)
        details = {"value": shown(value), "allowed": options, "suggestion": _advice(fix), "fix": fix}
        yield _problem("not_allowed", field, "allowed", pointer, **details)


def _check_unknown(_: Field, reason: str, value: object, pointer: str) -> Iterator[Problem]:
    """Nobody lists what this field may say: the value may be right or wrong, and the reader must know."""
    yield Problem(code="unverifiable", pointer=pointer, severity="warning", value=shown(value), expected=reason)


def _check_format(field: Field, form: Format, value: str, pointer: str) -> Iterator[Problem]:
    if not is_url(value, secure=form == "https"):
        yield _problem("bad_url", field, "format", pointer, value=shown(value), expected=FORMATS[form])


def is_url(text: str, *, secure: bool = False) -> bool:
    """Return whether `text` is an absolute http(s) address with a host; `secure`: https alone.

    >>> is_url("https://example.com/cat.jpg"), is_url("http://example.com", secure=True), is_url("cat.jpg")
    (True, False, False)
    """
    scheme, separator, rest = text.partition("://")
    schemes = ("https",) if secure else ("https", "http")
    host = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2].partition(":")[0]
    return bool(separator and host) and scheme.lower() in schemes and text.isprintable() and " " not in text


def _check_max_length(field: Field, limit: int, value: str, pointer: str) -> Iterator[Problem]:
    """Characters are counted as code points; where only UTF-16 units exceed the limit, it is in doubt."""
    if len(value) > limit:
        yield _problem("too_long", field, "max_length", pointer, value=len(value), allowed=(limit,))
    elif len(value) * 2 > limit and (units := len(value.encode("utf-16-le")) // 2) > limit:
        details: Any = {"value": units, "allowed": (limit,), "evidence": "assumed"}
        yield Problem(code="too_long", pointer=pointer, severity="warning", **details)


def _check_min(field: Field, limit: int | Decimal, value: float, pointer: str) -> Iterator[Problem]:
    if value < limit:
        yield _problem("too_small", field, "min", pointer, value=shown(value), allowed=(limit,))


def _check_max(field: Field, limit: int | Decimal, value: float, pointer: str) -> Iterator[Problem]:
    if value > limit:
        yield _problem("too_large", field, "max", pointer, value=shown(value), allowed=(limit,))


def _check_min_items(field: Field, limit: int, value: list[object], pointer: str) -> Iterator[Problem]:
    if len(value) < limit:
        yield _problem("too_few_items", field, "min_items", pointer, value=len(value), allowed=(limit,))


def _check_max_items(field: Field, limit: int, value: list[object], pointer: str) -> Iterator[Problem]:
    if len(value) > limit:
        yield _problem("too_many_items", field, "max_items", pointer, value=len(value), allowed=(limit,))


RULES: dict[str, Rule] = {
    "items": _check_items,
    "allowed": _check_allowed,
    "unknown": _check_unknown,
    "format": _check_format,
    "max_length": _check_max_length,
    "min": _check_min,
    "max": _check_max,
    "min_items": _check_min_items,
    "max_items": _check_max_items,
}
"""The rule for each key of a field, in the order of their problems."""


def _mend(field: Field, value: object, pointer: str) -> Fix | None:
    """Return the operation that surely makes `value` what was meant, or None."""
    if value is None:
        return None if field.required else Fix(op="remove", path=pointer)
    meant = _meant(field, value)
    if meant is None or any(check_value(field, meant, pointer)):
        return None
    return Fix(op="replace", path=pointer, value=tuple(meant) if isinstance(meant, list) else meant)


def _meant(field: Field, value: object) -> Any:  # noqa: ANN401  any JSON value
    """Return the value that was surely meant, or None: the same thing written with another type, case or blanks."""
    if field.allowed is not None:
        matches = [option for option in field.allowed if option_text(option).casefold() == _written(value)]
        return matches[0] if len(matches) == 1 else None
    match field.type, value:
        case "boolean", str():
            return {"true": True, "false": False}.get(value.strip().casefold())
        case "number", str() if value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER:
            return int(value)
        case "array", str() if field.items == "string":
            return [value]
    return None


def _written(value: object) -> str | None:
    """Return how people write a scalar: 5 and 5.0 are "5", True is "true", " Pro " is "pro"."""
    match value:
        case bool() | int():
            return option_text(value)
        case float() if value.is_integer():
            return str(int(value))
        case str():
            return value.strip().casefold()
    return None


def _advice(fix: Fix | None) -> str | None:
    if fix is None or fix.op != "replace":
        return "leaving it out" if fix else None
    return literal(fix.value) if not isinstance(fix.value, tuple) else f"[{', '.join(map(literal, fix.value))}]"
