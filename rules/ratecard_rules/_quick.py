"""The quick lane: the same answers as the resolver, for requests that are plain, in a fraction of the time.

Rule 1  A model that is asked about often gets a straight function (see `_straight`). It walks over a request and is
        either sure that nothing is wrong, which is what nearly every request comes to, or names the fields it doubts.
Rule 2  What is doubted is judged by the rules themselves, by the same lines as in the resolver.
Rule 3  Only exact dicts with exact string keys pass. No method that the caller could have overridden is called; every
        other request takes the resolver's own way. A property test holds both ways to one answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard_rules._objects import ENVELOPE, rules_of, unknown_model
from ratecard_rules._plain import JSON_TYPES
from ratecard_rules._wire import find_flaw

if TYPE_CHECKING:
    from collections.abc import Collection

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._objects import ObjectRules
    from ratecard_rules._problems import Problem
    from ratecard_rules._straight import Look
    from ratecard_rules._tables import Model

OFTEN = 20
"""A model that was asked about so often gets its straight function: making it takes as long as so many resolutions."""

_SURE = frozenset({"model", "input"})
_SURE_MODEL = frozenset({"model"})


class Lane:
    """What is kept of one revision of a model: its `rules`, and the quotes that were made of it.

    `look` takes a dict with plain string keys that names the model. It returns the quote kept for what the request
    selects; the lane itself where nothing is wrong, but no quote is kept; every problem; or None where the resolver
    must judge.
    """

    __slots__ = ("_asked", "_quotes", "_sure", "look", "rules")

    def __init__(self, rules: ObjectRules) -> None:
        """Keep the rules of a revision; until it is asked about often, it leaves every judgement to the resolver."""
        self.rules = rules
        self.look: Look = self._count
        self._asked = 0
        self._quotes: dict[tuple[object, ...], Any] = {}
        self._sure: frozenset[str] = frozenset()

    def keep(self, given: dict[str, Any], quote: object) -> None:
        """Keep the quote of an input that `look` found right, for all requests that select the same."""
        self._quotes[tuple(map(given.get, self.rules.priced))] = quote

    def _count(self, _: dict[str, Any]) -> None:
        self._asked += 1
        if self._asked >= OFTEN:
            self.look = self._straight()

    def _straight(self) -> Look:
        from ratecard_rules._straight import Answers, part_of, straight  # noqa: PLC0415  whoever asks once needs none

        parts = [part for part in map(part_of, self.rules.places.values()) if part is not None]
        one_of = [names for names, _ in self.rules.one_of]
        self._sure = frozenset(part.name for part in parts)
        if self._sure.issuperset(self.rules.missing) and not any(map(self._sure.isdisjoint, one_of)):
            return straight(parts, one_of, self.rules.priced, Answers(self._quotes, self, self._problems))
        return _never  # a field that every request needs cannot be checked

    def _problems(self, request: dict[str, Any], given: object, doubted: Collection[str]) -> tuple[Problem, ...] | None:
        """Return the problems of a request of which `look` is not sure; `doubted` are fields of its input."""
        if "version" in request or type(given) not in JSON_TYPES:
            return None
        if type(given) is not dict:
            return _outer(request, _SURE_MODEL)
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
            catalog.lanes[slug] = lane_of(model, catalog)
        return None
    given = request.get("input")
    if (
        not {type(slug), type(given)} <= JSON_TYPES
        or "version" in request
        or (type(given) is dict and find_flaw(given))
    ):
        return None
    outer = _outer(request)
    return (unknown_model(slug, catalog), *outer) if type(slug) is str else outer


def _outer(request: dict[str, Any], sure: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return the problems of the request itself, around its input."""
    if sure is _SURE and len(request) == len(_SURE):
        return ()
    return tuple(ENVELOPE.problems(request, sure))


def lane_of(model: Model, catalog: Catalog) -> Lane:
    """Return the lane of the newest revision of a model; the whole catalogue keeps one, for all its views."""
    kept: dict[object, Lane] = catalog.whole.lanes
    key = (model.model, len(model.revisions))
    return kept.get(key) or kept.setdefault(key, Lane(rules_of(model, catalog.whole)))
