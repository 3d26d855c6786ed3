"""The interleaved series over single requests: validating, quoting, JSON bytes and lines, kinds of answers, growth."""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks import models, peers, workload
from benchmarks.timing import Contender, Series, elsewhere, interleaved
from benchmarks.workload import CLEAN, Request
from ratecard import Catalog, Quote, quote, try_quote, try_quote_json, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ratecard import Declined

MIXED, VALID, INVALID, QUOTE = "validate, mixed", "validate, valid", "validate, invalid", "quote"
BYTES, BYTES_VALID, LINES = "bytes, mixed", "bytes, valid", "JSON lines"
ANSWERS, CATALOGUES, HOSTILE = "all models, by answer", "catalogues", "hostile bodies"

TYPED, STANDARD, TWO = "try_quote_json", "try_quote_json, standard library", "try_quote_json, two processes"
"""Reading with msgspec, without it, and with it in two processes."""

FIVE, ALL, THOUSAND = "the five models alone", "all shipped models", "1,000 models"
"""The catalogues among which the same requests are judged."""

BATCH = 100
"""How many requests are parsed anew and then timed in one go."""


def measure(size: int, rounds: int) -> Iterator[Series]:
    """Check that everybody agrees, then time every series; each round has about `size` requests."""
    requests = [workload.mixed(size, seed) for seed in range(rounds + 1)]
    elsewhere(peers.check, requests)
    valid = [[request for request in chosen if request.fault is None] for chosen in requests]
    invalid = [[request for request in chosen if request.fault is not None] for chosen in requests]
    for name, chosen in ((MIXED, requests), (VALID, valid), (INVALID, invalid)):
        judges = {name: peer.judge for name, peer in peers.installed(peers.VALIDATORS).items()}
        yield _timed(name, "ratecard", judges, chosen, Request.parsed)
    yield _quoting(valid)
    for name, chosen in ((BYTES, requests), (BYTES_VALID, valid)):
        yield _timed(name, "json.loads", _readers(), chosen, lambda request: bytes(bytearray(request.text)))
    yield _lines(size, rounds)
    yield _by_answer(size // 20, rounds)
    yield _growing(valid)
    yield _hostile(size, rounds)


def _timed(
    name: str,
    reference: str,
    calls: dict[str, Callable[[Any], object]],
    requests: list[list[Request]],
    read: Callable[[Request], Any],
) -> Series:
    """Time calls that all get the same requests, which are read anew for every batch."""
    contenders = [Contender(contender, call, _batches(requests, read)) for contender, call in calls.items()]
    return Series(name, reference, interleaved(contenders, len(requests) - 1, -(-len(requests[0]) // BATCH))[0])


def _batches(requests: list[list[Request]], read: Callable[[Request], Any]) -> Callable[[int, int], list[Any]]:
    return lambda number, batch: [read(one) for one in requests[number][batch * BATCH : (batch + 1) * BATCH]]


def _quoting(requests: list[list[Request]]) -> Series:
    """Quote valid requests, only validate them, and let others price calls of their own."""
    items = _batches(requests, Request.parsed)
    contenders = [
        Contender("ratecard quote", lambda request: quote(request).factors, items),
        Contender("ratecard validate", lambda request: validate(request).problems, items),
    ]
    for name, (price, calls) in peers.installed(peers.PRICERS).items():
        contenders.append(Contender(name, price, partial(_same, calls)))
    note = "genai-prices and litellm price calls of their own: they validate nothing, and know none of these models."
    rounds, _ = interleaved(contenders, len(requests) - 1, -(-len(requests[0]) // BATCH))
    return Series(QUOTE, "ratecard quote", rounds, note)


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


def _answer(request: object) -> None:
    _tell(try_quote(request))


def _same(items: list[Any], _round: int, _batch: int) -> list[Any]:
    return items


def _readers() -> dict[str, Callable[[bytes], object]]:
    """Return what goes from JSON bytes to a price or to what is wrong, and what only parses."""
    parsers = {name: resolve_name(f"{name}:loads") for name in ("json", "orjson") if peers.is_installed(name)}
    alone = {f"{name}.loads": parse for name, parse in parsers.items()}
    chained = {f"{name} + ratecard": _chained(parse, _answer) for name, parse in parsers.items()}
    typed = {TYPED: _chained(try_quote_json, _tell)} if peers.is_installed("msgspec") else {}
    return alone | chained | typed | peers.installed(peers.LOOK_UPS)


def _chained(read: Callable[[bytes], Any], use: Callable[[Any], object]) -> Callable[[bytes], object]:
    return lambda body: use(read(body))


def _lines(size: int, rounds: int) -> Series:
    """Read JSON lines for all shipped models: only parse, stop at the first error, or tell every problem."""
    made = elsewhere(workload.lines, [size] * (rounds + 1), range(rounds + 1))
    spawn = get_context("spawn")
    with ExitStack() as stack:
        alone = stack.enter_context(ProcessPoolExecutor(1, spawn, _forget_msgspec))
        others = [stack.enter_context(ProcessPoolExecutor(1, spawn)) for _ in range(2)]
        calls: dict[str, Callable[[bytes], Any]] = {
            "json.loads": lambda lines: [json.loads(line) for line in lines.splitlines()],
            STANDARD: lambda lines: _counted([alone], [lines]),
        }
        if peers.is_installed("msgspec"):
            calls |= {
                "msgspec typed": resolve_name("benchmarks.peers.msgspec_structs:read_lines")(),
                TYPED: count_quotes,
                TWO: lambda lines: _counted(others, _halves(lines)),
            }
        for lines in made:  # every process knows the same answers
            count_quotes(lines)
            _counted([alone, *others], [lines] * 3)
        found = {calls[name](made[0]) for name in (STANDARD, TYPED, TWO) if name in calls}
        assert len(found) == 1, found
        contenders = [Contender(name, call, lambda number, _: [made[number]], size) for name, call in calls.items()]
        times, _ = interleaved(contenders, rounds)
    note = (
        "Whole files over all shipped models, one request in 37 invalid, in processes that have read them before. "
        "msgspec stops at the first error of each."
    )
    return Series(LINES, "json.loads", times, note)


def _counted(processes: Sequence[ProcessPoolExecutor], parts: Sequence[bytes]) -> int:
    """Return how many quotes there are in some parts of a file, each of which is read by a process of its own."""
    counts = [process.submit(count_quotes, part) for process, part in zip(processes, parts, strict=True)]
    return sum(map(Future.result, counts))


def count_quotes(lines: bytes) -> int:
    """Read the answer to each line in full, and return how many quotes there are."""
    quotes = 0
    for line in lines.splitlines():
        answered = try_quote_json(line)
        _tell(answered)
        quotes += isinstance(answered, Quote)
    return quotes


def _forget_msgspec() -> None:
    sys.modules["msgspec"] = None  # type: ignore[assignment]  # as if it were not installed


def _halves(lines: bytes) -> tuple[bytes, bytes]:
    middle = lines.index(b"\n", len(lines) // 2)
    return lines[:middle], lines[middle + 1 :]


def _by_answer(size: int, rounds: int) -> Series:
    """Quote requests for all shipped models, apart for each kind of answer."""
    batches = min(size, 10)
    answers = elsewhere(workload.by_answer, [size] * (rounds + 1), range(rounds + 1))

    def items(kind: str, number: int, batch: int) -> list[Any]:
        return [request.parsed() for request in answers[number][kind][batch::batches]]

    times, _ = interleaved([Contender(kind, _answer, partial(items, kind)) for kind in answers[0]], rounds, batches)
    note = "`try_quote` over all shipped models; requests are sorted by the answer, whose parts are all read."
    return Series(ANSWERS, CLEAN, times, note)


def _growing(requests: list[list[Request]]) -> Series:
    """Validate the same requests for five models in catalogues of different sizes."""
    shipped = Catalog.bundled()
    with TemporaryDirectory() as folder:
        generated = Catalog.load(models.write_tables(Path(folder), 1_000 - len(shipped)))
    five = Catalog(tuple(shipped[slug] for slug in models.SLUGS))
    catalogues = {FIVE: five, ALL: shipped, THOUSAND: shipped | generated}

    def validating(catalog: Catalog) -> Callable[[Any], object]:
        return lambda request: validate(request, catalog=catalog).problems

    calls = {name: validating(catalog) for name, catalog in catalogues.items()}
    return _timed(CATALOGUES, FIVE, calls, requests, Request.parsed)


SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "unknown fields": lambda count: {f"field_{number}": number for number in range(count)},
    "wrong items": lambda count: {"image_urls": list(range(count))},
    "addresses": lambda count: {"image_urls": [f"https://example.com/{number}" for number in range(count)]},
    "nested arrays": lambda count: {"shots": [json.loads("[" * 91 + "]" * 91) for _ in range(count // 90)]},
    "many objects": lambda count: {"shots": [{"at": number} for number in range(count)]},
    "one long text": lambda count: {"prompt": "é" * (10 * count)},
}
"""Bodies that are made to cost more than they should, by the number of their parts."""


def _hostile(size: int, rounds: int) -> Series:
    """Parse each hostile body, and also validate it."""
    contenders = []
    for name, make in SHAPES.items():
        items = partial(_same, [json.dumps({"model": "google/nano-banana-pro/edit-image", "input": make(30 * size)})])
        contenders += [
            Contender(f"json.loads, {name}", json.loads, items),
            Contender(f"json.loads + validate, {name}", _chained(json.loads, validate), items),
        ]
    note = "One body of each shape; the second contender of each also validates what was parsed."
    return Series(HOSTILE, contenders[0].name, interleaved(contenders, rounds)[0], note)
