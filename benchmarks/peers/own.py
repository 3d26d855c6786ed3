"""The two validators that are always there: ratecard, and the floor that is written by hand."""

from __future__ import annotations

from benchmarks import floor
from benchmarks.peers import Peer
from ratecard import validate


def ratecard() -> Peer:
    """Return ratecard itself."""

    def judge(request: object) -> None:
        for problem in validate(request).problems:
            problem.code
            problem.pointer

    return Peer(
        name="ratecard",
        judge=judge,
        places=lambda request: {problem.pointer for problem in validate(request).problems},
        compared="exactly",
        answer="all problems; code and pointer read; messages are made on demand and were not asked for",
        verdict=lambda request: validate(request).ok,
    )


def by_hand() -> Peer:
    """Return the checker that is written by hand."""

    def judge(request: object) -> None:
        for _ in floor.problems_of(request):
            pass

    return Peer(
        name="floor",
        judge=judge,
        places=lambda request: {pointer for _, pointer in floor.problems_of(request)},
        compared="exactly",
        answer="all problems as code and pointer; no messages",
        verdict=floor.is_valid,
    )
