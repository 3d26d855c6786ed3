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

from benchmarks import agree, models, peers, workload
from benchmarks.timing import Contender, interleaved
from benchmarks.workload import CLEAN, UNPRICED, WARNED
from ratecard import Catalog, Quote, quote, try_quote, try_quote_json, validate
from ratecard._quote.document import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard import Declined

    Plan = tuple[list[Contender], int]  # the contenders, and the batches of a round
    Items = Callable[[int, int], list[Any]]  # from a round and a batch to what a contender gets

MIXED, VALID, INVALID, VERDICT = "validate, mixed", "validate, valid", "validate, invalid", "verdict, mixed"
QUOTE, BYTES, ANSWERS = "quote", "bytes, mixed", "all models, by answer"
CATALOGUES, HOSTILE = "catalogues", "hostile bodies"
BYTES_VALID, LINES = "bytes, valid", "JSON lines"

FIVE, ALL, THOUSAND = "the five models alone", "all shipped models", "1,000 models"
"""The catalogues among which the same requests are judged."""

_PARSERS = {"json.loads": "json:loads", "orjson": "orjson:loads", "msgspec": "msgspec.json:decode"}


def _requests(name: str, size: int, rounds: int, read: Callable[[Any], Any]) -> tuple[Items, int]:
    """Return what reads the requests of a batch anew, and the number of batches."""
    batches = workload.rounds_of(name, size, rounds)
    return lambda number, batch: [read(request) for request in batches[number][batch]], len(batches[0])


def _judging(series: str, size: int, rounds: int) -> Plan:
    """Find all problems of parsed requests; for the verdict, only whether there is any."""
    items, batches = _requests(series, size, rounds, workload.Request.parsed)
    found = peers.installed(peers.VALIDATORS)
    judges = {name: peer.verdict if series == VERDICT else peer.judge for name, peer in found.items()}
    return [Contender(name, judge, items) for name, judge in judges.items() if judge is not None], batches


def _quoting(size: int, rounds: int) -> Plan:
    """Quote valid requests, only validate them, and let others price calls of their own."""
    items, batches = _requests(QUOTE, size, rounds, workload.Request.parsed)

    def whole(request: object) -> None:
        quoted = quote(request)
        quoted.usd_micros
        quoted.factors

    others = peers.installed(peers.PRICERS)
    return [
        Contender("ratecard quote", whole, items),
        Contender("ratecard validate", lambda request: validate(request).problems, items),
        *(Contender(name, price, partial(_same, calls)) for name, (price, calls) in others.items()),
    ], batches


def answer(request: object) -> None:
    """Quote a request and read what came of it."""
    _tell(try_quote(request))


def _tell(answered: Quote | Declined) -> None:
    """Read the price of an answer, its lines and assumptions, or every problem."""
    if isinstance(answered, Quote):
        answered.usd_micros
        answered.factors
        answered.assumptions
    else:
        for problem in answered.report.problems:
            problem.code
            problem.pointer


def _reading(series: str, size: int, rounds: int) -> Plan:
    """Go from JSON bytes to a price or to what is wrong, and only parse."""
    items, batches = _requests(series, size, rounds, lambda request: bytes(bytearray(request.text)))
    calls: dict[str, Callable[[bytes], object]] = {}
    for name, where in _PARSERS.items():
        if peers.is_installed(where.partition(":")[0].partition(".")[0]):
            parse = resolve_name(where)
            calls |= {name: parse, f"{name} + ratecard": _chained(parse, answer)}
    if peers.is_installed("msgspec"):
        calls[TYPED] = _chained(try_quote_json, _tell)
    calls |= peers.installed(peers.LOOK_UPS)
    return [Contender(name, call, items) for name, call in calls.items()], batches


def _chained(read: Callable[[bytes], Any], use: Callable[[Any], object]) -> Callable[[bytes], object]:
    return lambda body: use(read(body))


def _counting(read: Callable[[bytes], Quote | Declined], lines: list[bytes]) -> int:
    """Read the answer to each line in full, and return how many quotes there are."""
    quotes = 0
    for line in lines:
        answered = read(line)
        _tell(answered)
        quotes += isinstance(answered, Quote)
    return quotes


def _lines(size: int, rounds: int) -> Plan:
    """Read JSON lines for all shipped models: only parse, stop at the first error, or tell every problem."""
    made = _elsewhere(workload.lines, [size] * (rounds + 1), range(rounds + 1))
    calls: dict[str, Callable[[list[bytes]], object]] = {
        "json.loads": lambda lines: [json.loads(line) for line in lines],
        STANDARD: partial(_counting, lambda line: try_quote(parse(line))),
    }
    if peers.is_installed("msgspec"):
        pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
        calls |= {
            "msgspec typed": resolve_name("benchmarks.peers.msgspec_structs:read_lines")(),
            TYPED: partial(_counting, try_quote_json),
            TWO: lambda lines: list(pool.map(partial(_counting, try_quote_json), (lines[::2], lines[1::2]))),
        }
    return [Contender(name, call, lambda number, _: [made[number]]) for name, call in calls.items()], 1


TYPED, STANDARD, TWO = "try_quote_json", "try_quote_json, standard library", "try_quote_json, two processes"
"""Reading with msgspec, without it, and with it in two processes."""


def _answering(size: int, rounds: int) -> Plan:
    """Quote requests for all shipped models, apart for each kind of answer."""
    batches = 10
    answers = _elsewhere(workload.by_answer, [size // 5] * (rounds + 1), range(rounds + 1))

    def items(kind: str, number: int, batch: int) -> list[Any]:
        return [request.parsed() for request in answers[number][kind][batch::batches]]

    kinds = [kind for kind in (CLEAN, WARNED, UNPRICED) if all(len(chosen[kind]) >= batches for chosen in answers)]
    return [Contender(kind, answer, partial(items, kind)) for kind in kinds], batches


def _growing(size: int, rounds: int) -> Plan:
    """Validate the same requests for five models in catalogues of different sizes."""
    items, batches = _requests(CATALOGUES, size, rounds, workload.Request.parsed)
    shipped = Catalog.bundled()
    with TemporaryDirectory() as folder:
        generated = Catalog.load(models.write_tables(Path(folder), 1_000 - len(shipped)))
    five = Catalog(tuple(shipped[slug] for slug in models.SLUGS))
    catalogues = {FIVE: five, ALL: shipped, THOUSAND: shipped | generated}

    def validating(catalog: Catalog) -> Callable[[Any], object]:
        return lambda request: validate(request, catalog=catalog).problems

    return [Contender(name, validating(catalog), items) for name, catalog in catalogues.items()], batches


SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "unknown fields": lambda count: {f"field_{number}": number for number in range(count)},
    "wrong items": lambda count: {"image_urls": list(range(count))},
    "addresses": lambda count: {"image_urls": [f"https://example.com/{number}" for number in range(count)]},
    "nested arrays": lambda count: {"shots": [json.loads("[" * 91 + "]" * 91) for _ in range(count // 90)]},
    "many objects": lambda count: {"shots": [{"at": number} for number in range(count)]},
    "one long text": lambda count: {"prompt": "é" * (10 * count)},
}
"""Bodies that are made to cost more than they should, by the number of their parts."""


def _hostile(size: int, _: int) -> Plan:
    """Parse each hostile body, and also validate it."""
    contenders = []
    for name, make in SHAPES.items():
        body = json.dumps({"model": "google/nano-banana-pro/edit-image", "input": make(30 * size)})
        contenders += [
            Contender(f"json.loads, {name}", json.loads, partial(_same, [body])),
            Contender(f"json.loads + validate, {name}", _chained(json.loads, validate), partial(_same, [body])),
        ]
    return contenders, 1


def _same(items: list[Any], _round: int, _batch: int) -> list[Any]:
    return items


# The name of each series, the contender that the others are shown relative to, its plan, and a note for the reader.
SERIES: tuple[tuple[str, str, Callable[[int, int], Plan], str], ...] = (
    *((name, "ratecard", partial(_judging, name), "") for name in (MIXED, VALID, INVALID, VERDICT)),
    (
        QUOTE,
        "ratecard quote",
        _quoting,
        "genai-prices and litellm price calls of their own: they validate nothing, and know none of these models.",
    ),
    (BYTES, "json.loads", partial(_reading, BYTES), ""),
    (BYTES_VALID, "json.loads", partial(_reading, BYTES_VALID), ""),
    (
        LINES,
        "json.loads",
        _lines,
        "Whole files of requests over all shipped models, one in 37 invalid. msgspec stops at the first error of each.",
    ),
    (
        ANSWERS,
        CLEAN,
        _answering,
        "`try_quote` over all shipped models; requests are sorted by the answer, whose parts are all read.",
    ),
    (
        CATALOGUES,
        FIVE,
        _growing,
        "The same valid requests for five models, judged in catalogues that hold more and more other models.",
    ),
    (
        HOSTILE,
        f"json.loads, {next(iter(SHAPES))}",
        _hostile,
        "One body of each shape; the second contender of each also validates what was parsed.",
    ),
)


def measure(size: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Check that everybody agrees, then time every series."""
    _elsewhere(agree.check_all, [size], [rounds])
    for name, reference, plan, note in SERIES:
        contenders, batches = plan(size, rounds)
        times = interleaved(contenders, rounds, batches)
        yield {"name": name, "reference": reference, "rounds": times, "note": note, "unit": "ns"}


def _elsewhere(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Return the results of a function from another process, so that this one has not seen what it is to time."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        return list(other.map(function, *arguments))
