"""The strict reader of files of adjustments.

Rule 1  Nothing is coerced and floats are never used: "0.05" is dollars, 50_000 is micros, 1.3 is exactly 13/10.
Rule 2  Unknown, missing and duplicate keys and wrong types are all reported at once, with file, line and key.
Rule 3  Adjustments apply in the order of the file. Names are unique.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ratecard._money import whole_usd_micros
from ratecard._sale.adjust import STEPS, Adjustment, argument_of
from ratecard_rules import Fault, TableError, expect_type, key_lines, line_of, read_fraction, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

_Key: TypeAlias = "tuple[type[Adjustment], Callable[[object], object]]"

_whole = expect_type("a whole number of micros", int)
_dollars = expect_type('dollars in quotes, such as "0.05"', str)


def _micros(usd: object) -> int:
    return whole_usd_micros(_dollars(usd))


def _keys() -> dict[str, _Key]:
    keys: dict[str, _Key] = {}
    for kind, step in STEPS.items():
        key = f"{kind}_{argument_of(step.make)}"
        if key.endswith("usd_micros"):
            keys |= {key.removesuffix("_micros"): (step.make, _micros), key: (step.make, _whole)}
        else:
            keys[kind] = (step.make, read_fraction)
    return keys


KEYS = _keys()
"""Every key for an adjustment, with its class and the function that reads its value."""


def load_adjustments(path: str | PathLike[str]) -> tuple[Adjustment, ...]:
    """Read adjustments from a TOML file; `parse_adjustments` describes its content.

    Raises TableError (a ValueError) with every fault, and OSError if `path` cannot be read.
    """
    return parse_adjustments(Path(path).read_bytes(), file=str(path))


def parse_adjustments(text: str | bytes, *, file: str = "<text>") -> tuple[Adjustment, ...]:
    """Read adjustments from the text of a TOML file, in the order in which they apply.

    Each has a `name` and one of these keys: `multiply`, a plain decimal or a ratio in quotes such as "13/10";
    `add_usd_micros`, `minimum_usd_micros`, `maximum_usd_micros` or `round_up_to_usd_micros`, whole millionths of a US
    dollar; or one of these four without `_micros`, dollars in quotes such as "0.05". `file` is the name of the file in
    faults. Raises TableError (a ValueError) with every fault.

    >>> parse_adjustments('''
    ... [[adjustment]]
    ... name = "margin"
    ... multiply = 1.3
    ...
    ... [[adjustment]]
    ... name = "handling"
    ... add_usd = "0.05"
    ... ''')
    (Multiply(name='margin', by=Fraction(13, 10)), Add(name='handling', usd_micros=50000))
    """
    data = read_toml(text, file)
    if wrong := list(_wrong(data)):
        lines = key_lines(text if isinstance(text, str) else text.decode())
        faults = [Fault(file=file, line=line_of(key, lines), key=key, message=message) for key, message in wrong]
        raise TableError(sorted(faults, key=lambda fault: fault.line or 0))
    return tuple(
        _adjustment(entry["name"], key, entry[key]) for entry in data["adjustment"] for key in KEYS if key in entry
    )


def _adjustment(name: str, key: str, value: object) -> Adjustment:
    make, read = KEYS[key]
    return make(name=name, **{argument_of(make): read(value)})


def _wrong(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for every fault."""
    for key in data.keys() - {"adjustment"}:
        yield key, "unknown key; known: adjustment"
    entries = data.get("adjustment")
    if not isinstance(entries, list):
        yield "adjustment", "expected one [[adjustment]] for each adjustment, or `adjustment = []` for none"
        return
    names: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        place = f"adjustment[{number}]"
        if not isinstance(entry, dict):
            yield place, "expected a table with a name and an adjustment"
            continue
        for key, message in _wrong_entry(entry):
            yield f"{place}.{key}".removesuffix("."), message
        name = entry.get("name")
        if isinstance(name, str) and names.setdefault(name, number) < number:
            yield f"{place}.name", f"adjustment[{names[name]}] has the same name; names must be unique"


def _wrong_entry(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in entry.keys() - {"name", *KEYS}:
        yield key, f"unknown key; known: name, {', '.join(KEYS)}"
    steps = [key for key in KEYS if key in entry]
    if len(steps) != 1:
        yield "", f"expected exactly one of {', '.join(KEYS)}, got {' and '.join(steps) or 'none'}"
    try:
        Adjustment(name=entry.get("name", ""))
    except (TypeError, ValueError) as error:
        yield "name", str(error) if "name" in entry else "this key is missing"
    for key in steps:
        try:
            _adjustment("any", key, entry[key])
        except ValueError as error:
            yield key, str(error)
