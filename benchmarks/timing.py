"""Interleaved timing: every time in the results is taken here.

Rule 1  All contenders of a series work through the same batches, in a new random order for every batch, so that
        disturbances of the machine affect all of them, and none always runs after one that leaves the caches cold.
Rule 2  The items of a batch are made anew outside the timed part, and every round has requests of its own.
Rule 3  The first round warms up and is not counted. The garbage collector is off while a batch is timed.
Rule 4  Ratios are taken within a round. The results show their minimum, median and maximum.

Libraries such as pyperf time each contender in processes of its own, one after the other, so they cannot keep rules 1
and 4.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random
from statistics import fmean
from time import perf_counter_ns, process_time_ns
from typing import Any

from attrs import frozen

Rounds = dict[str, list[float]]
"""For each contender one number per round."""


@frozen
class Series:
    """A table of the results.

    Attributes:
        name: The heading.
        reference: The contender that the others are shown relative to.
        rounds: The numbers of each contender: its memory if the unit is one of memory, otherwise nanoseconds per item.
        note: What a reader must know.
        unit: How the numbers are shown: "ns", "requests/s", "Mrow/s", "Mrow/CPU s", "MiB" or "MB".
    """

    name: str
    reference: str
    rounds: Rounds
    note: str = ""
    unit: str = "ns"


@frozen
class Contender:
    """Somebody to time: `call` is called with each of `items(round, batch)`, which is worth `size` items."""

    name: str
    call: Callable[[Any], object]
    items: Callable[[int, int], Sequence[Any]]
    size: int = 1


def interleaved(
    contenders: Sequence[Contender],
    rounds: int,
    batches: int = 1,
    combine: Callable[[Sequence[float]], float] = fmean,
) -> tuple[Rounds, Rounds]:
    """Return nanoseconds and CPU nanoseconds per item for every contender and round.

    `combine` makes one number of a round's batches.
    """
    measured: tuple[Rounds, Rounds] = ({one.name: [] for one in contenders}, {one.name: [] for one in contenders})
    for number in range(rounds + 1):
        dice = Random(number)
        times: dict[str, list[tuple[float, float]]] = {contender.name: [] for contender in contenders}
        for batch in range(batches):
            for contender in dice.sample(contenders, len(contenders)):
                items = contender.items(number, batch)
                count = len(items) * contender.size
                wall, cpu = _nanoseconds(contender.call, items)
                times[contender.name].append((wall / count, cpu / count))
        for name in times if number else ():
            for clock, taken in zip(measured, zip(*times[name], strict=True), strict=True):
                clock[name].append(float(f"{combine(taken):.5g}"))  # further digits are noise
    return measured


def _nanoseconds(call: Callable[[Any], object], items: Sequence[Any]) -> tuple[int, int]:
    """Return the time and the CPU time of calling on every item, without the garbage collector."""
    gc.collect(0)
    gc.disable()
    try:
        cpu, start = process_time_ns(), perf_counter_ns()
        for item in items:
            call(item)
        return perf_counter_ns() - start, process_time_ns() - cpu
    finally:
        gc.enable()


def elsewhere(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Return the results of a function from a fresh process, called with each of its arguments in turn."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        return list(other.map(function, *arguments))
