"""The interleaved series: validating, pricing, and from JSON bytes to an answer.

Everything that is compared was asserted equal before; see `agree`.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks import agree, peers
from benchmarks.peers import _msgspec, _pydantic
from benchmarks.timing import Contender, Rounds, interleaved
from benchmarks.workload import KINDS, batches, rounds_of
from ratecard import Quote, quote, try_quote, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.workload import Request

    Chosen = Sequence[Sequence[Request]]  # one workload for each round
    Made = tuple[list[Contender], int]  # who takes part, and how many batches a round has


def run(size: int, rounds: int) -> dict[str, Rounds]:
    """Assert that all agree, then time every series; returns the rounds of each by its name.

    The agreement is reached in a process of its own, so that nothing of what is timed was ever seen in this one.
    """
    agree.check(size, rounds)
    judges = [peers.ratecard_peer(), peers.floor_peer(), *peers.installed()]
    taken: dict[str, Rounds] = {}
    for name in KINDS:
        chosen = rounds_of(name, size, rounds)
        contenders, count = _MAKERS[name](chosen) if name in _MAKERS else _judging(judges, chosen)
        taken[name] = interleaved(contenders, count, rounds)
    return taken


def _fresh(chosen: Chosen) -> tuple[Callable[[int, int], list[Any]], int]:
    """Return what makes the objects of a batch anew, and how many batches a round has."""
    parts = [batches(one) for one in chosen]
    return (lambda number, batch: [one.fresh() for one in parts[number][batch]]), len(parts[0])


def _judging(judges: Sequence[peers.Peer], chosen: Chosen) -> Made:
    fresh, count = _fresh(chosen)
    return [Contender(one.name, one.judge, fresh) for one in judges], count


def _pricing(valid: Chosen) -> Made:
    """Return who prices a valid request, and who prices calls of its own."""
    fresh, count = _fresh(valid)
    lookup = peers.dict_lookup()
    agree.assert_prices(valid[0], lookup, lambda request: request.fresh())

    def quoted(request: object) -> None:
        made = quote(request)
        made.usd_micros  # noqa: B018  touched, so that nothing is left for later
        made.factors  # noqa: B018

    def judged(request: object) -> None:
        for problem in validate(request).problems:
            problem.code  # noqa: B018

    own = [
        Contender("ratecard quote", quoted, fresh),
        Contender("ratecard validate", judged, fresh),
        Contender("dictionary", lookup, fresh),
    ]
    others = [Contender(one.name, one.price, _always(one.calls)) for one in peers.installed_pricers()]
    return [*own, *others], count


def _always(calls: Sequence[Any]) -> Callable[[int, int], Sequence[Any]]:
    return lambda _number, _batch: calls


def answer(request: object) -> None:
    """Quote a request and touch what came of it: the lines of the price, or every problem."""
    answered = try_quote(request)
    if isinstance(answered, Quote):
        answered.usd_micros  # noqa: B018
        answered.factors  # noqa: B018
        return
    for problem in answered.report.problems:
        problem.code  # noqa: B018
        problem.pointer  # noqa: B018


def _ours(read: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    return lambda body: answer(read(body))


def _reading(chosen: Chosen) -> Made:
    """Return who goes from JSON bytes to a price or to what is wrong."""
    parts = [batches(one) for one in chosen]

    def fresh(number: int, batch: int) -> list[bytes]:
        return [bytes(bytearray(one.text)) for one in parts[number][batch]]

    calls: dict[str, Callable[[bytes], object]] = {"json.loads": json.loads, "json.loads + ratecard": _ours(json.loads)}
    if peers.missing("orjson") is None:
        loads = import_module("orjson").loads
        calls |= {"orjson": loads, "orjson + ratecard": _ours(loads)}
    if peers.missing("pydantic") is None:
        calls["pydantic validate_json + look-up"] = _typed(chosen[0], *_pydantic.reader())
    if peers.missing("msgspec") is None:
        calls |= _msgspec_calls(chosen)
    return [Contender(name, call, fresh) for name, call in calls.items()], len(parts[0])


def _typed(
    checked: Sequence[Request], read: Callable[[bytes], Any], classes: dict[type, str]
) -> Callable[[bytes], object]:
    """Return a typed reader of JSON with a look-up of the price behind it, whose prices are right."""
    lookup = peers.lookup_of(classes)
    agree.assert_prices(checked, lookup, lambda request: read(request.text))
    return lambda body: lookup(read(body))


def _msgspec_calls(chosen: Chosen) -> dict[str, Callable[[bytes], object]]:
    decode = import_module("msgspec").json.decode
    return {
        "msgspec": decode,
        "msgspec + ratecard": _ours(decode),
        "msgspec typed + look-up": _typed(chosen[0], *_msgspec.decoder()),
        "msgspec typed, tuned + look-up": _typed(chosen[0], *_msgspec.decoder(patterns=False)),
    }


_MAKERS: dict[str, Callable[[Chosen], Made]] = {"price": _pricing, "bytes, mix": _reading}
"""Who takes part in the series that are not about validating alone."""
