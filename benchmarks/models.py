"""The five models of the workload: the rules and the prices that every contender is built from.

They come from the shipped tables, so a changed table reaches every peer. Only `floor` is written by hand.
"""

from __future__ import annotations

from ratecard import Catalog, price_sheet
from ratecard_rules import Field

TEXT = "kling-plus/kling-o1-standard/text-to-video"
FRAMES = "kling-plus/kling-o1-standard/start-end-frame-to-video"
IMAGE = "kling-plus/kling-o3-standard/image-to-video"
EDIT = "kling-plus/kling-o1-pro/video-edit-fast"
TEXT_25 = "kling/kling-text2video-v25/text-to-video"
SLUGS = (TEXT, FRAMES, IMAGE, EDIT, TEXT_25)

FIELDS: dict[str, tuple[Field, ...]] = {slug: Catalog.bundled()[slug].latest.input for slug in SLUGS}
"""The fields of each model, in the order of its table."""

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,)
}  # fmt: skip
"""The Python types of each type of a field, exactly: a subclass is another type."""

ENVELOPE = (Field(name="version", type="string"), Field(name="webhookUrl", type="string", format="https"))
"""The optional fields of the request itself, beside `model` and `input`."""


def envelope(slugs: tuple[str, ...] | None = None) -> tuple[Field, ...]:
    """Return the fields of a request for some models, or for any."""
    model = Field(name="model", type="string", required=True, allowed=slugs)
    return model, Field(name="input", type="object", required=True), *ENVELOPE


def pattern_of(field: Field) -> str | None:
    """Return the regular expression for the beginning of a web address, where the field takes one."""
    return {None: None, "url": r"^https?://[^/?#\s]", "https": r"^https://[^/?#\s]"}[field.format]


def price_table(slug: str) -> tuple[tuple[str, ...], dict[tuple[str, ...], int]]:
    """Return the priced fields of a model, and the price of each combination of their options in usd_micros.

    >>> price_table(TEXT)
    (('duration',), {('5',): 250000, ('10',): 500000})
    """
    quotes = price_sheet(slug)
    prices = {tuple(str(factor.value) for factor in quote.factors): quote.usd_micros for quote in quotes}
    return tuple(factor.field for factor in quotes[0].factors), prices
