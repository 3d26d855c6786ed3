"""Generated models, as many as wanted: copies of a shipped table under other names, and requests for them."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from benchmarks.models import FRAMES
from ratecard import Catalog

if TYPE_CHECKING:
    from pathlib import Path

PROVIDERS = 12
"""The generated models are spread over this many providers, as in the real catalogue."""


def slug_of(number: int) -> str:
    """Return the name of a generated model."""
    return f"acme-{number % PROVIDERS}/generated-{number:04}/start-end-frame-to-video"


def request(number: int) -> dict[str, Any]:
    """Return a valid request for a generated model."""
    given = {"image_url": "https://example.com/first.jpg", "end_image_url": "https://example.com/last.jpg"}
    return {"model": slug_of(number), "input": given}


def write_tables(folder: Path, count: int) -> Path:
    """Write the tables of `count` models into a folder, and return it."""
    original = files("ratecard_rules").joinpath("tables", f"{FRAMES}.toml").read_text(encoding="utf-8")
    provider = Catalog.bundled()[FRAMES].provider
    for number in range(count):
        file = folder / f"{slug_of(number)}.toml"
        file.parent.mkdir(parents=True)
        table = original.replace(FRAMES, slug_of(number)).replace(provider, f"Acme {number % PROVIDERS}")
        file.write_text(table, encoding="utf-8")
    return folder
