"""What many differences have in common.

Rule 1  A cause is one change that explains the charges of its rows to the micro. A row counts for one cause alone.
Rule 2  Causes are found one after another: each explains the most of the rows that are left.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ratecard._bill.decode import KINDS, Basis, Decoder, Explanation, Kind, by_factor
from ratecard._money import usd_text
from ratecard._quote.stored import plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Pair: TypeAlias = tuple[Basis, int]
"""What was quoted, and what was charged instead."""

_MOST_CAUSES = 20
_MOST_FACTORS = 5
_MOST_PAIRS = 20_000
_FEWEST = 2
_CHANCE = 100
_UNIT = Fraction(1)


@frozen(kw_only=True)
class Cause:
    """One change that explains several differences.

    Attributes:
        explanation: The change, as it explains the first of its rows.
        rows: How many rows it explains.
        of: How many rows differ in all.
        difference_micros: The sum of these differences, in millionths of a US dollar.
        models: The models of these rows, sorted.
    """

    explanation: Explanation
    rows: int
    of: int
    difference_micros: int
    models: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the cause as plain JSON data."""
        parts = {"kind": self.explanation.kind, "says": self.explanation.says, "rows": self.rows, "of": self.of}
        amounts = {"difference_micros": self.difference_micros, "difference_usd": usd_text(self.difference_micros)}
        return {**parts, **amounts, "models": list(self.models), "ratio": plain_data(self.explanation.ratio)}

    def __str__(self) -> str:
        return f"{self.rows:,} of {self.of:,}: {self.explanation.says}"


def explain(pairs: Mapping[Pair, int], decoder: Decoder) -> tuple[dict[Pair, Explanation], tuple[Cause, ...]]:
    """Return one explanation for each difference that has any, and the common causes.

    `pairs` has the number of rows of each difference. It is explained by the cause that it counts for, or else by its
    best explanation.
    """
    every = ((pair, decoder.explanations(pair[1], pair[0])) for pair in pairs)
    found = {pair: known for pair, known in every if known[0].kind != "impossible"}
    for ratio in _factors(pairs):
        for pair in pairs:
            exact = pair[0].exact
            if exact and abs(exact * ratio - pair[1]) < 1:  # rounded in whatever way
                found[pair] = (*found.get(pair, ()), by_factor(ratio))
    chosen = {pair: explanations[0] for pair, explanations in found.items()}
    groups = [*islice(_groups(found, pairs), _MOST_CAUSES)]
    for taken in groups:
        chosen |= taken
    return chosen, tuple(_cause(taken, pairs) for taken in groups)


def _cause(taken: Mapping[Pair, Explanation], pairs: Mapping[Pair, int]) -> Cause:
    return Cause(
        explanation=next(iter(taken.values())),
        rows=sum(pairs[pair] for pair in taken),
        of=sum(pairs.values()),
        difference_micros=sum(pairs[pair] * (pair[1] - (pair[0].usd_micros or 0)) for pair in taken),
        models=tuple(sorted({pair[0].model for pair in taken})),
    )


def _groups(
    found: Mapping[Pair, tuple[Explanation, ...]], pairs: Mapping[Pair, int]
) -> Iterator[dict[Pair, Explanation]]:
    """Yield the differences that have a cause in common, most rows first; of equal ones the better kind."""
    left = {pair: {(each.kind, each.says): each for each in reversed(known)} for pair, known in found.items()}
    while True:
        rows: Counter[tuple[Kind, str]] = Counter()
        for pair, known in left.items():
            rows.update(dict.fromkeys(known, pairs[pair]))
        key = max(rows, key=lambda key: (rows[key], -KINDS.index(key[0])), default=None)
        if key is None or rows[key] < _FEWEST:
            return
        taken = {pair: known[key] for pair, known in left.items() if key in known}
        left = {pair: known for pair, known in left.items() if pair not in taken}
        yield taken


# factors


def _factors(pairs: Mapping[Pair, int]) -> list[Fraction]:
    """Return the factors that explain the charges of two or more different prices, those of most rows first.

    The candidates are the exact ratio of each difference and, because charges are whole micros, the simplest ratio
    that is less than a micro away. Of very many differences, only the first ones are searched, and what fewer than one
    in a hundred share is taken for chance.
    """
    rows: Counter[Fraction] = Counter()
    prices: dict[Fraction, set[Fraction]] = {}
    for (basis, charged), number in islice(pairs.items(), _MOST_PAIRS):
        if basis.exact and charged > 0:
            near = simplest(Fraction(charged - 1) / basis.exact, Fraction(charged + 1) / basis.exact)
            for ratio in {charged / basis.exact, near} - {_UNIT}:
                rows[ratio] += number
                prices.setdefault(ratio, set()).add(basis.exact)
    fewest = max(_FEWEST, sum(pairs.values()) // _CHANCE)
    shared = (ratio for ratio, number in rows.most_common() if number >= fewest and len(prices[ratio]) >= _FEWEST)
    return [*islice(shared, _MOST_FACTORS)]


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction between two others, exclusive, that has the smallest divisor.

    >>> simplest(Fraction(247505, 225005), Fraction(247507, 225005))
    Fraction(11, 10)
    """
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:  # `high` is at most one more, so the result is whole + 1/n
        return whole + Fraction(1, 1 + (1 / (high - whole)).__floor__())
    return whole + 1 / simplest(1 / (high - whole), 1 / (low - whole))
