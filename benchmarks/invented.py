"""Invented models, as many and as wide as wanted: their tables, and requests for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
model = "{slug}"
name = "Invented {number}"
provider = "Acme"
capability = "text-to-video"

[[revision]]
checked = 2026-11-20
source = ["https://example.com/invented-{number}"]
typical_seconds = 60
fields_complete = true

[revision.input.prompt]
type = "string"
required = true
max_length = 100_000_000

[revision.input.image_url]
type = "string"
format = "url"

[revision.input.images]
type = "array"
items = "object"

[revision.input.duration]
type = "string"
allowed = ["5", "10"]
default = "5"

[revision.input.has_sound]
type = "string"
allowed = ["false", "true"]
default = "false"
"""

_TAIL = """
[revision.price]
base_usd_micros = {micros}
label = "second"

[revision.price.factors]
duration = "value"
has_sound = {{ "false" = 1, "true" = 1.5 }}
"""


def slug_of(number: int) -> str:
    """Return the name of an invented model."""
    return f"acme/invented-{number:04}/text-to-video"


def table(number: int, extra: int = 0) -> str:
    """Return the table of an invented model with `extra` more fields, each with four options."""
    fields = (
        f'\n[revision.input.option_{index:04}]\ntype = "string"\nallowed = ["one", "two", "three", "four"]\n'
        for index in range(extra)
    )
    tail = _TAIL.format(micros=50_000 + 2 * number)
    return _HEAD.format(slug=slug_of(number), number=number) + "".join(fields) + tail


def write(folder: Path, count: int, extra: int = 0) -> Path:
    """Write the tables of `count` models into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"invented-{number:04}.toml").write_text(table(number, extra), encoding="utf-8")
    return folder


def request(number: int = 0, **given: object) -> dict[str, Any]:
    """Return a valid request for an invented model, with whatever else is given."""
    return {"model": slug_of(number), "input": {"prompt": "a cat in the snow", "duration": "10", **given}}
