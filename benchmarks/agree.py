"""What must be equal before anything is timed.

Rule 1  Every library comes to the verdict that the workload was built with, on every request.
Rule 2  Those that list all problems find the same places: exactly, or the object that has too few or too many fields.
Rule 3  Every price look-up gives the price of `ratecard.quote`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import peers
from ratecard import quote, validate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.workload import Request


def check(requests: Iterable[Request]) -> None:
    """Check that all peers whose library is installed agree with ratecard, and ratecard with the workload."""
    judges, look_ups = peers.installed(peers.VALIDATORS), peers.installed(peers.LOOK_UPS)
    for request in requests:
        exact, by_object = _places(request)
        assert bool(exact) == (request.fault is not None), (request, exact)
        for name, peer in judges.items():
            found = peer.judge(request.parsed())
            assert bool(found) == bool(exact), (name, request, found)
            if peer.places is not None:
                places, wanted = peer.places(found), by_object if peer.names_objects else exact
                assert places == wanted, (name, request, places, wanted)
        price = None if exact else quote(request.parsed()).usd_micros
        for name, price_of in look_ups.items():
            assert price_of(request.text) == price, (name, request)


def _places(request: Request) -> tuple[set[str], set[str]]:
    """Return where the problems of a request are, exactly and by the objects that hold them. None may be a warning."""
    problems = validate(request.parsed()).problems
    assert all(problem.severity == "error" for problem in problems), request
    holders = {
        problem.pointer.rpartition("/")[0] if problem.code in {"missing_field", "unknown_field"} else problem.pointer
        for problem in problems
    }
    return {problem.pointer for problem in problems}, holders
