"""Prices that are far from those of similar models. Wrong units show only in a comparison of tables.

Rule 1  Prices are compared per unit: per second, per image, or else per request. The cost of a job is never compared.
Rule 2  A price is compared with that of another table, and the finding names both.
Rule 3  A finding is a warning and not a fault: a model may really be expensive.
"""

from __future__ import annotations

import re
from fractions import Fraction
from statistics import median_low
from typing import TYPE_CHECKING

from attrs import frozen

from ratecard_rules._table.fault import Fault, fault_in
from ratecard_rules._table.model import MICROS_PER_USD, UNIT_FIELDS, Unit
from ratecard_rules._table.price import combinations, number_text, option_text, option_usd_micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ratecard_rules._table.model import Model, Revision

FAMILY_FACTOR = 4
"""The largest accepted ratio between a price and that of its family, either way.

The shipped families spread up to 3.35 (Nano Banana: $0.04 and $0.134 per request). A tenfold mistake is found for every
model whose true price is within 2.5 times that of its family.
"""

UNIT_FACTOR = 10
"""The largest accepted ratio between a price and that of all models with the same unit, either way.

The shipped models spread up to 5.95 (Wan 2.6 Flash: $0.50 per second, while the median is $0.084). A hundredfold
mistake is found even if the family has no other model or shares the mistake.
"""

RECORDED_FACTOR = 20
"""The largest accepted ratio if the table records a conflict about the price.

Some pages contradict themselves by a factor of ten, which every quote mentions. A hundredfold mistake is still found.
"""

RECORDS = frozenset({"price.base_usd_micros", "price.printed_usd"})
"""The keys of conflicts that record a doubt about the price."""

_FAMILY = re.compile(r"[^-_.\d]+")


@frozen(kw_only=True)
class Rate:
    """The price of one unit in one revision of a model.

    Attributes:
        model: The slug.
        family: The name of the family, the word that its slugs share.
        unit: What is counted.
        usd_micros: The exact median of all prices of the revision per unit, in millionths of a US dollar.
    """

    model: str
    family: str
    unit: Unit
    usd_micros: Fraction


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
    return [rate for model in models if (rate := _rate(model.slug, model.latest))]


def outliers(model: Model, among: Sequence[Rate]) -> Iterator[Fault]:
    """Yield a warning for each revision of a model that is far from the rates of similar models `among` these."""
    others = [rate for rate in among if rate.model != model.slug]
    for number, revision in enumerate(model.revisions, start=1):
        is_recorded = any(conflict.about in RECORDS for conflict in revision.conflicts)
        rate = _rate(model.slug, revision)
        if rate and (message := _compared(rate, others, RECORDED_FACTOR if is_recorded else 0)):
            yield fault_in(model, f"revision[{number}].price.base_usd_micros", message)


def _compared(rate: Rate, others: Sequence[Rate], accepted: int) -> str | None:
    """Return how far a rate is from the median of its family, or else of all models; None if it is near enough."""
    every = [other for other in others if other.unit == rate.unit]
    family = [other for other in every if other.family == rate.family]
    groups = ((family, f"the {rate.family} family", FAMILY_FACTOR), (every, "all models", UNIT_FACTOR))
    for group, name, factor in groups:
        if not group:
            continue
        # The lower of the two in the middle: unlike a mean, it is the price of some table.
        peer = sorted(group, key=lambda other: other.usd_micros)[(len(group) - 1) // 2]
        ratio = rate.usd_micros / peer.usd_micros
        distance = max(ratio, 1 / ratio)
        if distance > max(factor, accepted):
            times = f"{_times(distance)} times {'less than ' if ratio < 1 else ''}"
            return (
                f"{_per_unit(rate)} is {times}the {_per_unit(peer)} of {peer.model}, the median of {name}: "
                "fix it (1,000,000 micros are $1.00), or record a conflict about price.base_usd_micros"
            )
    return None


def _rate(slug: str, revision: Revision) -> Rate | None:
    unit: Unit = next((unit for unit, field in UNIT_FIELDS.items() if field in revision.priced), "request")
    prices = list(_prices(revision, unit)) if revision.price.base_usd_micros else []
    return Rate(model=slug, family=family_of(slug), unit=unit, usd_micros=median_low(prices)) if prices else None


def _prices(revision: Revision, unit: Unit) -> Iterator[Fraction]:
    """Yield the price of one unit for every combination of options that states a number of units."""
    for options in combinations(revision):
        chosen = dict(zip(revision.priced, options, strict=True))
        if units := number_text(option_text(chosen.get(UNIT_FIELDS.get(unit, ""), 1))):
            yield option_usd_micros(revision.price, options) / units


def _per_unit(rate: Rate) -> str:
    dollars, micros = divmod(round(rate.usd_micros), MICROS_PER_USD)
    return f"${dollars:,}.{micros:06}".rstrip("0").rstrip(".") + f" per {rate.unit}"


def _times(distance: Fraction) -> str:
    """Return a ratio to one decimal place."""
    whole, tenth = divmod(round(distance * 10), 10)
    return f"{whole:,}.{tenth}" if tenth else f"{whole:,}"
