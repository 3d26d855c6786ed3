"""The quick lane: the same answers as the resolver, for requests that are plain, in a fraction of the time.

Rule 1  A lane knows the rules of one revision as frozen look-ups. One walk over the given fields says "nothing is
        wrong", which is what nearly every request comes to; where it is not sure, the rules themselves are asked.
Rule 2  The rules are asked once for each field and value: their problems are immutable, so they are remembered.
Rule 3  Only exact dicts with exact string keys pass. No method that the caller could have overridden is called; every
        other request takes the resolver's own way. A property test holds both ways to one answer.
"""

from __future__ import annotations

import re
from math import isfinite
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ratecard_rules._objects import ENVELOPE, SUGGESTIONS, at_least_one_problems, field_problems, unknown_problems
from ratecard_rules._pointer import pointer_to
from ratecard_rules._provenance import with_page
from ratecard_rules._rules import missing_field
from ratecard_rules._tables import CERTAIN
from ratecard_rules._wire import WIDEST_BITS, encodes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._problems import Problem
    from ratecard_rules._tables import Field, Model

REMEMBERED = 4_096
"""So many values of one revision are remembered with their problems; then the memory starts anew."""

NO_LIMIT = 1 << 62
"""Longer than any text or array."""

LONGEST = 200
"""A longer text is not remembered."""

_PLAIN_URL = {
    "url": re.compile(r"https?://[0-9A-Za-z][!-?A-~]*").fullmatch,
    "https": re.compile(r"https://[0-9A-Za-z][!-?A-~]*").fullmatch,
}
"""Addresses that are surely right: printable ASCII without blank or @. Others are asked of the rule itself."""


class Lane:
    """The rules of one object: the envelope of a request, or the input of one model at one revision."""

    __slots__ = ("_checks", "_fields", "_known", "_memory", "_missing", "_model", "_sets", "names", "quotes")

    def __init__(self, fields: Sequence[Field], pointer: str, model: Model | None, catalog: Catalog | None) -> None:
        """Freeze the rules of `fields`; `model` is None for the envelope."""
        self._fields = [(field, pointer_to(pointer, field.name)) for field in fields]
        self._model = None if model is None or catalog is None else (model, catalog)
        self._known = frozenset(field.name for field in fields)
        self._sets = () if model is None else tuple(frozenset(rule.of) for rule in model.latest.at_least_one)
        needed = ((field, where) for field, where in self._fields if field.required)
        self._missing = {field.name: self._paged(missing_field(field, where)) for field, where in needed}
        self._checks = {field.name: _quick_check(field) for field in fields}
        self._memory: dict[object, tuple[Problem, ...]] = {}
        self.quotes: dict[tuple[object, ...], Any] = {}
        self.names = () if model is None else tuple(model.latest.priced)

    def problems(self, given: dict[Any, Any]) -> tuple[Problem, ...] | None:  # noqa: C901  a call costs as much as a check
        """Return every problem of an object, or None where its keys are not plain strings."""
        checks = self._checks
        for name, value in given.items():
            if type(name) is not str:
                return None
            check = checks.get(name)
            if type(value) is str:
                if type(check) is frozenset:
                    if value in check:
                        continue
                elif type(check) is int and (
                    (len(value) <= check and value.isascii()) or (len(value) * 2 <= check and encodes(value))
                ):
                    continue
            if type(check) is FunctionType and check(value):
                continue
            return self._collect(given)
        for name in self._missing:
            if name not in given:
                return self._collect(given)
        for names in self._sets:
            if names.isdisjoint(given):
                return self._collect(given)
        return ()

    def options(self, given: dict[str, Any]) -> tuple[object, ...]:
        """Return what is given for each priced field, in the order of the formula; None where it is left out."""
        return tuple(map(given.get, self.names))

    def _collect(self, given: dict[Any, Any]) -> tuple[Problem, ...] | None:
        if not all(type(name) is str for name in given):
            return None
        found: list[Problem] = []
        for field, where in self._fields:
            if field.name in given:
                found += self._of_value(field, given[field.name], where)
            elif field.name in self._missing:
                found.append(self._missing[field.name])
        if not given.keys() <= self._known:
            found += self._of_strangers(given)
        if self._model is not None:
            found += at_least_one_problems(self._model[0].latest.at_least_one, given)
        return tuple(found)

    def _of_value(self, field: Field, value: object, where: str) -> tuple[Problem, ...]:
        key: object = (field.name, type(value), value) if _is_small(value) else None
        if type(value) is str and len(value) > LONGEST and _is_free(field) and value.isascii():
            key = (field.name, len(value))  # of free ASCII text only the length can be wrong
        return self._remembered(key, lambda: tuple(map(self._paged, field_problems(field, value, where))))

    def _of_strangers(self, given: dict[str, Any]) -> tuple[Problem, ...]:
        strangers = {name: given[name] for name in sorted(given.keys() - self._known)}
        known = [field.name for field, _ in self._fields]
        complete = self._model is None or self._model[0].latest.fields_complete
        pointer = "" if self._model is None else "/input"
        priced = None if complete else self.names
        small = len(strangers) <= SUGGESTIONS and all(map(_is_small, given)) and all(map(_is_small, strangers.values()))
        key = (tuple(given), tuple((type(value), value) for value in strangers.values())) if small else None
        return self._remembered(
            key, lambda: tuple(map(self._paged, unknown_problems(strangers, known, given, pointer, priced)))
        )

    def _paged(self, problem: Problem) -> Problem:
        return problem if self._model is None else with_page(problem, *self._model)

    def _remembered(self, key: object, judge: Callable[[], tuple[Problem, ...]]) -> tuple[Problem, ...]:
        found = self._memory.get(key) if key is not None else None
        if found is None:
            found = judge()
            if len(self._memory) >= REMEMBERED:
                self._memory.clear()
            if key is not None:
                self._memory[key] = found
        return found


def quick_look(request: object, catalog: Catalog) -> tuple[Lane, dict[str, Any], tuple[Problem, ...]] | None:
    """Return the lane of a plain request, its input and its problems; None where the resolver must judge it."""
    if type(request) is not dict:
        return None
    slug = given = None
    outer: tuple[Problem, ...] | None = ()
    for key, value in request.items():
        if type(key) is not str:
            return None
        if key == "model":
            slug = value
        elif key == "input":
            given = value
        elif key == "webhookUrl":
            outer = _ENVELOPE.problems({**_NOTHING, key: value})
        else:
            return None
    if type(slug) is not str or type(given) is not dict:
        return None
    lane = catalog.lanes.get(slug) or _lane(slug, catalog)
    inner = None if lane is None else lane.problems(given)
    if lane is None or inner is None or outer is None:
        return None
    return lane, given, outer + inner if outer else inner


def _lane(slug: str, catalog: Catalog) -> Lane | None:
    """Return the lane of a model that can be used; the whole catalogue keeps one a revision, for all its views."""
    model = catalog.get(slug)
    if model is None or model.unavailable_at(catalog.instant) is not None:
        return None
    kept: dict[object, Lane] = catalog.whole.lanes
    lane = kept.setdefault((slug, len(model.revisions)), Lane(model.latest.input, "/input", model, catalog.whole))
    catalog.lanes[slug] = lane
    return lane


_NOTHING: dict[str, Any] = {"model": "", "input": {}}
"""The required part of a request, where another part of it is judged."""


def _is_small(value: object) -> bool:
    """Return whether a value may be remembered: a scalar of bounded size that equals no other type's values."""
    kind = type(value)
    if kind is str:
        return len(value) <= LONGEST  # type: ignore[arg-type]
    return kind is bool or value is None or (kind is int and value.bit_length() <= _SMALL_BITS)  # type: ignore[attr-defined]


def _is_free(field: Field) -> bool:
    return field.type == "string" and field.allowed is None and field.format is None


def _quick_check(field: Field) -> frozenset[object] | int | Callable[[Any], bool] | None:
    """Return what surely passes: a set of texts, the longest text, or a function. None: nothing surely does."""
    if field.unknown is not None or field.evidence_of("name") not in CERTAIN:
        return None
    if field.format is not None:
        matches = _PLAIN_URL[field.format]
        return lambda value: type(value) is str and matches(value) is not None
    if field.type == "string":
        return NO_LIMIT if field.max_length is None and not field.allowed else _texts(field)
    return _QUICK[field.type](field)


def _texts(field: Field) -> frozenset[object] | int:
    return frozenset(field.allowed) if field.allowed is not None else field.max_length or 0


def _quick_number(field: Field) -> Callable[[Any], bool]:
    options, least, most = field.allowed, field.min, field.max

    def check(value: Any) -> bool:  # noqa: ANN401  any JSON value
        return (
            (isfinite(value) if type(value) is float else type(value) is int and value.bit_length() <= WIDEST_BITS)
            and (options is None or value in options)
            and (least is None or value >= least)
            and (most is None or value <= most)
        )

    return check


def _quick_boolean(field: Field) -> Callable[[Any], bool]:
    options = field.allowed
    return lambda value: type(value) is bool and (options is None or value in options)


def _quick_array(field: Field) -> Callable[[Any], bool] | None:
    least, most = field.min_items or 0, NO_LIMIT if field.max_items is None else field.max_items
    if field.items != "string":
        return None
    return lambda value: (
        type(value) is list
        and least <= len(value) <= most
        and all(type(item) is str and item.isascii() for item in value)
    )


_SMALL_BITS = 64
_QUICK: dict[str, Callable[[Field], Callable[[Any], bool] | None]] = {
    "number": _quick_number,
    "boolean": _quick_boolean,
    "array": _quick_array,
    "object": lambda _: lambda value: type(value) is dict,
}
_ENVELOPE = Lane(ENVELOPE, "", None, None)
