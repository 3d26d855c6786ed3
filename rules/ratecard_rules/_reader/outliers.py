"""Which prices are far from those of their kin: a slip of units is invisible within a table, and plain between tables.

Rule 1  Compared is the price of one counted thing: a second, an image, or else a request; never the cost of a job.
Rule 2  Compared is with a price that another table states, and the finding names both.
Rule 3  A finding is a doubt and not a fault: a dear model is allowed to be dear.
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
"""So far may a price be from that of its family, either way.

The shipped families spread up to 3.35 (Nano Banana: $0.04 and $0.134 a request). A wider limit would hide more of the
tenfold slips: whoever is within 2.5 times of its family shows one in either direction.
"""

UNIT_FACTOR = 10
"""So far may a price be from that of all models which count the same thing, either way.

The shipped ones spread up to 5.95 (Wan 2.6 Flash: $0.50 a second, where $0.084 is usual). Ten is the square root of a
hundred: a hundredfold slip shows for whoever is within ten, also where a family is alone or slipped as a whole.
"""

RECORDED_FACTOR = 20
"""So far may a price be whose table records a conflict about it.

What pages contradict themselves by is tenfold, and that is already said with every quote; a hundredfold slip is not.
"""

RECORDS = frozenset({"price.base_usd_micros", "price.printed_usd"})
"""What a conflict is about that records a doubt about the price."""


_FAMILY = re.compile(r"[^-_.\d]+")

_T = TypeVar("_T")


@frozen(kw_only=True)
class Rate:
    """What `model` takes for one `unit` in its revision number `revision` (from 1), in millionths of a dollar.

    `family` the word that its slug shares with its kin · `usd_micros` the median of all prices of the revision, exact ·
    `recorded` whether the table records a doubt about the price.
    """

    model: str
    revision: int
    family: str
    unit: Unit
    usd_micros: Fraction
    recorded: bool


@frozen
class Outlier:
    """A `rate` that is far from its `peer`, which is the median of its kin: of its family, or else of `all_models`."""

    rate: Rate
    peer: Rate
    all_models: bool

    @property
    def key(self) -> str:
        """The key of the table that is in doubt."""
        return f"revision[{self.rate.revision}].price.base_usd_micros"

    @property
    def message(self) -> str:
        """Both rows with their prices, and what to do."""
        kin = "all models" if self.all_models else f"the {self.rate.family} family"
        less = "less than " if self.rate.usd_micros < self.peer.usd_micros else ""
        return (
            f"{_per_unit(self.rate)} is {_times(_distance(self.rate, self.peer))} times {less}the "
            f"{_per_unit(self.peer)} of {self.peer.model}, the median of {kin}: "
            "mend it (1,000,000 micros are $1.00), or record a conflict about price.base_usd_micros"
        )


def family_of(slug: str) -> str:
    """Return the word that the models of a family share, whoever provides them.

    >>> family_of("kling/kling-text2video-v25/text-to-video"), family_of("runway/gen-4-turbo/image-to-video")
    ('kling', 'gen')
    """
    _, _, rest = slug.partition("/")
    name = (rest or slug).partition("/")[0].casefold()
    word = _FAMILY.match(name)
    return word.group() if word else name


def newest_rates(models: Iterable[Model]) -> list[Rate]:
    """Return the rate of the newest revision of every model that has one: free and unknown prices have none."""
    newest = (_rate(model, len(model.revisions)) for model in models)
    return [rate for rate in newest if rate is not None]


def outliers(model: Model, among: Sequence[Rate]) -> Iterator[Outlier]:
    """Yield the revisions of `model` that are far from its kin `among` these; what it says itself is no evidence."""
    others = [rate for rate in among if rate.model != model.model]
    for number in range(1, len(model.revisions) + 1):
        rate = _rate(model, number)
        found = rate and _outlier(rate, others)
        if found:
            yield found


def _outlier(rate: Rate, others: Sequence[Rate]) -> Outlier | None:
    counted = [one for one in others if one.unit == rate.unit]
    family = [one for one in counted if one.family == rate.family]
    for kin, factor in ((family, FAMILY_FACTOR), (counted, UNIT_FACTOR)):
        if kin:
            peer = _median(kin, lambda one: one.usd_micros)
            if _distance(rate, peer) > (RECORDED_FACTOR if rate.recorded else factor):
                return Outlier(rate, peer, all_models=kin is counted)
    return None


def _rate(model: Model, number: int) -> Rate | None:
    revision = model.revisions[number - 1]
    unit = _unit(revision)
    prices = list(_prices(revision, unit)) if revision.price.base_usd_micros else []
    if not prices:
        return None
    return Rate(
        model=model.model,
        revision=number,
        family=family_of(model.model),
        unit=unit,
        usd_micros=_median(prices, lambda price: price),
        recorded=any(conflict.about in RECORDS for conflict in revision.conflicts),
    )


def _unit(revision: Revision) -> Unit:
    return next((unit for unit, field in UNIT_FIELDS.items() if field in revision.priced), "request")


def _prices(revision: Revision, unit: Unit) -> Iterator[Fraction]:
    """Yield the price of one unit for every combination of options that says how many units it is."""
    for options in combinations(revision):
        exact = exact_usd_micros(revision.price, map(multiplier_of, revision.price.factors, options))
        chosen = dict(zip(revision.priced, options, strict=True))
        units = number_text(option_text(chosen.get(UNIT_FIELDS.get(unit, ""), 1)))
        if units:
            yield exact / units


def _median(items: Iterable[_T], key: Callable[[_T], Fraction]) -> _T:
    """Return the middle item, of two the lower: one that a table states, and not a mean that nobody does."""
    ordered = sorted(items, key=key)
    return ordered[(len(ordered) - 1) // 2]


def _distance(rate: Rate, peer: Rate) -> Fraction:
    ratio = rate.usd_micros / peer.usd_micros
    return max(ratio, 1 / ratio)


def _per_unit(rate: Rate) -> str:
    dollars, micros = divmod(round(rate.usd_micros), MICROS_PER_USD)
    return f"${dollars:,}.{micros:06}".rstrip("0").rstrip(".") + f" per {rate.unit}"


def _times(distance: Fraction) -> str:
    """Return how many times, to one place."""
    whole, tenth = divmod(round(distance * 10), 10)
    return f"{whole:,}.{tenth}" if tenth else f"{whole:,}"
