"""Prices that are far from those of similar models. Wrong units show only in a comparison of tables.

Rule 1  Prices are compared per unit: per second, per image, or else per request. The cost of a job is never compared.
Rule 2  A price is compared with that of another table, and the finding names both.
Rule 3  A finding is a warning and not a fault: a model may really be expensive.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from ratecard_rules._table.model import MICROS_PER_USD, UNIT_FIELDS, Unit
from ratecard_rules._table.price import combinations, exact_usd_micros, multiplier_of, number_text, option_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ratecard_rules._table.model import Model, Revision

FAMILY_FACTOR = 4
"""The largest accepted ratio between a price and that of its family, either way.

The shipped families spread up to 3.35 (Nano Banana: $0.04 and $0.134 per request). With this limit, a tenfold mistake
is found in either direction for every model whose true price is within 2.5 times that of its family.
"""

UNIT_FACTOR = 10
"""The largest accepted ratio between a price and that of all models with the same unit, either way.

The shipped models spread up to 5.95 (Wan 2.6 Flash: $0.50 per second, while the median is $0.084). With this limit, a
hundredfold mistake is found for every model whose true price is within ten times the median, even if its family has no
other model or shares the mistake.
"""

RECORDED_FACTOR = 20
"""The largest accepted ratio if the table records a conflict about the price.

Some pages contradict themselves by a factor of ten, which every quote mentions. A hundredfold mistake is still found.
"""

RECORDS = frozenset({"price.base_usd_micros", "price.printed_usd"})
"""The keys of conflicts that record a doubt about the price."""

_FAMILY = re.compile(r"[^-_.\d]+")

_T = TypeVar("_T")


@frozen(kw_only=True)
class Rate:
    """The price of one unit in one revision of a model.

    Attributes:
        model: The slug.
        revision: The number of the revision, from 1.
        family: The name of the family, the word that its slugs share.
        unit: What is counted.
        usd_micros: The exact median of all prices of the revision per unit, in millionths of a US dollar.
        recorded: Whether the table records a doubt about the price.
    """

    model: str
    revision: int
    family: str
    unit: Unit
    usd_micros: Fraction
    recorded: bool


@frozen
class Outlier:
    """A rate that is far from that of similar models.

    Attributes:
        rate: The rate.
        peer: The median of the family or, if the family has no other model, of all models with the same unit.
        all_models: Whether `peer` is the median of all models.
    """

    rate: Rate
    peer: Rate
    all_models: bool

    @property
    def key(self) -> str:
        """The key of the doubtful price."""
        return f"revision[{self.rate.revision}].price.base_usd_micros"

    @property
    def message(self) -> str:
        """Both models with their prices, and what to do."""
        group = "all models" if self.all_models else f"the {self.rate.family} family"
        less = "less than " if self.rate.usd_micros < self.peer.usd_micros else ""
        return (
            f"{_per_unit(self.rate)} is {_times(_distance(self.rate, self.peer))} times {less}the "
            f"{_per_unit(self.peer)} of {self.peer.model}, the median of {group}: "
            "fix it (1,000,000 micros are $1.00), or record a conflict about price.base_usd_micros"
        )


def family_of(slug: str) -> str:
    """Return the name of the family of a model, which does not depend on the provider.

    >>> family_of("kling/kling-text2video-v25/text-to-video"), family_of("runway/gen-4-turbo/image-to-video")
    ('kling', 'gen')
    """
    _, _, rest = slug.partition("/")
    name = (rest or slug).partition("/")[0].casefold()
    word = _FAMILY.match(name)
    return word.group() if word else name


def newest_rates(models: Iterable[Model]) -> list[Rate]:
    """Return the rate of the newest revision of every model, except those with a free or unknown price."""
    newest = (_rate(model, len(model.revisions)) for model in models)
    return [rate for rate in newest if rate is not None]


def outliers(model: Model, among: Sequence[Rate]) -> Iterator[Outlier]:
    """Yield the revisions of `model` that are far from the rates of similar models `among` these."""
    others = [rate for rate in among if rate.model != model.slug]
    for number in range(1, len(model.revisions) + 1):
        rate = _rate(model, number)
        outlier = rate and _outlier(rate, others)
        if outlier:
            yield outlier


def _outlier(rate: Rate, others: Sequence[Rate]) -> Outlier | None:
    same_unit = [other for other in others if other.unit == rate.unit]
    family = [other for other in same_unit if other.family == rate.family]
    for group, factor in ((family, FAMILY_FACTOR), (same_unit, UNIT_FACTOR)):
        if group:
            peer = _median(group, lambda other: other.usd_micros)
            if _distance(rate, peer) > (RECORDED_FACTOR if rate.recorded else factor):
                return Outlier(rate, peer, all_models=group is same_unit)
    return None


def _rate(model: Model, number: int) -> Rate | None:
    revision = model.revisions[number - 1]
    unit = _unit(revision)
    prices = list(_prices(revision, unit)) if revision.price.base_usd_micros else []
    if not prices:
        return None
    return Rate(
        model=model.slug,
        revision=number,
        family=family_of(model.slug),
        unit=unit,
        usd_micros=_median(prices, lambda price: price),
        recorded=any(conflict.about in RECORDS for conflict in revision.conflicts),
    )


def _unit(revision: Revision) -> Unit:
    return next((unit for unit, field in UNIT_FIELDS.items() if field in revision.priced), "request")


def _prices(revision: Revision, unit: Unit) -> Iterator[Fraction]:
    """Yield the price of one unit for every combination of options that states a number of units."""
    for options in combinations(revision):
        exact = exact_usd_micros(revision.price, map(multiplier_of, revision.price.factors, options))
        chosen = dict(zip(revision.priced, options, strict=True))
        units = number_text(option_text(chosen.get(UNIT_FIELDS.get(unit, ""), 1)))
        if units:
            yield exact / units


def _median(items: Iterable[_T], key: Callable[[_T], Fraction]) -> _T:
    """Return the middle item, or the lower of the two. Unlike a mean, it is a price of some table."""
    ordered = sorted(items, key=key)
    return ordered[(len(ordered) - 1) // 2]


def _distance(rate: Rate, peer: Rate) -> Fraction:
    ratio = rate.usd_micros / peer.usd_micros
    return max(ratio, 1 / ratio)


def _per_unit(rate: Rate) -> str:
    dollars, micros = divmod(round(rate.usd_micros), MICROS_PER_USD)
    return f"${dollars:,}.{micros:06}".rstrip("0").rstrip(".") + f" per {rate.unit}"


def _times(distance: Fraction) -> str:
    """Return a ratio to one decimal place."""
    whole, tenth = divmod(round(distance * 10), 10)
    return f"{whole:,}.{tenth}" if tenth else f"{whole:,}"
