"""What each promise costs: the straight function with one of its lines left out, on valid requests.

A pure-Python check cannot be cheaper than what it looks at. Here every part of that has its price, beside the floor,
which promises none of it. The functions that are timed are ratecard's own, less a line; nobody could ship them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ratecard_rules._fast.compile as _straight
from benchmarks import five, floor
from benchmarks.timing import Contender, Rounds, interleaved
from benchmarks.workload import batches, rounds_of
from ratecard import Catalog
from ratecard_rules import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE, FLOOR = "everything", "the floor, which promises none of it"

_KEYS = """\
        for key in given:
            if type(key) is not str:
                return None
"""
_LEFT_OUT: dict[str, tuple[tuple[str, str], ...]] = {
    "that keys are plain strings, so that no method of a caller's class decides": ((re.escape(_KEYS), ""),),
    "that UTF-8 can carry every text, and its length in UTF-16 units": (
        (r"\((len\(v\d+\) <= p\d+) and v\d+\.isascii\(\) or [^\n]*?\)\)", r"\1"),
    ),
    "the whole address: host, blanks, control characters": (
        (r"p\d+\((v\d+)\) is not None", r"(\1[:8] == 'https://' or \1[:7] == 'http://')"),
    ),
    "that an option is a plain string": ((r"type\(v\d+\) is str and (v\d+ in p\d+)", r"\1"),),
    "the price, found in the same walk": ((r"return quote\(.*, unquoted\)", "return unquoted"),),
}


def run(size: int, rounds: int) -> Rounds:
    """Time the straight functions of the five models, each way on the same valid requests."""
    chosen = rounds_of("validate, valid", size, rounds)
    parts = [batches(one) for one in chosen]
    ways: dict[str, tuple[tuple[str, str], ...]] = {WHOLE: ()}
    ways |= {f"without {name}": changes for name, changes in _LEFT_OUT.items()}
    ways["without all of these"] = tuple(change for changes in _LEFT_OUT.values() for change in changes)

    def fresh(number: int, batch: int) -> list[Any]:
        return [one.fresh() for one in parts[number][batch]]

    contenders = [Contender(name, _looker(_looks(changes)), fresh) for name, changes in ways.items()]
    contenders.append(Contender(FLOOR, floor.problems_of, fresh))
    return interleaved(contenders, len(parts[0]), rounds)


def _looker(looks: dict[str, _straight.Look]) -> Callable[[Any], object]:
    return lambda request: looks[request["model"]](request)


def _looks(changes: tuple[tuple[str, str], ...]) -> dict[str, _straight.Look]:
    """Return the straight function of each model with some of its text changed; each change must find its place."""
    found = dict.fromkeys(changes, 0)

    def compiled(text: str) -> Any:  # noqa: ANN401  a code object
        for change in changes:
            text, count = re.subn(*change, text)
            found[change] += count
        return compile(text, "<straight, changed>", "exec")

    kept, _straight._compiled = _straight._compiled, compiled  # type: ignore[assignment]  # noqa: SLF001  there is no other way in
    try:
        looks = {slug: _look(slug) for slug in five.MODELS}
    finally:
        _straight._compiled = kept  # noqa: SLF001  as above
    assert all(found.values()), found
    return looks


def _look(slug: str) -> _straight.Look:
    catalog = Catalog.bundled()
    return Lane(catalog[slug], catalog).look
