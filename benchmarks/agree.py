"""Who must say the same before anything is timed.

Rule 1  Every library comes to the verdict that the workload was built with, on every request.
Rule 2  Those that list all problems find the same places: exactly, or the object that holds a missing or unknown field.
Rule 3  Every look-up of a price gives the price of `ratecard.quote`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run
from typing import TYPE_CHECKING, Any

from benchmarks import peers, workload
from ratecard import quote, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.peers import Peer
    from benchmarks.workload import Request

_OF_OBJECT = {"missing_field", "unknown_field"}


def check(size: int, rounds: int) -> None:
    """Let all come to their verdicts in a fresh process; raises CalledProcessError where they differ."""
    command = [sys.executable, "-m", "benchmarks.agree", str(size), str(rounds)]
    run(command, cwd=Path(__file__).parents[1], check=True)  # noqa: S603  our own code


def assert_all(size: int, rounds: int) -> None:
    """Check every request of every round of every series."""
    judges = [peers.floor_peer(), *peers.installed()]
    for name in workload.KINDS:
        for chosen in workload.rounds_of(name, size, rounds):
            assert_verdicts(chosen, judges)


def assert_verdicts(requests: Sequence[Request], peers: Iterable[Peer]) -> None:
    """Check that every peer finds what ratecard finds, and that this is what the workload says."""
    found = [_places(request) for request in requests]
    for request, (exact, _) in zip(requests, found, strict=True):
        assert bool(exact) == (request.wrong is not None), (request, exact)
    for peer in peers:
        for request, (exact, of_object) in zip(requests, found, strict=True):
            places = peer.problems_of(request.fresh())
            expected = {"exact": exact, "object": of_object, "verdict": places}[peer.scope]
            assert bool(places) == bool(exact), (peer.name, request, places)
            assert places == expected, (peer.name, request, places, expected)


def _places(request: Request) -> tuple[set[str], set[str]]:
    """Return where the errors of a request are, exactly and by the objects that hold them. Warnings must not occur."""
    problems = validate(request.fresh()).problems
    assert all(one.severity == "error" for one in problems), request
    holders = {one.pointer.rpartition("/")[0] if one.code in _OF_OBJECT else one.pointer for one in problems}
    return {one.pointer for one in problems}, holders


def assert_prices(
    requests: Sequence[Request], price: Callable[[Any], int | None], read: Callable[[Request], Any]
) -> None:
    """Check that a look-up gives the price of `quote` for every valid request, which `read` makes ready for it."""
    for request in requests:
        if request.wrong is None:
            assert price(read(request)) == quote(request.fresh()).usd_micros, request


if __name__ == "__main__":
    assert_all(*map(int, sys.argv[1:]))
