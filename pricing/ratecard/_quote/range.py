"""The lowest and highest price of a request in which some priced options are open."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, frozen

from ratecard._money import fraction_text, usd_shown
from ratecard._quote.price import no_option, origin_of, quote_selection, valid_model
from ratecard._quote.quote import Quote
from ratecard_rules import (
    Catalog,
    Choice,
    Problem,
    Report,
    Shortened,
    catalog_at,
    describe,
    literal,
    multiplier_of,
    plain,
    resolve,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from ratecard_rules import Factor, Model, Resolution


class Open(Enum):
    """The type of the marker `ANY`."""

    ANY = "ANY"

    def __repr__(self) -> str:
        return self.name


ANY = Open.ANY
"""Any option of a priced field, in a request to `quote_range`."""


@frozen(kw_only=True)
class QuoteRange:
    """The lowest and highest price of a request.

    Attributes:
        low: The quote of the cheapest options.
        high: The quote of the most expensive options.
        undetermined: The priced fields that are open, in the order of the formula.
        spread: The same fields with the ratio of their largest to their smallest multiplier, the largest ratio first.
    """

    low: Quote
    high: Quote
    undetermined: tuple[str, ...]
    spread: tuple[tuple[str, Fraction], ...]

    def explain(self) -> str:
        """Return the range and what it depends on as plain text."""
        ends = dict.fromkeys(usd_shown(end.usd_micros) for end in (self.low, self.high))
        lines = [f"{' to '.join(ends)}  {self.low.model}"]
        lines += [f"  {name} is open: up to x {fraction_text(ratio)}" for name, ratio in self.spread]
        for title, end in (("at least", self.low), ("at most", self.high)):
            lines += ["", f"{title}:", end.explain()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the range as plain JSON data."""
        return {
            "low": self.low.to_dict(),
            "high": self.high.to_dict(),
            "undetermined": list(self.undetermined),
            "spread": [{"field": name, "ratio": fraction_text(ratio)} for name, ratio in self.spread],
        }


def quote_range(
    request: object,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
) -> QuoteRange:
    """Return the exact lowest and highest price of a request over everything that it leaves open.

    A priced field is open if its value is `ANY` or a set of options, or if it is left out and has no known default. A
    measured quantity is open if it is not passed in `measured`. The range is exact. The other
    arguments are those of `quote`. Raises InvalidRequest and NotPriced as `quote` does, for every value that the
    request leaves possible, and InvalidRequest if a field that is not priced is open.

    >>> both = quote_range({
    ...     "model": "kling-plus/kling-o3-standard/image-to-video",
    ...     "input": {"image_url": "https://example.com/cat.jpg", "duration": {"5", "10"}, "has_sound": ANY},
    ... })
    >>> str(both.low.usd), str(both.high.usd), both.undetermined
    ('0.42', '1.26', ('duration', 'has_sound'))
    """
    tables = catalog_at(catalog, at)
    marks = _marks(request, tables)
    resolutions = [resolve(closed, tables, strict=strict, measured=measured) for closed in _closed(request, marks)]
    report = Report(_problems(resolutions, marks))
    model = valid_model(evolve(resolutions[0], report=report))
    for resolution in resolutions:
        if resolution.unpriced:
            raise no_option(model, resolution)
    choices = {name: _choices(name, model, resolutions) for name in model.latest.priced}
    # The price is a product, so its ends are those of each factor.
    ends = [_ends(factor, choices[factor.field]) for factor in model.latest.price.factors]
    low, high = (quote_selection(model, tuple(end[at] for end in ends), tables, report) for at in (0, 1))
    is_open = [name for name, possible in choices.items() if len(possible) > 1]
    ratios = {
        least.field: most.multiplier / least.multiplier for least, most in zip(low.factors, high.factors, strict=True)
    }
    spread = sorted(((name, ratios[name]) for name in is_open), key=lambda field: field[1], reverse=True)
    return QuoteRange(low=low, high=high, undetermined=tuple(is_open), spread=tuple(spread))


# open fields


_Marks: TypeAlias = "dict[str, tuple[object, ...] | Problem | None]"
"""The fields that are marked as open: their options, or the problem to report for them, or None for no problem."""


def _marks(request: object, catalog: Catalog) -> _Marks:
    envelope = _entries(request)
    given = _entries(envelope.get("input"))
    slug = plain(envelope.get("model"))
    model = catalog.get(slug) if type(slug) is str else None
    marked = {
        name: value for name, value in given.items() if value is ANY or type(value) is set or type(value) is frozenset
    }
    if model is None or not marked:
        return {}
    marks: _Marks = {
        name: _options(name, value, model) or _refusal(name, value, model) for name, value in marked.items()
    }
    wholes: list[tuple[Any, Any]] = [(envelope, request), (given, envelope["input"])]
    if any(len(entries) != dict.__len__(whole) for entries, whole in wholes):
        # A key that is not a string makes the request invalid whatever its fields are, so it is judged unchanged.
        return {name: mark if isinstance(mark, Problem) else None for name, mark in marks.items()}
    return marks


def _entries(value: Any) -> dict[str, object]:
    """Return the entries of an object whose keys are strings. No other key is hashed or compared."""
    items: list[tuple[Any, object]] = list(dict.items(value)) if issubclass(type(value), dict) else []
    return {plain(key): item for key, item in items if issubclass(type(key), str)}


def _options(name: str, value: object, model: Model) -> tuple[object, ...]:
    """Return the options that a mark allows; none if the field is not priced."""
    field = model.latest.priced.get(name)
    if field is None:
        return ()
    if value is ANY:
        return tuple(field.allowed or ())
    members: Iterable[object] = value  # type: ignore[assignment]  # a set
    return tuple(sorted(members, key=describe))  # sets have no order of their own


def _refusal(name: str, value: object, model: Model) -> Problem:
    if name in model.latest.priced:
        why = "it is empty"
    elif name in model.latest.fields:
        why = f"the price does not depend on {literal(name)}"
    else:
        why = f"this model has no field {literal(name)}"
    priced = ", ".join(model.latest.priced)
    known = f": {priced}" if priced else ", and this model has none"
    return Problem(
        code="not_json",
        pointer=_pointer(name),
        value=Shortened("ANY" if value is ANY else "a set of options"),
        suggestion=f"{why}; only priced fields can be open{known}",
    )


def _pointer(name: str) -> str:
    return f"/input/{name.replace('~', '~0').replace('/', '~1')}"


def _closed(request: object, marks: _Marks) -> Iterator[object]:
    """Yield requests in which every option of an open field occurs, so that each of them is judged."""
    options = {name: mark for name, mark in marks.items() if isinstance(mark, tuple)}
    if not options:
        yield request
        return
    envelope = _entries(request)
    base = _entries(envelope["input"]) | {name: possible[0] for name, possible in options.items()}
    yield {**envelope, "input": base}
    for name, possible in options.items():
        for option in possible[1:]:
            yield {**envelope, "input": {**base, name: option}}


def _problems(resolutions: Sequence[Resolution], marks: _Marks) -> tuple[Problem, ...]:
    """Return every problem once and in order, with the problems of `marks` for the fields that are marked as open."""
    found = dict.fromkeys(problem for resolution in resolutions for problem in resolution.problems)
    own = {_pointer(name): mark for name, mark in marks.items() if not isinstance(mark, tuple)}
    worded = (own.get(problem.pointer, problem) if problem.code == "not_json" else problem for problem in found)
    return tuple(problem for problem in worded if problem is not None)


# the price


def _choices(name: str, model: Model, resolutions: Sequence[Resolution]) -> list[Choice]:
    """Return the possible choices of one factor in the order of its options: those that were judged, or else all."""
    judged = {
        choice.value: choice for resolution in resolutions for choice in resolution.selection if choice.field == name
    }
    options = model.latest.priced[name].allowed or ()
    if not judged:
        return [Choice(name, option, origin_of(model, name)) for option in options]
    return [judged[option] for option in options if option in judged]


def _ends(factor: Factor, choices: Sequence[Choice]) -> tuple[Choice, Choice]:
    """Return the cheapest and the most expensive choice of a factor."""

    def multiplier(choice: Choice) -> Fraction:
        return multiplier_of(factor, choice.value)

    return min(choices, key=multiplier), max(choices, key=multiplier)
