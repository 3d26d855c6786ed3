"""What must be equal before anything is timed.

Rule 1  Every library comes to the verdict that the workload was built with, on every request.
Rule 2  Those that list all problems find the same places: exactly, or the object that has too few or too many fields.
Rule 3  Every price look-up gives the price of `ratecard.quote`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import peers, workload
from benchmarks.peers.prices import price_by_dictionary, typed_readers
from ratecard import quote, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.peers import Peer
    from benchmarks.workload import Request


def check_all(size: int, rounds: int) -> None:
    """Check every request of every round. To be called in another process than the one that is timed."""
    judges = peers.validators()
    for series in workload.SOURCES:
        for batches in workload.rounds_of(series, size, rounds):
            requests = [request for batch in batches for request in batch]
            check_verdicts(requests, judges)
            check_prices(requests)


def check_verdicts(requests: Sequence[Request], judges: Iterable[Peer]) -> None:
    """Check that every peer finds what ratecard finds, and that this is what the workload says."""
    expected = [_places(request) for request in requests]
    for request, (exact, _) in zip(requests, expected, strict=True):
        assert bool(exact) == (request.fault is not None), (request, exact)
    for peer in judges:
        for request, (exact, by_object) in zip(requests, expected, strict=True):
            places = peer.places(request.parsed())
            wanted = {"exactly": exact, "by object": by_object, "by verdict": places}[peer.compared]
            assert bool(places) == bool(exact), (peer.name, request, places)
            assert places == wanted, (peer.name, request, places, wanted)
            if peer.compared != "by verdict" and peer.verdict is not None:
                assert peer.verdict(request.parsed()) is not bool(exact), (peer.name, request)


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
    by_dictionary, readers = price_by_dictionary(), typed_readers()
    for request in requests:
        if request.fault is None:
            expected = quote(request.parsed()).usd_micros
            assert by_dictionary(request.parsed()) == expected, request
            for name, (read, price) in readers.items():
                assert price(read(request.text)) == expected, (name, request)
