"""Which validators there are, and which of them are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers._base import Peer, missing
from benchmarks.peers._cattrs import cattrs
from benchmarks.peers._msgspec import msgspec, msgspec_tuned
from benchmarks.peers._pydantic import pydantic
from benchmarks.peers._schema import fastjsonschema, jsonschema, jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Callable

VALIDATORS: dict[str, tuple[str, Callable[[], Peer]]] = {
    "jsonschema-rs": ("jsonschema_rs", jsonschema_rs),
    "pydantic": ("pydantic", pydantic),
    "msgspec.convert": ("msgspec", msgspec),
    "msgspec.convert, tuned": ("msgspec", msgspec_tuned),
    "fastjsonschema": ("fastjsonschema", fastjsonschema),
    "cattrs": ("cattrs", cattrs),
    "jsonschema": ("jsonschema", jsonschema),
}
"""How to make each, and the module that it needs."""


def installed() -> list[Peer]:
    """Return the validators whose libraries are installed."""
    return [make() for module, make in VALIDATORS.values() if missing(module) is None]
