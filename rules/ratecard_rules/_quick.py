"""The quick lane: the same answers as the resolver, for requests that are plain, in a fraction of the time.

Rule 1  A lane knows the rules of one revision as frozen look-ups. One walk over the given fields says "nothing is
        wrong", which is what nearly every request comes to; where it is not sure, the rules themselves are asked.
Rule 2  The rules are asked once for each field and value: their problems are immutable, so they are remembered.
Rule 3  Only exact dicts with exact string keys pass. No method that the caller could have overridden is called; every
        other request takes the resolver's own way. A property test holds both ways to one answer.
"""

from __future__ import annotations

import re
from functools import cache
from math import isfinite
from operator import itemgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from ratecard_rules._plain import WIDEST_BITS, encodes
from ratecard_rules._pointer import pointer_to
from ratecard_rules._tables import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._problems import Problem
    from ratecard_rules._tables import Field, Model
    from ratecard_rules._wire import Flaw

_Answer = TypeVar("_Answer")

REMEMBERED = 4_096
"""So many values of one revision are remembered with their problems; then the memory starts anew."""

NO_LIMIT = 1 << 62
"""Longer than any text or array."""

LONGEST = 200
"""A longer text is not remembered."""

WIDEST = 20
"""What is unknown in an object of more fields is not remembered."""

_PLAIN_URL = {
    "url": re.compile(r"https?://[0-9A-Za-z][!-?A-~]*").fullmatch,
    "https": re.compile(r"https://[0-9A-Za-z][!-?A-~]*").fullmatch,
}
"""Addresses that are surely right: printable ASCII without blank or @. Others are asked of the rule itself."""

_MATCHER: Any = type(_PLAIN_URL["url"])


class Lane:
    """The rules of one object: the envelope of a request, or the input of one model at one revision."""

    __slots__ = ("_checks", "_fields", "_memory", "_missing", "_model", "_names", "_sets", "pick", "quotes")

    def __init__(self, fields: Sequence[Field], pointer: str, model: Model | None, catalog: Catalog | None) -> None:
        """Freeze the rules of `fields`; `model` is None for the envelope."""
        self._model = None if model is None or catalog is None else (model, catalog)
        self._names = [field.name for field in fields]
        self._fields = {
            field.name: (place, field, pointer_to(pointer, field.name)) for place, field in enumerate(fields)
        }
        self._checks: dict[str, Any] = {field.name: _quick_check(field) for field in fields}
        self._missing = [field.name for field in fields if field.required]
        self._sets = () if model is None else tuple(frozenset(rule.of) for rule in model.latest.at_least_one)
        self._memory: dict[object, tuple[Problem, ...]] = {}
        self.quotes: dict[object, Any] = {}
        self.pick = _picker(() if model is None else tuple(model.latest.priced))

    def problems(self, given: dict[Any, Any]) -> tuple[Problem, ...] | None:  # noqa: C901, PLR0912  a call costs as much as a check
        """Return every problem of an object, or None where its keys are not plain strings."""
        checks = self._checks
        odd: list[str] = []
        for name, value in given.items():
            if type(name) is not str:
                return None
            check: Any = checks.get(name)
            if type(value) is str:
                if type(check) is frozenset:
                    if value in check:
                        continue
                elif type(check) is int:
                    if (len(value) <= check and value.isascii()) or (len(value) * 2 <= check and encodes(value)):
                        continue
                elif type(check) is _MATCHER and check(value) is not None:
                    continue
            if type(check) is FunctionType and check(value):
                continue
            odd.append(name)
        for name in self._missing:
            if name not in given:
                return self._collect(given, odd)
        for names in self._sets:
            if names.isdisjoint(given):
                return self._collect(given, odd)
        return self._collect(given, odd) if odd else ()

    def _collect(self, given: dict[str, Any], odd: list[str]) -> tuple[Problem, ...]:
        """Return the problems of what did not surely pass and of what is missing, in the order of the table."""
        found: list[tuple[int, tuple[Problem, ...]]]
        found = [self._of_missing(name) for name in self._missing if name not in given]
        strangers: list[str] = []
        for name in odd:
            if name in self._fields:
                place, field, where = self._fields[name]
                found.append((place, self._of_value(field, given[name], where)))
            else:
                strangers.append(name)
        found.sort(key=_FIRST)
        problems = tuple(problem for _, part in found for problem in part)
        if strangers:
            problems += self._of_strangers(sorted(strangers), given)
        for number, names in enumerate(self._sets):
            if names.isdisjoint(given):
                problems += self._of_set(number)
        return problems

    def _of_missing(self, name: str) -> tuple[int, tuple[Problem, ...]]:
        place, field, where = self._fields[name]
        known = self._memory.get(name)
        if known is not None:
            return place, known
        from ratecard_rules._rules import missing_field  # noqa: PLC0415  a request without problems needs no rules

        return place, self._remember(name, iter((missing_field(field, where),)))

    def _of_set(self, number: int) -> tuple[Problem, ...]:
        known = self._memory.get(number)
        if known is not None or self._model is None:
            return known or ()
        from ratecard_rules._objects import at_least_one_problems  # noqa: PLC0415  as above

        return self._remember(
            number, at_least_one_problems(self._model[0].latest.at_least_one[number : number + 1], {})
        )

    def _of_value(self, field: Field, value: object, where: str) -> tuple[Problem, ...]:
        key: object = None
        if _is_small(value):
            key = (field.name, type(value), value)
        elif type(value) is str and _is_free(field) and value.isascii():
            key = (field.name, len(value))  # of free ASCII text only the length can be wrong
        known = self._memory.get(key)
        if known is not None:
            return known
        from ratecard_rules._objects import field_problems  # noqa: PLC0415  as above

        return self._remember(key, field_problems(field, value, where))

    def _of_strangers(self, strangers: list[str], given: dict[str, Any]) -> tuple[Problem, ...]:
        key: object = None
        if len(given) <= WIDEST and all(len(name) <= LONGEST and _is_small(given[name]) for name in strangers):
            key = (tuple(given), *[(type(given[name]), given[name]) for name in strangers])
        known = self._memory.get(key)
        return self._remember(key, self._judged_strangers(strangers, given)) if known is None else known

    def _judged_strangers(self, strangers: list[str], given: dict[str, Any]) -> Iterator[Problem]:
        from ratecard_rules._objects import unknown_problems  # noqa: PLC0415  as above

        values = {name: given[name] for name in strangers}
        if self._model is None:
            return unknown_problems(values, self._names, given, "", None)
        table = self._model[0].latest
        return unknown_problems(
            values, self._names, given, "/input", None if table.fields_complete else (*table.priced,)
        )

    def _remember(self, key: object, found: Iterator[Problem]) -> tuple[Problem, ...]:
        return _kept(self._memory, key, tuple(map(self._paged, found)))

    def _paged(self, problem: Problem) -> Problem:
        from ratecard_rules._provenance import with_page  # noqa: PLC0415  as above

        return problem if self._model is None else with_page(problem, *self._model)


def quick_look(request: object, catalog: Catalog) -> tuple[Lane | None, dict[str, Any], tuple[Problem, ...]] | None:
    """Return the lane of a plain request, its input and its problems; None where the resolver must judge it.

    There is no lane where the request names no model of the catalogue.
    """
    if type(request) is not dict:
        return None
    for key in request:
        if type(key) is not str or key == "version":
            return None
    slug, given = request.get("model"), request.get("input")
    outer: tuple[Problem, ...] = ()
    if type(given) is not dict:
        return None
    if type(slug) is not str or (len(request) > _WITHOUT_HOOK and not _is_hooked(request)):
        outer = _envelope().problems(request) or ()
    lane = catalog.lanes.get(slug) if type(slug) is str else None
    if lane is None:
        lane = _lane(slug, catalog) if type(slug) is str else None
        if lane is None:
            return _stranger(slug, given, outer, catalog)
    inner = lane.problems(given)
    return None if inner is None else (lane, given, outer + inner if outer else inner)


_WITHOUT_HOOK = 2


def _is_hooked(request: dict[str, Any]) -> bool:
    """Return whether the third part of a request is a webhookUrl that is surely right."""
    hook = request.get("webhookUrl")
    return len(request) == _WITHOUT_HOOK + 1 and type(hook) is str and _PLAIN_URL["https"](hook) is not None


def _stranger(
    slug: object, given: dict[str, Any], outer: tuple[Problem, ...], catalog: Catalog
) -> tuple[None, dict[str, Any], tuple[Problem, ...]] | None:
    """Answer for a model that is not in the catalogue. Of its input only what JSON cannot carry is judged: not here."""
    if _flaw_finder()(given) is not None:
        return None
    if type(slug) is not str:
        return None, given, outer
    if slug in catalog or not slug.isascii():
        return None
    memory: dict[object, Problem] = catalog.lanes.setdefault(_STRANGERS, {})
    problem = memory.get(slug)
    if problem is None:
        from ratecard_rules._objects import unknown_model  # noqa: PLC0415  as above

        problem = _kept(memory, slug if _is_small(slug) else None, unknown_model(slug, catalog))
    return None, given, (problem, *outer)


@cache
def _flaw_finder() -> Callable[[object], Flaw | None]:
    from ratecard_rules._wire import find_flaw  # noqa: PLC0415  as above

    return find_flaw


@cache
def _envelope() -> Lane:
    """Return the rules of the request itself, around its input."""
    from ratecard_rules._objects import ENVELOPE  # noqa: PLC0415  as above

    return Lane(ENVELOPE, "", None, None)


def _kept(memory: dict[object, _Answer], key: object, answer: _Answer) -> _Answer:
    """Keep an answer under a key and return it; without a key it is not kept, and a full memory starts anew."""
    if len(memory) >= REMEMBERED:
        memory.clear()
    if key is not None:
        memory[key] = answer
    return answer


def _lane(slug: str, catalog: Catalog) -> Lane | None:
    """Return the lane of a model that can be used; the whole catalogue keeps one a revision, for all its views."""
    model = catalog.get(slug)
    if model is None or model.unavailable_at(catalog.instant) is not None:
        return None
    kept: dict[object, Lane] = catalog.whole.lanes
    key = (slug, len(model.revisions))
    lane = kept.get(key) or kept.setdefault(key, Lane(model.latest.input, "/input", model, catalog.whole))
    catalog.lanes[slug] = lane
    return lane


def _picker(names: tuple[str, ...]) -> Callable[[dict[str, Any]], object]:
    """Return a function from an input to what it gives for the priced fields; None stands for what is left out."""
    if len(names) == 1:
        (name,) = names
        return lambda given: given.get(name)
    if len(names) == 2:  # noqa: PLR2004  most prices have one or two factors
        one, other = names
        return lambda given: (given.get(one), given.get(other))
    return lambda given: tuple(map(given.get, names))


_STRANGERS = ("strangers",)
"""The key under which a catalogue keeps the problems of models that it does not have."""

_FIRST = itemgetter(0)


def _is_small(value: object) -> bool:
    """Return whether a value may be remembered: a scalar of bounded size that equals no other type's values."""
    kind = type(value)
    if kind is str:
        return len(value) <= LONGEST  # type: ignore[arg-type]  # a string
    return kind is bool or value is None or (kind is int and value.bit_length() <= _SMALL_BITS)  # type: ignore[attr-defined]  # an int


def _is_free(field: Field) -> bool:
    return field.type == "string" and field.allowed is None and field.format is None


def _quick_check(field: Field) -> frozenset[object] | int | Callable[[Any], object] | None:
    """Return what surely passes: a set of texts, the longest text, or a function. None: nothing surely does."""
    if field.unknown is not None or field.evidence_of("name") not in CERTAIN:
        return None
    if field.format is not None:
        return _PLAIN_URL[field.format]
    if field.type != "string":
        return _QUICK[field.type](field)
    if field.allowed is not None:
        return frozenset(field.allowed)
    return NO_LIMIT if field.max_length is None else field.max_length


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
