"""The quick lane: the same answers as the resolver, for requests that are plain, in a fraction of the time.

Rule 1  A straight function for each model (see `_straight`) walks over a request and is either sure that nothing is
        wrong, which is what nearly every request comes to, or names the fields that it doubts.
Rule 2  What is doubted is judged by the rules themselves, by the same lines as in the resolver. They are imported when
        something is doubted for the first time: a program that sends what is right never needs them.
Rule 3  Only exact dicts with exact string keys pass. No method that the caller could have overridden is called; every
        other request takes the resolver's own way. A property test holds both ways to one answer.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ratecard_rules._fast.compile import part_of, straight
from ratecard_rules._json import JSON_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._fast.compile import Look
    from ratecard_rules._judge.fields import ObjectRules
    from ratecard_rules._judge.problems import Problem
    from ratecard_rules._table.model import Model

_SURE = frozenset({"model", "input"})
_SURE_MODEL = frozenset({"model"})


class Lane:
    """What is kept of one revision of a model: its straight function, its rules, and the quotes that were made of it.

    `look` takes a dict with plain string keys that names the model. It returns the quote kept for what the request
    selects; the lane itself where nothing is wrong, but no quote is kept; every problem; or None where the resolver
    must judge.
    """

    __slots__ = ("_model", "_rules", "_sure", "look", "quotes")

    def __init__(self, model: Model, catalog: Catalog) -> None:
        """Make the straight function of the newest revision of a model."""
        self._model = model, catalog
        self._rules: ObjectRules | None = None
        self.quotes: dict[tuple[object, ...], Any] = {}
        table = model.latest
        parts = [part for part in map(part_of, table.input) if part is not None]
        one_of = [frozenset(rule.of) for rule in table.at_least_one]
        self._sure = frozenset(part.name for part in parts)
        self.look: Look = _never  # where a field that every request needs cannot be checked
        if all(one.name in self._sure for one in table.input if one.required) and all(map(self._sure.__and__, one_of)):
            self.look = straight(parts, one_of, tuple(table.priced), self)

    @property
    def rules(self) -> ObjectRules:
        """The rules of the revision, where a request is in doubt."""
        if self._rules is None:
            self._rules = _judges().rules_of(*self._model)
        return self._rules

    def keep(self, given: dict[str, Any], quote: object) -> None:
        """Keep the quote of an input that `look` found right, for all requests that select the same."""
        self.quotes[tuple(map(given.get, self._model[0].latest.priced))] = quote

    def problems(self, request: dict[str, Any], given: object, doubted: Collection[str]) -> tuple[Problem, ...] | None:
        """Return the problems of a request of which `look` is not sure; `doubted` are fields of its input."""
        if not _is_plain(request) or type(given) not in JSON_TYPES:
            return None
        if type(given) is not dict:
            return _outer(request, _SURE_MODEL)
        if not all(map(str.isascii, given)):
            return None
        return (*_outer(request, _SURE), *self.rules.problems(given, self._sure.difference(doubted)))


def _never(_: dict[str, Any]) -> None:
    """Leave every judgement to the resolver."""


def quick_look(request: object, catalog: Catalog) -> Any:  # noqa: ANN401  a quote is not known here
    """Return what `Lane.look` says of a request, or None where the resolver must judge."""
    if type(request) is not dict:
        return None
    for key in request:
        if type(key) is not str:
            return None
    slug = request.get("model")
    lane: Lane | None = catalog.lanes.get(slug) if type(slug) is str else None
    return lane.look(request) if lane is not None else _first_look(slug, request, catalog)


def _first_look(slug: object, request: dict[str, Any], catalog: Catalog) -> Any:  # noqa: ANN401  as above
    """Find the lane of a model, or answer for a request that names none.

    Of the input of an unknown model only what JSON cannot carry is judged: that is for the resolver.
    """
    if type(slug) is str and slug in catalog:
        model = catalog.get(slug)
        if model is not None and model.unavailable_at(catalog.instant) is None:
            lane = catalog.lanes[slug] = lane_of(model, catalog)
            return lane.look(request)
        return None
    given = request.get("input")
    if not ({type(slug), type(given)} <= JSON_TYPES and _is_plain(request)) or (
        type(given) is dict and _judges().find_flaw(given)
    ):
        return None
    if type(slug) is not str:
        return _outer(request)
    outer = _outer(request, _SURE if slug.isascii() and type(given) is dict else ())
    return (_judges().unknown_model(slug, catalog), *outer)


def _is_plain(request: dict[str, Any]) -> bool:
    """Return whether the keys of a request are such as JSON can surely carry; a version is for the resolver."""
    return "version" not in request and all(map(str.isascii, request))


def _outer(request: dict[str, Any], sure: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return the problems of the request itself, around its input."""
    if sure is _SURE and len(request) == len(_SURE):
        return ()
    return tuple(_judges().ENVELOPE.problems(request, sure))


@cache
def _judges() -> Any:  # noqa: ANN401  a module
    """Return the module that judges objects, see Rule 2."""
    from ratecard_rules._judge import fields as _objects  # noqa: PLC0415  as above

    return _objects


def lane_of(model: Model, catalog: Catalog) -> Lane:
    """Return the lane of the newest revision of a model; the whole catalogue keeps one, for all its views."""
    kept: dict[object, Lane] = catalog.whole.lanes
    key = (model.model, len(model.revisions))
    return kept.get(key) or kept.setdefault(key, Lane(model, catalog.whole))
