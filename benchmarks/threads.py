"""Eight threads that quote at once, from a catalogue that nobody has touched, get what one thread gets.

`python -m benchmarks.threads` is one such start; `check` makes several, each in a fresh process.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run
from threading import Barrier

THREADS = 8


def check(starts: int) -> None:
    """Start several fresh processes; raises CalledProcessError where the threads of one disagree."""
    for _ in range(starts):
        run([sys.executable, "-m", "benchmarks.threads"], cwd=Path(__file__).parents[1], check=True)


def quote_at_once(size: int = 400) -> None:
    """Quote the same requests in eight threads that begin together, and compare with a ninth, afterwards."""
    from benchmarks.workload import requests  # noqa: PLC0415  nothing of ratecard may be warm
    from ratecard import try_quote  # noqa: PLC0415  as above

    chosen = requests(size)
    together = Barrier(THREADS)
    sys.setswitchinterval(1e-6)

    def quotes(first: int) -> list[object]:
        order = [*range(first, size), *range(first)]
        together.wait()
        found = {index: try_quote(chosen[index].fresh()) for index in order}
        return [found[index] for index in range(size)]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(quotes, [0, 0, 0, 0, *(size * part // THREADS for part in range(4, THREADS))]))
    alone = [try_quote(one.fresh()) for one in chosen]
    assert all(one == alone for one in answers)
    assert len({type(one) for one in alone}) == 2


if __name__ == "__main__":
    quote_at_once()
