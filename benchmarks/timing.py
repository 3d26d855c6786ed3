"""Interleaved timing: every number in the results is taken here.

Rule 1  All contenders of a series work through the same batches, in a new random order for every batch, so that any
        disturbance of the machine meets all of them and nobody always runs behind the one that leaves the caches cold.
Rule 2  The items of a batch are made anew outside the timed part, and every round has requests of its own.
Rule 3  The first round warms up and is not counted. The garbage collector is off while a batch is timed.
Rule 4  Ratios are taken within a round. The results show their minimum, median and maximum.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean, median
from time import perf_counter_ns
from typing import Any

from attrs import frozen

Rounds = dict[str, list[float]]
"""For each contender one number per round."""

Spread = tuple[float, float, float]
"""The minimum, median and maximum of several rounds."""


@frozen
class Contender:
    """Somebody to time: `call` is called with each of `items(round, batch)`."""

    name: str
    call: Callable[[Any], object]
    items: Callable[[int, int], Sequence[Any]]


def spread(numbers: Sequence[float]) -> Spread:
    """Return the minimum, median and maximum of some numbers.

    >>> spread([3.0, 1.0, 2.0])
    (1.0, 2.0, 3.0)
    """
    return min(numbers), median(numbers), max(numbers)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round.

    >>> ratios([2.0, 3.0], [4.0, 4.0])
    [0.5, 0.75]
    """
    return [ours / theirs for ours, theirs in zip(above, below, strict=True)]


def interleaved(
    contenders: Sequence[Contender],
    rounds: int,
    batches: int = 1,
    combine: Callable[[Sequence[float]], float] = fmean,
) -> Rounds:
    """Return nanoseconds per item for every contender and round; `combine` makes one number of a round's batches."""
    measured: Rounds = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        times: Rounds = {name: [] for name in measured}
        dice = Random(number)
        for batch in range(batches):
            for contender in dice.sample(contenders, len(contenders)):
                items = contender.items(number, batch)
                times[contender.name].append(_nanoseconds(contender.call, items) / len(items))
        for name in measured if number else ():
            measured[name].append(float(f"{combine(times[name]):.5g}"))  # more digits say nothing
    return measured


def _nanoseconds(call: Callable[[Any], object], items: Sequence[Any]) -> int:
    """Return the time of calling on every item, without the garbage collector."""
    gc.collect(0)
    gc.disable()
    try:
        start = perf_counter_ns()
        for item in items:
            call(item)
        return perf_counter_ns() - start
    finally:
        gc.enable()
