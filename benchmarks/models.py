"""The models of the benchmarks: five for the workload, and as many generated ones as wanted.

Rules come from the shipped tables, so a changed table reaches every peer. Only `floor` is written by hand.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ratecard import Catalog
from ratecard_rules import Field

if TYPE_CHECKING:
    from pathlib import Path

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

OPTIONAL = (Field(name="version", type="string"), Field(name="webhookUrl", type="string", format="https"))
"""The optional fields of the request itself, beside `model` and `input`."""


def pattern_of(field: Field) -> str | None:
    """Return the regular expression for the beginning of a web address, where the field takes one."""
    return {None: None, "url": r"^https?://[^/?#\s]", "https": r"^https://[^/?#\s]"}[field.format]


def write_tables(folder: Path, count: int) -> Path:
    """Write the tables of `count` generated models of 12 providers into a folder, and return it."""
    original = files("ratecard_rules").joinpath("tables", f"{FRAMES}.toml").read_text(encoding="utf-8")
    provider = Catalog.bundled()[FRAMES].provider
    for number in range(count):
        slug = generated_slug(number)
        file = folder / f"{slug}.toml"
        file.parent.mkdir(parents=True)
        file.write_text(original.replace(FRAMES, slug).replace(provider, f"Acme {number % 12}"), encoding="utf-8")
    return folder


def generated_slug(number: int) -> str:
    """Return the name of a generated model."""
    return f"acme-{number % 12}/generated-{number:04}/start-end-frame-to-video"


def generated_request() -> dict[str, Any]:
    """Return a valid request for the first generated model."""
    given = {"image_url": "https://example.com/first.jpg", "end_image_url": "https://example.com/last.jpg"}
    return {"model": generated_slug(0), "input": given}
