"""Invented tables: the engine is tested on them, so that no documented price can hide one of its faults."""

from __future__ import annotations

from ratecard_rules import Catalog, Model, load_model

HEAD = """
model = "{slug}"
name = "Loop 1"
provider = "Acme"
capability = "text-to-video"
"""

REVISION = """
[[revision]]
checked = 2026-11-20
source = ["https://example.com/loop-1"]
fields_complete = {complete}
"""

INPUT = """
[revision.input.prompt]
type = "string"
required = true
max_length = 10

[revision.input.duration]
type = "string"
allowed = ["4", "8"]
default = "4"

[revision.input.sound]
type = "boolean"
allowed = [false, true]
default = false

[revision.input.seed]
type = "number"
min = 0
max = 99
"""

PRICE = """
[revision.price]
base_usd_micros = 10_000
label = "second"

[revision.price.factors]
duration = "value"
sound = { "false" = 1, "true" = 1.5 }
"""


def table_text(
    price: str = PRICE, fields: str = INPUT, *, slug: str = "acme/loop-1/text-to-video", complete: bool = True
) -> str:
    """Return the text of a table that is valid unless `price` or `fields` say otherwise."""
    revision = REVISION.format(complete=str(complete).lower())
    return HEAD.format(slug=slug) + revision + fields + price


def dated_text(*, retired: str | None = None, **prices: str) -> str:
    """Return the text of a table with one more revision for each `y<year>`, from then on at this base price."""
    text = table_text()
    for start, base in prices.items():
        revision = REVISION.format(complete="true")
        text += f"{revision}effective = {start[1:]}-01-01T00:00:00Z\n{INPUT}{PRICE.replace('10_000', base)}"
    return text if retired is None else text.replace("capability =", f"retired = {retired}\ncapability =", 1)


def model(price: str = PRICE, fields: str = INPUT, *, complete: bool = True) -> Model:
    """Return an invented model."""
    return load_model(table_text(price, fields, complete=complete))


def catalog(price: str = PRICE, fields: str = INPUT, *, complete: bool = True) -> Catalog:
    """Return a catalogue of one invented model."""
    return Catalog((model(price, fields, complete=complete),))


def request(**fields: object) -> dict[str, object]:
    """Return a request for the invented model; a prompt is there unless given."""
    return {"model": "acme/loop-1/text-to-video", "input": {"prompt": "a cat", **fields}}
