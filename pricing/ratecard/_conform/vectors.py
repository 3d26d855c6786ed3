"""The conformance vectors: requests with the answers that every port must give, and what a port is built from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import frozen

from ratecard._page.data import sheets_data
from ratecard._replace import write_file

Level: TypeAlias = Literal["price", "validate", "fixes"]

LEVELS: tuple[Level, ...] = ("price", "validate", "fixes")
"""What a port can do. Each level includes the ones before it."""

REPEAT = "$repeat"

PACKED = Path(__file__).with_name("vectors.jsonl.gz")
"""The vectors. They are compressed because they are more than twenty times as large otherwise: 1 MB."""

_PRICE = ("usd_micros", "exact_micros", "code")


@frozen
class Vector:
    """A request with the answer to it.

    Attributes:
        id: The model and a number.
        about: What is tried.
        request: The request; any JSON value.
        expect: The answer, as it is described in the first line of the vectors.
        measured: The options of measured quantities, passed beside the request.
        at: The instant to validate and to price at; None if it makes no difference.
    """

    id: str
    about: str
    request: Any
    expect: Mapping[str, Any]
    measured: Mapping[str, Any] | None = None
    at: str | None = None

    def question(self, level: Level) -> dict[str, Any]:
        """Return what a port is asked."""
        optional = {"measured": self.measured, "at": self.at}
        given = {name: value for name, value in optional.items() if value is not None}
        return {"id": self.id, "level": level, "request": self.request, **given}

    def expected(self, level: Level) -> dict[str, Any]:
        """Return the part of the answer that a level adds to the levels before it; empty if it adds nothing.

        >>> vector = Vector("acme/wave-1#1", "", {}, {"code": "invalid_request", "problems": []})
        >>> vector.expected("price"), vector.expected("validate")
        ({}, {'code': 'invalid_request', 'problems': []})
        """
        is_invalid = self.expect.get("code") == "invalid_request"
        price = {name: self.expect[name] for name in _PRICE if name in self.expect}
        match level:
            case "price":
                return {} if is_invalid else price
            case "validate":
                return {**(price if is_invalid else {}), "problems": self.expect["problems"]}
        return {"fixes": self.expect["fixes"]}

    def answered(self, level: Level, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of an answer to compare with `expected`."""
        compared = {*self.expected(level), *(_PRICE if "code" in self.expected(level) or level == "price" else ())}
        return {name: value for name, value in answer.items() if name in compared}


def expand(value: Any) -> Any:
    """Return a value with every repetition written out.

    >>> expand({"a": {"$repeat": ["xy", 2]}, "b": {"$repeat": [[1], 3]}})
    {'a': 'xyxy', 'b': [1, 1, 1]}
    """
    if isinstance(value, list):
        return [expand(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {REPEAT}:
        unit, times = value[REPEAT]
        return expand(unit) * times
    return {name: expand(item) for name, item in value.items()}


def vectors_text() -> str:
    """Return the vectors as JSON Lines; the first line describes the others."""
    return gzip.decompress(PACKED.read_bytes()).decode("ascii")


def read_vectors() -> list[Vector]:
    """Return all vectors, with repetitions written out."""
    records = map(json.loads, vectors_text().splitlines()[1:])
    return [
        Vector(
            *(record["id"], record["about"], expand(record["request"]), record["expect"]),
            measured=record.get("measured"),
            at=record.get("at"),
        )
        for record in records
    ]


def write_kit(folder: Path) -> list[Path]:
    """Write the vectors, their JSON Schema, the price sheets and a port of the price look-up in JavaScript.

    Returns the files. Each is written to a temporary file and renamed. Raises OSError if the folder cannot be written.
    """
    here = Path(__file__).parent
    texts = {
        "vectors.jsonl": vectors_text(),
        "sheets.json": json.dumps(sheets_data(), separators=(",", ":")) + "\n",
        **{
            file.name: file.read_text(encoding="utf-8")
            for file in (here / "vectors.schema.json", here.parent / "_page" / "lookup.mjs", here / "port.mjs")
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_file(folder / name, text)
    return [folder / name for name in texts]
