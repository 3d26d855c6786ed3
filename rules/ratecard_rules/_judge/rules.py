"""One small function per rule: each takes a place, what its field states and a value, and yields what is wrong.

Rule 1  A rule sees only values of the field's type, already plain (see `_plain`); it yields and never raises.
Rule 2  `RULES` is the order of the problems of one field.
Rule 3  Types are compared by identity: True is not 1, "5" is not 5, " 5" is not "5".
"""

from __future__ import annotations

from operator import gt, lt
from typing import TYPE_CHECKING, Any, TypeAlias

from ratecard_rules._json import SCALARS, TYPES, is_of_type, plain
from ratecard_rules._judge.patch import Fix, pointer_to
from ratecard_rules._judge.problems import Code, Found, Problem, Stated, found, severity_of
from ratecard_rules._judge.values import Shortened, find_flaw, show
from ratecard_rules._table.model import CERTAIN, FORMATS, Evidence, Field
from ratecard_rules._table.price import option_text
from ratecard_rules._text import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from decimal import Decimal

    from ratecard_rules._table.model import Format, Scalar

    Rule: TypeAlias = Callable[["Place", Any, Any], Iterator[Problem]]

PageOf: TypeAlias = "Callable[[Evidence | None, str | None], tuple[str | None, date | None]]"
"""A function from the evidence and the sibling of a rule to the page that states it, and the day it was read."""

INPUT = "/input"
"""Where the fields of a model stand in a request."""

LONGEST_NUMBER = 15
"""So many digits are kept exactly by every JSON reader."""

_TYPE_NAMES = {
    "string": "a string",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}


class Place:
    """A field where it stands in a request: what its rules need to know, and what is known of every problem of it."""

    __slots__ = ("_doubt", "_expected", "_known", "_page_of", "_rules", "_types", "field", "pointer")

    def __init__(self, field: Field, pointer: str, page_of: PageOf) -> None:
        """Look up the rules of a field.

        `page_of` returns the page that states a rule, by its evidence and sibling, and the day on which that was read.
        """
        self.field = field
        self.pointer = pointer
        self._page_of = page_of
        self._known: dict[str, Stated] = {}
        self._types = TYPES[field.type]
        self._expected = expected_type(field)
        self._rules = [(rule, getattr(field, name)) for name, rule in RULES.items() if getattr(field, name) is not None]
        is_certain = field.evidence_of("name") in CERTAIN
        self._doubt = () if is_certain else (Problem.of(self.stated("uncertain_name", "name")),)

    def problems(self, raw: object) -> list[Problem]:
        """Return every problem of the field with this value: those of the value, and a doubtful name."""
        return [*self.wrong(raw), *self._doubt]

    def wrong(self, raw: object) -> list[Problem]:
        """Return every problem of a value: what JSON cannot carry, or its type, or what the rules of the field say.

        Of the request's `input` only the type is judged here: its fields are judged one by one, where they stand.
        """
        flaw = None if self.pointer == INPUT else find_flaw(raw)
        if flaw is not None:
            return [not_json(self.pointer + flaw.pointer, flaw.what, flaw.hint)]
        value = plain(raw)
        if type(value) in self._types:
            return [problem for rule, limit in self._rules for problem in rule(self, limit, value)]
        return [self.mendable("wrong_type", "type", value, self._expected)]

    def stated(self, code: Code, rule: str, expected: str | None = None) -> Stated:
        """Return what is known of a problem before a value is seen: the rule, how sure it is, and who states it."""
        known = self._known.get(rule)
        if known is None:
            evidence = self.field.evidence_of(rule)
            sibling = self.field.sibling if evidence == "sibling" else None
            page, checked = self._page_of(evidence, sibling)
            known = self._known[rule] = Problem.stated(
                code=code, pointer=self.pointer, severity=severity_of(evidence),
                expected=expected, evidence=evidence, sibling=sibling, page=page, checked=checked,
            )  # fmt: skip
        return known

    def mendable(self, code: Code, rule: str, value: object, expected: str | None = None) -> Problem:
        """Return the problem of a value; how to mend it is worked out when first asked for."""
        known = self.stated(code, rule, expected)
        if type(value) in SCALARS:
            return Problem.of(known, _mended, self, value)
        return Problem.of(known, found, show(value), self.field.allowed)  # nothing surely mends it, and it may change

    def missing(self) -> Problem:
        """Return the problem of a required field that was left out."""
        return Problem.of(self.stated("missing_field", "required", self._expected))


def not_json(pointer: str, what: str, hint: str | None) -> Problem:
    """Return the problem of a value that JSON cannot carry."""
    return Problem(code="not_json", pointer=pointer, value=Shortened(what), suggestion=hint)


def expected_type(field: Field) -> str:
    """Return the type of a field in words.

    >>> from ratecard_rules import Field
    >>> expected_type(Field(name="images", type="array", items="object"))
    'an array of objects'
    """
    return _TYPE_NAMES[field.type] + (f" of {field.items}s" if field.items else "")


def _check_items(place: Place, wanted: str, value: list[object]) -> Iterator[Problem]:
    for index, item in enumerate(map(plain, value)):
        if not is_of_type(wanted, item):
            known = place.stated("wrong_type", "items", _TYPE_NAMES[wanted])
            yield Problem.of(known, found, show(item), pointer=pointer_to(place.pointer, index))


def _check_allowed(place: Place, options: tuple[Scalar, ...], value: object) -> Iterator[Problem]:
    if value not in options:
        yield place.mendable("not_allowed", "allowed", value)


def _check_unknown(place: Place, reason: str, value: object) -> Iterator[Problem]:
    """Nobody lists what this field may say: the value may be right or wrong, and the reader must know."""
    yield Problem(code="unverifiable", pointer=place.pointer, severity="warning", value=show(value), expected=reason)


def _check_format(place: Place, form: Format, value: str) -> Iterator[Problem]:
    if not is_url(value, secure=form == "https"):
        yield Problem.of(place.stated("bad_url", "format", FORMATS[form]), found, show(value))


def is_url(text: str, *, secure: bool = False) -> bool:
    """Return whether `text` is an absolute http(s) address with a host; `secure`: https alone.

    >>> is_url("https://example.com/cat.jpg"), is_url("http://example.com", secure=True), is_url("cat.jpg")
    (True, False, False)
    """
    scheme, separator, rest = text.partition("://")
    schemes = ("https",) if secure else ("https", "http")
    host = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2].partition(":")[0]
    return bool(separator and host) and scheme.lower() in schemes and text.isprintable() and " " not in text


def _check_max_length(place: Place, limit: int, value: str) -> Iterator[Problem]:
    """Characters are counted as code points; where only UTF-16 units exceed the limit, it is in doubt."""
    if len(value) > limit:
        yield Problem.of(place.stated("too_long", "max_length"), found, len(value), (limit,))
    elif len(value) * 2 > limit and (units := len(value.encode("utf-16-le")) // 2) > limit:
        details: Any = {"value": units, "allowed": (limit,), "evidence": "assumed"}
        yield Problem(code="too_long", pointer=place.pointer, severity="warning", **details)


def _limit(code: Code, name: str, is_broken: Callable[[Any, Any], bool]) -> Rule:
    """Return the rule that a number keeps within a limit."""

    def check(place: Place, limit: int | Decimal, value: float) -> Iterator[Problem]:
        if is_broken(value, limit):
            yield Problem.of(place.stated(code, name), found, show(value), (limit,))

    return check


def _count(code: Code, name: str, is_broken: Callable[[Any, Any], bool]) -> Rule:
    """Return the rule that the number of items keeps within a limit."""

    def check(place: Place, limit: int, value: list[object]) -> Iterator[Problem]:
        if is_broken(len(value), limit):
            yield Problem.of(place.stated(code, name), found, len(value), (limit,))

    return check


RULES: dict[str, Rule] = {
    "items": _check_items,
    "allowed": _check_allowed,
    "unknown": _check_unknown,
    "format": _check_format,
    "max_length": _check_max_length,
    "min": _limit("too_small", "min", lt),
    "max": _limit("too_large", "max", gt),
    "min_items": _count("too_few_items", "min_items", lt),
    "max_items": _count("too_many_items", "max_items", gt),
}
"""The rule for each key of a field, in the order of their problems."""


def _mended(place: Place, value: object) -> Found:
    fix = _mend(place, value)
    return found(show(value), place.field.allowed, None if fix is None else _suggestion(fix), fix)


def _mend(place: Place, value: object) -> Fix | None:
    """Return the operation that surely makes `value` what was meant, or None."""
    if value is None:
        return None if place.field.required else Fix(op="remove", path=place.pointer)
    meant = _meant(place.field, value)
    if meant is None or place.wrong(meant):
        return None
    return Fix(op="replace", path=place.pointer, value=tuple(meant) if isinstance(meant, list) else meant)


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


def _suggestion(fix: Fix) -> str:
    if fix.op != "replace":
        return "leaving it out"
    return literal(fix.value) if not isinstance(fix.value, tuple) else f"[{', '.join(map(literal, fix.value))}]"
