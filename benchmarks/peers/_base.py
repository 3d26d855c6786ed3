"""What a peer is."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

Scope = Literal["exact", "object", "verdict"]
"""What a peer's problems compare by: their places; the objects that hold them; or only whether there are any."""

UNSENT: dict[str, Any] = {"string": "", "number": 0, "boolean": True, "objects": ()}
"""What stands for an optional field without a default that was left out."""


@frozen(kw_only=True)
class Peer:
    """One library with the rules of the five models.

    `judge` finds the problems of a request and touches each · `problems_of` returns their places · `scope` how those
    compare · `says` what a failing answer holds, for the reader of the results.
    """

    name: str
    judge: Callable[[Any], object]
    problems_of: Callable[[Any], set[str]]
    scope: Scope
    says: str


def missing(module: str) -> str | None:
    """Return why a library cannot take part, or None where it can.

    >>> missing("json"), missing("no_such_library")
    (None, 'no_such_library is not installed')
    """
    return None if find_spec(module) else f"{module} is not installed"


def pointer(path: Iterable[object]) -> str:
    """Return a JSON Pointer of plain names and indexes."""
    return "".join(f"/{part}" for part in path)
