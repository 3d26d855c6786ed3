"""The two that are always there: ratecard, and the floor that is written by hand."""

from __future__ import annotations

from benchmarks import floor
from benchmarks.peers._base import Peer
from ratecard import validate


def ratecard_peer() -> Peer:
    """Return ratecard itself."""

    def judge(request: object) -> None:
        for problem in validate(request).problems:
            problem.code  # noqa: B018  touched, so that nothing is left for later
            problem.pointer  # noqa: B018

    def problems_of(request: object) -> set[str]:
        return {problem.pointer for problem in validate(request).problems}

    says = "all problems, code and pointer touched; messages are made on demand and were not asked for"
    return Peer(name="ratecard", judge=judge, problems_of=problems_of, scope="exact", says=says)


def floor_peer() -> Peer:
    """Return the checker that is written by hand."""

    def judge(request: object) -> None:
        for _ in floor.problems_of(request):
            pass

    def problems_of(request: object) -> set[str]:
        return {pointer for _, pointer in floor.problems_of(request)}

    says = "all problems as code and pointer; no messages"
    return Peer(name="floor", judge=judge, problems_of=problems_of, scope="exact", says=says)
