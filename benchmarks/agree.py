"""What must be equal before anything is timed.

Rule 1  Every library comes to the verdict that the workload was built with, on every request.
Rule 2  Those that list all problems find the same places: exactly, or the object that has too few or too many fields.
Rule 3  Every price look-up gives the price of `ratecard.quote`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import peers, workload
from ratecard import quote, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.peers import Peer
    from benchmarks.workload import Request


def check_all(size: int, rounds: int) -> None:
    """Check every request of every round. To be called in another process than the one that is timed."""
    judges = peers.installed(peers.VALIDATORS)
    for series in workload.SOURCES:
        for batches in workload.rounds_of(series, size, rounds):
            requests = [request for batch in batches for request in batch]
            check_verdicts(requests, judges)
            check_prices(requests)


def check_verdicts(requests: Iterable[Request], judges: Mapping[str, Peer]) -> None:
    """Check that every peer finds what ratecard finds, and that this is what the workload says."""
    for request in requests:
        exact, by_object = _places(request)
        assert bool(exact) == (request.fault is not None), (request, exact)
        for name, peer in judges.items():
            found = (peer.places or peer.judge)(request.parsed())
            assert bool(found) == bool(exact), (name, request, found)
            if peer.places is not None:
                wanted = by_object if peer.names_objects else exact
                assert found == wanted, (name, request, found, wanted)
                assert peer.verdict is None or peer.verdict(request.parsed()) is not bool(exact), (name, request)


def _places(request: Request) -> tuple[set[str], set[str]]:
    """Return where the problems of a request are, exactly and by the objects that hold them. None may be a warning."""
    problems = validate(request.parsed()).problems
    assert all(problem.severity == "error" for problem in problems), request
    holders = {
        problem.pointer.rpartition("/")[0] if problem.code in {"missing_field", "unknown_field"} else problem.pointer
        for problem in problems
    }
    return {problem.pointer for problem in problems}, holders


def check_prices(requests: Iterable[Request]) -> None:
    """Check that every look-up gives the price of `quote` for every valid request."""
    look_ups = peers.installed(peers.LOOK_UPS)
    for request in requests:
        if request.fault is None:
            expected = quote(request.parsed()).usd_micros
            for name, price in look_ups.items():
                assert price(request.text) == expected, (name, request)
