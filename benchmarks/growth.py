"""How the cost of a request grows: with the models, the fields, its size and its problems; and requests made to hurt.

Whether growth is linear is read from ratios: twice the size should take about twice the time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks import invented
from benchmarks.five import EDIT, MODELS, TEXT
from benchmarks.timing import Contender, Rounds, interleaved, span
from benchmarks.workload import batches
from ratecard import Catalog, quote, validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workload import Request
    from ratecard import Report

LONGEST_MESSAGE = 2_000
"""No message of any problem is longer, whatever the request holds. Pointers are shorter still."""

CATALOGUES = (5, 76, 1_000)


@frozen
class Curve:
    """How a cost grows: what `size` counts, what the nanoseconds are for, and the points."""

    name: str
    size: str
    per: str
    points: tuple[tuple[int, float], ...]


@frozen
class Hostile:
    """A request made to hurt: how to make it of a size, and the size."""

    name: str
    make: Callable[[int], Any]
    size: int


@frozen
class Growth:
    """How long a hostile request of half the size and of the whole size took, in milliseconds."""

    name: str
    size: int
    half_ms: float
    whole_ms: float
    problems: int
    longest_message: int

    @property
    def ratio(self) -> float:
        """How much longer twice the size takes: 2 is linear, 4 is quadratic."""
        return self.whole_ms / self.half_ms


def by_catalogue(requests: Sequence[Request], rounds: int, sizes: Sequence[int] = CATALOGUES) -> Rounds:
    """Return the cost of the same valid requests for five models, in catalogues of different sizes."""
    parts = batches([one for one in requests if one.wrong is None])

    def fresh(_: int, batch: int) -> list[Any]:
        return [one.fresh() for one in parts[batch]]

    with TemporaryDirectory() as folder:
        catalogues = {str(size): catalogue_of(size, Path(folder) / str(size)) for size in sizes}
    assert len({quote(parts[0][0].fresh(), catalog=one).usd_micros for one in catalogues.values()}) == 1
    contenders = [Contender(name, _validating(one), fresh) for name, one in catalogues.items()]
    return interleaved(contenders, len(parts), rounds)


def _validating(catalog: Catalog) -> Callable[[Any], object]:
    def judge(request: object) -> object:
        return validate(request, catalog=catalog).problems

    return judge


def catalogue_of(size: int, folder: Path) -> Catalog:
    """Return a catalogue of the five models and as many others: shipped ones first, then invented ones."""
    shipped = Catalog.bundled()
    if size == len(shipped):
        return shipped
    five = Catalog(tuple(shipped[slug] for slug in MODELS))
    return five if size == len(five) else shipped | Catalog.load(invented.write(folder, size - len(shipped)))


def curves(*, quick: bool = False) -> list[Curve]:
    """Return how the cost of a request grows with the table and with the request."""
    with TemporaryDirectory() as folder:
        return [
            _by_fields(Path(folder) / "fields", (5, 10) if quick else (5, 10, 20, 40, 80, 160)),
            _by_spread(Path(folder) / "spread", (5, 20) if quick else (5, 20, 80, 320, 1_280)),
            _by_size((100, 1_000) if quick else (100, 1_000, 10_000, 100_000, 1_000_000)),
            _by_problems(Path(folder) / "problems", (1, 4) if quick else (1, 2, 4, 8, 16, 32, 64, 128)),
        ]


def _by_fields(folder: Path, sizes: Sequence[int]) -> Curve:
    points = []
    for size in sizes:
        catalog = Catalog.load(invented.write(folder / str(size), 1, size - 5))
        given: dict[str, Any] = {f"option_{index:04}": "two" for index in range(size - 5)}
        request = invented.request(image_url="https://example.com/a.jpg", images=[], has_sound="true", **given)
        assert not validate(request, catalog=catalog).problems
        points.append((size, _nanoseconds(_validating(catalog), [request]) / size))
    return Curve("fields of a model, all of them given", "fields", "ns per field", tuple(points))


def _by_spread(folder: Path, sizes: Sequence[int]) -> Curve:
    points = []
    for size in sizes:
        catalog = Catalog.load(invented.write(folder / str(size), size))
        requests = [invented.request(number) for number in range(size)]
        points.append((size, _nanoseconds(_validating(catalog), requests)))
    return Curve("models of a catalogue, requests for each in turn", "models", "ns per request", tuple(points))


def _by_size(sizes: Sequence[int]) -> Curve:
    def request(size: int) -> dict[str, Any]:
        return {"model": TEXT, "input": {"prompt": "é" * size}}

    points = [(size, _nanoseconds(validate, [request(size)])) for size in sizes]
    return Curve("characters of a prompt", "characters", "ns per request", tuple(points))


def _by_problems(folder: Path, sizes: Sequence[int]) -> Curve:
    catalog = Catalog.load(invented.write(folder, 1, max(sizes)))
    points = []
    for size in sizes:

        def request(number: int, size: int = size) -> dict[str, Any]:
            given: dict[str, Any] = {f"option_{index:04}": f"five {number}" for index in range(size)}
            return invented.request(**given)

        assert len(validate(request(0), catalog=catalog).problems) == size
        points.append((size, _new_nanoseconds(_validating(catalog), request) / size))
    return Curve("problems of a request, none of them seen before", "problems", "ns per problem", tuple(points))


def _new_nanoseconds(call: Callable[[Any], object], make: Callable[[int], Any], count: int = 200) -> float:
    """Return the best time per request of five tries, each with requests that no other has."""
    tries = [[make(turn * count + number) for number in range(count)] for turn in range(1, 6)]
    return min(span(call, requests) for requests in tries) / count


def _nanoseconds(call: Callable[[Any], object], requests: Sequence[Any], least_ns: int = 20_000_000) -> float:
    """Return the best time per request of five tries, each of which lasts a while."""
    for request in requests:
        call(request)
    turns, spent = 1, 0
    while (spent := _spent(call, requests, turns)) < least_ns and turns < 1_000_000:
        turns *= 4
    best = min([spent, *(_spent(call, requests, turns) for _ in range(4))])
    return best / turns / len(requests)


def _spent(call: Callable[[Any], object], requests: Sequence[Any], turns: int) -> int:
    start = perf_counter_ns()
    for _ in range(turns):
        for request in requests:
            call(request)
    return perf_counter_ns() - start


def _edit(**given: object) -> dict[str, Any]:
    return {"model": EDIT, "input": {"prompt": "snow", "video_url": "https://example.com/a.mp4", **given}}


def _text(**given: object) -> dict[str, Any]:
    return {"model": TEXT, "input": {"prompt": "snow", **given}}


HOSTILE: tuple[Hostile, ...] = (
    Hostile("unknown keys in input", lambda n: _text(**{f"key {i}": i for i in range(n)}), 100_000),
    Hostile("unknown keys like a known one", lambda n: _text(**{f"duration{i}": "5" for i in range(n)}), 100_000),
    Hostile("unknown keys of the request", lambda n: {**_text(), **{f"key {i}": i for i in range(n)}}, 100_000),
    Hostile("a prompt of ASCII characters", lambda n: _text(prompt="x" * n), 50_000_000),
    Hostile("a prompt of other characters", lambda n: _text(prompt="é" * n), 50_000_000),
    Hostile("an array of objects", lambda n: _edit(images=[{"url": "x"} for _ in range(n)]), 1_000_000),
    Hostile("an array of wrong items", lambda n: _edit(images=["x"] * n), 1_000_000),
    Hostile("an array in place of a string", lambda n: _text(prompt=["x"] * n), 1_000_000),
    Hostile("an array in an unknown field", lambda n: _text(other=[1] * n), 1_000_000),
    Hostile("a model name", lambda n: {**_text(), "model": "k" * n}, 1_000_000),
    Hostile("the name of an unknown key", lambda n: _text(**{"k" * n: 1}), 1_000_000),
    Hostile("an option", lambda n: _text(duration="5" * n), 1_000_000),
    Hostile("an address", lambda n: _edit(video_url="https://" + "x" * n), 1_000_000),
)
"""Requests made to hurt, and their sizes."""


def hostile(shrink: int = 1) -> list[Growth]:
    """Time every hostile request at half and at the whole size, and check that what it says stays short."""
    return [_grown(one, one.size // shrink) for one in HOSTILE]


def _grown(one: Hostile, size: int) -> Growth:
    half, _ = _best_ms(one.make, size // 2)
    whole, report = _best_ms(one.make, size)
    checked = (*report.problems[:100], *report.problems[-100:])
    longest = max((len(str(problem)) for problem in checked), default=0)
    assert longest <= LONGEST_MESSAGE, (one.name, longest)
    assert len(report.problems) <= size + 5, one.name
    return Growth(one.name, size, half, whole, len(report.problems), longest)


def _best_ms(make: Callable[[int], Any], size: int) -> tuple[float, Report]:
    """Return the best time of three tries, no two with the same request, and a report.

    Its problems are touched within the time.
    """
    best, request = float("inf"), None
    for more in range(3):
        request = make(size + more)
        best = min(best, span(_touched, [request]) / 1e6)
    return best, validate(request)


def _touched(request: object) -> None:
    for problem in validate(request).problems:
        problem.code  # noqa: B018
        problem.pointer  # noqa: B018
