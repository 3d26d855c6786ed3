"""The interleaved series: validating, quoting, starting from JSON bytes, and growth."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks import agree, generated, peers, workload
from benchmarks.models import SLUGS
from benchmarks.peers import prices
from benchmarks.timing import Contender, Series, interleaved
from benchmarks.workload import CLEAN, UNPRICED, WARNED
from ratecard import Catalog, Quote, quote, try_quote, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.workload import Request

    Batches = Sequence[Sequence[Sequence[Request]]]  # by round and batch
    Items = Callable[[int, int], list[Any]]  # from a round and a batch to what a contender gets

MIXED, VALID, INVALID, VERDICT = "validate, mixed", "validate, valid", "validate, invalid", "verdict, mixed"
QUOTE, BYTES, ANSWERS = "quote", "bytes, mixed", "all models, by answer"
CATALOGUES, HOSTILE = "catalogues", "hostile bodies"

FIVE, ALL, THOUSAND = "the five models alone", "all shipped models", "1,000 models"
"""The catalogues among which the same requests are judged."""


def measure(size: int, rounds: int) -> Iterator[Series]:
    """Check that everybody agrees, then time every series.

    Agreement is checked, and requests are sorted by answer, in another process, so that this one has seen nothing of
    what it is about to time.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        other.submit(agree.check_all, size, rounds).result()
        answers = list(other.map(workload.by_answer, [size // 5] * (rounds + 1), range(rounds + 1)))
    batches = {name: workload.rounds_of(name, size, rounds) for name in workload.SOURCES}
    yield from map(partial(_judging, rounds=rounds, batches=batches), (MIXED, VALID, INVALID, VERDICT))
    yield _quoting(batches[QUOTE], rounds)
    yield _reading(batches[BYTES], rounds)
    yield _answering(answers, rounds)
    yield _by_catalogue(batches[CATALOGUES], rounds)
    yield _hostile(size * 30, rounds)


def _parsed(batches: Batches) -> Items:
    """Return what parses the requests of a batch anew."""
    return lambda number, batch: [request.parsed() for request in batches[number][batch]]


def _judging(name: str, *, rounds: int, batches: dict[str, Any]) -> Series:
    """Time finding all problems of parsed requests; for the verdict, only whether there is any."""
    judges = {peer.name: peer.verdict if name == VERDICT else peer.judge for peer in peers.validators()}
    items = _parsed(batches[name])
    contenders = [Contender(peer, judge, items) for peer, judge in judges.items() if judge is not None]
    return Series(name=name, reference="ratecard", rounds=interleaved(contenders, rounds, len(batches[name][0])))


def _quoting(batches: Batches, rounds: int) -> Series:
    """Time quoting valid requests: the price alone, and the quote with its lines; and those who price other calls."""
    items = _parsed(batches)

    def whole(request: object) -> None:
        quoted = quote(request)
        quoted.usd_micros
        quoted.factors

    contenders = [
        Contender("ratecard quote", whole, items),
        Contender("ratecard quote, price alone", lambda request: quote(request).usd_micros, items),
        Contender("ratecard validate", lambda request: validate(request).problems, items),
        Contender("dictionary", prices.price_by_dictionary(), items),
        *(Contender(pricer.name, pricer.price, partial(_same, pricer.calls)) for pricer in prices.pricers()),
    ]
    note = (
        "The dictionary looks up the price of a request that is known to be valid. genai-prices and litellm price "
        "calls of their own: they validate nothing, and know none of these models."
    )
    return Series(
        name=QUOTE, reference="ratecard quote", rounds=interleaved(contenders, rounds, len(batches[0])), note=note
    )


def _same(calls: Sequence[Any], _round: int, _batch: int) -> Sequence[Any]:
    return calls


def answer(request: object) -> None:
    """Quote a request and read what came of it: the price, its lines and assumptions, or every problem."""
    answered = try_quote(request)
    if isinstance(answered, Quote):
        answered.usd_micros
        answered.factors
        answered.assumptions
    else:
        for problem in answered.report.problems:
            problem.code
            problem.pointer


def _reading(batches: Batches, rounds: int) -> Series:
    """Time the way from JSON bytes to a price or to what is wrong, and the parsers alone."""
    calls: dict[str, Callable[[bytes], object]] = {}
    for name, where in _PARSERS.items():
        if peers.is_installed(where.partition(":")[0].partition(".")[0]):
            parse = resolve_name(where)
            calls |= {name: parse, f"{name} + ratecard": _chained(parse, answer)}
    for name, (read, price) in prices.typed_readers().items():
        calls[f"{name} + look-up"] = _chained(read, price)

    def items(number: int, batch: int) -> list[bytes]:
        return [bytes(bytearray(request.text)) for request in batches[number][batch]]

    contenders = [Contender(name, call, items) for name, call in calls.items()]
    return Series(name=BYTES, reference="json.loads", rounds=interleaved(contenders, rounds, len(batches[0])))


_PARSERS = {"json.loads": "json:loads", "orjson": "orjson:loads", "msgspec": "msgspec.json:decode"}


def _chained(read: Callable[[bytes], Any], use: Callable[[Any], object]) -> Callable[[bytes], object]:
    return lambda body: use(read(body))


def _answering(answers: Sequence[dict[str, list[Request]]], rounds: int) -> Series:
    """Time `try_quote` over all shipped models, apart for each kind of answer."""
    batches = 10

    def items(kind: str, number: int, batch: int) -> list[Any]:
        return [request.parsed() for request in answers[number][kind][batch::batches]]

    kinds = [kind for kind in (CLEAN, WARNED, UNPRICED) if all(len(chosen[kind]) >= batches for chosen in answers)]
    contenders = [Contender(kind, answer, partial(items, kind)) for kind in kinds]
    note = "`try_quote` over all shipped models; requests are sorted by the answer, whose parts are all read."
    return Series(name=ANSWERS, reference=CLEAN, rounds=interleaved(contenders, rounds, batches), note=note)


def _by_catalogue(batches: Batches, rounds: int) -> Series:
    """Time validating the same requests for five models in catalogues of different sizes."""
    shipped = Catalog.bundled()
    five = Catalog(tuple(shipped[slug] for slug in SLUGS))
    catalogues = {FIVE: five, ALL: shipped, THOUSAND: shipped | _generated(1_000 - len(shipped))}
    contenders = [Contender(name, _validating(catalog), _parsed(batches)) for name, catalog in catalogues.items()]
    note = "The same valid requests for five models, judged in catalogues that hold more and more other models."
    return Series(name=CATALOGUES, reference=FIVE, rounds=interleaved(contenders, rounds, len(batches[0])), note=note)


def _generated(count: int) -> Catalog:
    with TemporaryDirectory() as folder:
        return Catalog.load(generated.write_tables(Path(folder), count))


def _validating(catalog: Catalog) -> Callable[[Any], object]:
    return lambda request: validate(request, catalog=catalog).problems


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


_SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "unknown fields": lambda count: {f"field_{number}": number for number in range(count)},
    "wrong items": lambda count: {"image_urls": list(range(count))},
    "addresses": lambda count: {"image_urls": [f"https://example.com/{number}" for number in range(count)]},
    "nested arrays": lambda count: {"shots": [_nested(90) for _ in range(count // 90)]},
    "many objects": lambda count: {"shots": [{"at": number} for number in range(count)]},
    "one long text": lambda count: {"prompt": "é" * (10 * count)},
}
"""Bodies that are made to cost more than they should, by the number of their parts."""

HOSTILE_SHAPES = tuple(_SHAPES)


def _hostile(count: int, rounds: int) -> Series:
    """Time validating each hostile body, together with parsing all of them."""
    request = {"model": "google/nano-banana-pro/edit-image", "input": {}}
    bodies = {name: json.dumps({**request, "input": make(count)}) for name, make in _SHAPES.items()}
    contenders = [
        Contender(f"{what}, {name}", call, partial(_same, [body]))
        for name, body in bodies.items()
        for what, call in (("json.loads", json.loads), ("json.loads + validate", _chained(json.loads, validate)))
    ]
    note = "One body of each shape; the second contender of each also validates what was parsed."
    return Series(name=HOSTILE, reference=contenders[0].name, rounds=interleaved(contenders, rounds, 1), note=note)
