"""Times, taken so that they can be compared: in turns, from fresh objects, as ratios within one round.

Rule 1  All contenders of a series go through the same batches in turn, in another order for every batch, so that
        whatever else the machine does meets all of them, and nobody always follows the one that leaves the caches cold.
Rule 2  What a contender gets is made anew for every batch, outside the time taken, and every round of every series has
        requests of its own, which the process has never seen: nobody gains from having answered them before.
Rule 3  The first round warms up and is not counted. The garbage collector is off while a batch is timed.
Rule 4  Ratios are taken within a round; what is told is their least, their median and their greatest.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from time import perf_counter_ns
from typing import Any

from attrs import frozen

Rounds = dict[str, list[float]]
"""Nanoseconds per item, one number for each round, by contender."""


@frozen
class Contender:
    """Someone to be timed: `call` on each item of `fresh(round, batch)`."""

    name: str
    call: Callable[[Any], object]
    fresh: Callable[[int, int], Sequence[Any]]


@frozen
class Spread:
    """What several rounds gave: the least, the median, the greatest."""

    least: float
    median: float
    greatest: float

    @staticmethod
    def of(numbers: Sequence[float]) -> Spread:
        """Return the spread of some numbers.

        >>> Spread.of([3.0, 1.0, 2.0])
        Spread(least=1.0, median=2.0, greatest=3.0)
        """
        return Spread(min(numbers), median(numbers), max(numbers))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round.

    >>> ratios([2.0, 3.0], [4.0, 4.0])
    [0.5, 0.75]
    """
    return [one / other for one, other in zip(above, below, strict=True)]


def interleaved(contenders: Sequence[Contender], batches: int, rounds: int) -> Rounds:
    """Return nanoseconds per item of every contender, for every round; round 0 warms up and is not among them."""
    taken: Rounds = {one.name: [] for one in contenders}
    for number in range(rounds + 1):
        spent, items = _round(contenders, number, batches)
        for name in taken if number else ():
            taken[name].append(spent[name] / items[name])
    return taken


def _round(contenders: Sequence[Contender], number: int, batches: int) -> tuple[dict[str, int], dict[str, int]]:
    spent = dict.fromkeys((one.name for one in contenders), 0)
    items = dict(spent)
    dice = Random(number)  # noqa: S311  an order, no secret
    for batch in range(batches):
        for one in dice.sample(contenders, len(contenders)):
            fresh = one.fresh(number, batch)
            spent[one.name] += span(one.call, fresh)
            items[one.name] += len(fresh)
    return spent, items


def span(call: Callable[[Any], object], items: Sequence[Any]) -> int:
    """Return the nanoseconds of calling on every item, without the garbage collector."""
    gc.collect(0)
    gc.disable()
    try:
        start = perf_counter_ns()
        for item in items:
            call(item)
        return perf_counter_ns() - start
    finally:
        gc.enable()
