"""Changes of stored data: every leaf of it, and copies in which one leaf is another."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Path: TypeAlias = tuple[Any, ...]


def leaves(data: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every leaf of plain data; an empty array or object is a leaf."""
    if isinstance(data, dict | list) and data:
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(item, (*path, key))
    else:
        yield path


def at(data: Any, path: Path) -> Any:
    """Return what is at a path of plain data."""
    for key in path:
        data = data[key]
    return data


def changed(data: Any, path: Path, value: Any) -> Any:
    """Return a copy of plain data with another value at a path."""
    copy = deepcopy(data)
    at(copy, path[:-1])[path[-1]] = value
    return copy
