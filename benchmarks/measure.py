"""Everything in one run, at full or at tiny sizes, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from benchmarks import cold, growth, peers, profiling, promises, series, threads
from benchmarks.goals import CATALOGUE, COLD, PEAKS, PROMISES
from benchmarks.machine import machine, versions
from benchmarks.workload import SIZE, requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.timing import Rounds


@frozen(kw_only=True)
class Sizes:
    """How much is measured: requests and rounds, fresh processes, catalogues, and by how much sizes are shrunk."""

    requests: int
    rounds: int
    processes: int
    catalogues: tuple[int, ...]
    shrink: int
    starts: int


FULL = Sizes(requests=SIZE, rounds=9, processes=25, catalogues=growth.CATALOGUES, shrink=1, starts=5)
QUICK = Sizes(requests=100, rounds=1, processes=1, catalogues=(5, 76, 80), shrink=1_000, starts=1)


def measure(sizes: Sizes, say: Callable[[str], object]) -> dict[str, Any]:
    """Check and time everything; `say` is told what comes next."""
    say("threads: eight at once from a cold start")
    threads.check(sizes.starts)
    say("fresh processes")
    rounds, loaded, imported = _processes(sizes)
    say("validate, price, bytes: agreement first, then the rounds")
    rounds |= series.run(sizes.requests, sizes.rounds)
    say("what each promise costs")
    rounds[PROMISES] = promises.run(sizes.requests, sizes.rounds)
    say("growth")
    chosen = requests(sizes.requests)
    rounds[CATALOGUE] = growth.by_catalogue(chosen, sizes.rounds, sizes.catalogues)
    curves = growth.curves(quick=sizes is QUICK)
    say("hostile sizes")
    hostile = growth.hostile(sizes.shrink)
    return {
        "machine": machine(),
        "versions": versions(),
        "rounds": sizes.rounds,
        "size": sizes.requests,
        "threads": {"threads": threads.THREADS, "starts": sizes.starts},
        "says": {one.name: one.says for one in (peers.ratecard_peer(), peers.floor_peer(), *peers.installed())},
        "series": {name: _rounded(one) for name, one in rounds.items()},
        "loaded": loaded,
        "curves": [{**asdict(one), "points": [[n, _short(cost)] for n, cost in one.points]} for one in curves],
        "hostile": [asdict(one) for one in hostile],
        "profiles": {**profiling.shares(chosen), "import, beyond attrs": imported},
    }


def _processes(sizes: Sizes) -> tuple[dict[str, Rounds], dict[str, Any], profiling.Shares]:
    with cold.processes() as found:
        rounds = {COLD: cold.times(found, sizes.processes), PEAKS: cold.peaks(found, sizes.processes)}
        by_name = {one.name: one for one in found}
        imported = profiling.imports(by_name["ratecard"], by_name["import attrs"])
        return rounds, {one.name: one.loaded() for one in found}, imported


def _rounded(rounds: Rounds) -> Rounds:
    return {name: [_short(one) for one in times] for name, times in rounds.items()}


def _short(number: float) -> float:
    """Return a number with five digits: more of them say nothing.

    >>> _short(1234.5678)
    1234.6
    """
    return float(f"{number:.5g}")
