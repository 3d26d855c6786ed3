"""The strict reader of a file of adjustments.

Rule 1  Nothing is coerced and no float takes part: "0.05" is dollars, 50_000 is micros, 1.3 is exactly 13/10.
Rule 2  Unknown, missing and duplicate keys and wrong types are refused, every one at once, with file, line and key.
Rule 3  The order of the file is the order in which adjustments apply. A name stands once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard._adjust import Add, Adjustment, Maximum, Minimum, Multiply, RoundUp, check_name
from ratecard._money import usd_micros_of
from ratecard_rules import Fault, TableError
from ratecard_rules._reader.convert import expect_type, read_fraction
from ratecard_rules._reader.load import read_toml
from ratecard_rules._reader.positions import key_lines, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_whole = expect_type("a whole number of micros", int)
_dollars = expect_type('dollars in quotes, such as "0.05"', str)


def _micros(usd: object) -> int:
    """Return dollars in quotes as whole micros. Raises ValueError for anything else."""
    text: str = _dollars(usd, str)
    exact = usd_micros_of(text.removeprefix("-"))
    if exact.denominator != 1:
        raise ValueError(f"expected at most six decimal places, got {text!r:.80}")
    return -exact.numerator if text.startswith("-") else exact.numerator


def _micros_or_usd(key: str, make: Callable[[str, int], Adjustment]) -> dict[str, Callable[[str, Any], Adjustment]]:
    return {
        f"{key}_usd": lambda name, value: make(name, _micros(value)),
        f"{key}_usd_micros": lambda name, value: make(name, _whole(value, int)),
    }


_STEPS: dict[str, Callable[[str, Any], Adjustment]] = {
    "multiply": lambda name, value: Multiply(name=name, by=read_fraction(value)),
    **_micros_or_usd("add", lambda name, micros: Add(name=name, usd_micros=micros)),
    **_micros_or_usd("minimum", lambda name, micros: Minimum(name=name, usd_micros=micros)),
    **_micros_or_usd("maximum", lambda name, micros: Maximum(name=name, usd_micros=micros)),
    **_micros_or_usd("round_up_to", lambda name, micros: RoundUp(name=name, to_usd_micros=micros)),
}
"""Every key that makes an adjustment, with the way from a name and a value to the adjustment."""


def parse(text: str | bytes, file: str) -> tuple[Adjustment, ...]:
    """Read the text of a file of adjustments. Raises TableError with every fault."""
    data = read_toml(text, file)
    wrong = list(_wrong(data))
    if wrong:
        lines = key_lines(text if isinstance(text, str) else text.decode())
        faults = [Fault(file=file, line=line_of(key, lines), key=key, message=message) for key, message in wrong]
        raise TableError(sorted(faults, key=lambda fault: fault.line or 0))
    return tuple(_adjustment(entry) for entry in data["adjustment"])


def _adjustment(entry: dict[str, Any]) -> Adjustment:
    [key] = _STEPS.keys() & entry.keys()
    return _STEPS[key](entry["name"], entry[key])


def _wrong(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for everything that is wrong."""
    for key in data.keys() - {"adjustment"}:
        yield key, "unknown key; known: adjustment"
    entries = data.get("adjustment")
    if not isinstance(entries, list):
        yield "adjustment", "expected one [[adjustment]] for each adjustment, or `adjustment = []` for none"
        return
    for number, entry in enumerate(entries, start=1):
        for key, message in _wrong_entry(entry):
            yield f"adjustment[{number}].{key}".removesuffix("."), message
    yield from _doubles([entry.get("name") for entry in entries if isinstance(entry, dict)])


def _doubles(names: list[object]) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(names, start=1):
        first = names.index(name) + 1
        if isinstance(name, str) and first < number:
            message = f"this is the name of adjustment[{first}] as well, and nothing is adjusted twice"
            yield f"adjustment[{number}].name", message


def _wrong_entry(entry: object) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        yield "", "expected a table with a name and what to do"
        return
    for key in entry.keys() - {"name", *_STEPS}:
        yield key, f"unknown key; known: name, {', '.join(_STEPS)}"
    steps = [key for key in _STEPS if key in entry]
    if len(steps) != 1:
        yield "", f"expected exactly one of {', '.join(_STEPS)}, got {' and '.join(steps) or 'none'}"
    try:
        check_name(entry.get("name"))
    except (TypeError, ValueError) as error:
        yield "name", str(error) if "name" in entry else "this key is missing"
    for key in steps:
        try:
            _STEPS[key]("any", entry[key])
        except ValueError as error:
            yield key, str(error)
