"""What a request costs at least and at most, where some of its priced options are open."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ratecard._explain import range_text
from ratecard._pricing import no_option, price_sheet, quote_selection, valid_model
from ratecard._quote import Quote
from ratecard_rules import Catalog, Choice, catalog_at, plain, plain_object, resolve
from ratecard_rules._judge.values import describe, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from ratecard_rules import Field, Model, Origin, Resolution, Scalar


class Open(Enum):
    """The type of the marker `ANY`."""

    ANY = "ANY"

    def __repr__(self) -> str:
        return self.name


ANY = Open.ANY
"""Stands for any option of a priced field in a request to `quote_range`."""


@frozen(kw_only=True)
class QuoteRange:
    """What a request costs at least (`low`) and at most (`high`).

    `undetermined` the priced fields that are open, in the order of the formula · `spread` the same fields with the
    ratio of their largest to their smallest multiplier, the one that drives the range first.
    """

    low: Quote
    high: Quote
    undetermined: tuple[str, ...]
    spread: tuple[tuple[str, Fraction], ...]

    def explain(self) -> str:
        """Return the range and what it depends on, in plain lines."""
        return range_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the range as plain JSON data."""
        return {
            "low": self.low.to_dict(),
            "high": self.high.to_dict(),
            "undetermined": list(self.undetermined),
            "spread": [{"field": name, "ratio": str(ratio)} for name, ratio in self.spread],
        }


def quote_range(
    request: object,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
) -> QuoteRange:
    """Return what a request costs at least and at most, exactly, over all that it leaves open.

    Open is a priced field whose value is `ANY` or a set of options, one that is left out without a known default, and a
    quantity that is measured but not passed as `measured`. The range is taken from the price sheet, not sampled.
    Raises InvalidRequest and NotPriced as `quote` does, for every value that the request leaves possible.

    >>> both = quote_range({
    ...     "model": "kling-plus/kling-o3-standard/image-to-video",
    ...     "input": {"image_url": "https://example.com/cat.jpg", "duration": {"5", "10"}, "has_sound": ANY},
    ... })
    >>> str(both.low.usd), str(both.high.usd), both.undetermined
    ('0.42', '1.26', ('duration', 'has_sound'))
    """
    tables = catalog_at(catalog, at)
    marked = _marked(request, tables)
    resolutions = [resolve(one, tables, strict=strict, measured=measured) for one in _closed(request, marked)]
    problems = tuple(dict.fromkeys(problem for one in resolutions for problem in one.problems))
    model = valid_model(evolve(resolutions[0], problems=problems))
    for one in resolutions:
        if one.unpriced:
            raise no_option(model, one)
    choices = {name: _choices(name, model, resolutions) for name in model.latest.priced}
    rows = [row for row in price_sheet(model.model, catalog=tables) if _is_possible(row, choices)]
    ends = [pick(rows, key=lambda row: row.exact) for pick in (min, max)]
    selections = [tuple(choices[factor.field][factor.value] for factor in end.factors) for end in ends]
    low, high = (quote_selection(model, selection, tables, problems) for selection in selections)
    is_open = [name for name, possible in choices.items() if len(possible) > 1]
    spread = sorted(((name, _spread(name, rows)) for name in is_open), key=lambda one: one[1], reverse=True)
    return QuoteRange(low=low, high=high, undetermined=tuple(is_open), spread=tuple(spread))


def _marked(request: object, catalog: Catalog) -> dict[str, tuple[object, ...]]:
    """Return the priced fields whose value is `ANY` or a set of options, each with these options."""
    envelope = _object(request)
    slug = plain(envelope.get("model"))
    model = catalog.get(slug) if isinstance(slug, str) else None
    priced = {} if model is None else model.latest.priced
    found = {
        name: _members(value, priced[name]) for name, value in _object(envelope.get("input")).items() if name in priced
    }
    return {name: members for name, members in found.items() if members}


def _object(value: object) -> dict[Any, Any]:
    return plain_object(value) if type(plain(value)) is dict else {}


def _members(value: object, field: Field) -> tuple[object, ...]:
    if value is ANY:
        return tuple(field.allowed or ())
    members: list[object] = list(value) if type(value) in (set, frozenset) else []  # type: ignore[call-overload]  # a set
    return tuple(sorted(members, key=lambda member: describe(show(member))))  # sets have no order of their own


def _closed(request: object, marked: dict[str, tuple[object, ...]]) -> Iterator[object]:
    """Yield requests without marks in which every marked option occurs, so that each of them is judged."""
    if not marked:
        yield request
        return
    envelope = plain_object(request)
    base = {**plain_object(envelope["input"]), **{name: members[0] for name, members in marked.items()}}
    yield {**envelope, "input": base}
    for name, members in marked.items():
        for member in members[1:]:
            yield {**envelope, "input": {**base, name: member}}


def _choices(name: str, model: Model, resolutions: Sequence[Resolution]) -> dict[Scalar, Choice]:
    """Return the possible choices of one factor by their option: those that were judged, or all where none was."""
    judged = {choice.value: choice for one in resolutions for choice in one.selection if choice.field == name}
    if judged:
        return judged
    origin: Origin = "given" if name in model.latest.fields else "measured"
    return {option: Choice(name, option, origin) for option in model.latest.priced[name].allowed or ()}


def _is_possible(row: Quote, choices: Mapping[str, Mapping[Scalar, Choice]]) -> bool:
    return all(factor.value in choices[factor.field] for factor in row.factors)


def _spread(name: str, rows: Sequence[Quote]) -> Fraction:
    """Return the largest multiplier of one factor over its smallest."""
    multipliers = [factor.multiplier for row in rows for factor in row.factors if factor.field == name]
    return max(multipliers) / min(multipliers)
