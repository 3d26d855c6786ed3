"""Keys, their scopes, and why some are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen
from attrs.validators import in_, optional

from ratecard._api import STATUS_OF_CODE
from ratecard.testing._http import Operation, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Scope: TypeAlias = Literal["submit_job", "check_status", "list_models"]
"""What a key may be allowed to do. `list_models` is documented, but no address that needs it."""

_SCOPE_OF: dict[Operation, Scope] = {
    "submit": "submit_job",
    "jobs": "check_status",
    "job": "check_status",
    "cancel": "submit_job",
}


@frozen
class FakeKey:
    """A key. Raises ValueError if `refused` is not a documented code.

    Attributes:
        text: The key itself, which no repr shows.
        scopes: What it may do; empty for everything.
        refused: The code of the error with which it is refused.

    >>> FakeKey("pb_example", scopes=("check_status",))
    FakeKey(scopes=('check_status',), refused=None)
    """

    text: str = field(repr=False)
    scopes: tuple[Scope, ...] = ()
    refused: str | None = field(default=None, validator=optional(in_(STATUS_OF_CODE)))


def keys_by_text(keys: str | Iterable[str | FakeKey]) -> dict[str, FakeKey]:
    """Return keys by their text; a text alone is a key that may do everything."""
    several = (keys,) if isinstance(keys, str) else keys
    return {key.text: key for key in (FakeKey(key) if isinstance(key, str) else key for key in several)}


def admit(keys: Mapping[str, FakeKey], headers: Mapping[str, str], operation: Operation) -> None:
    """Raise Refused unless the headers carry a key that may do an operation."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise Refused("UNAUTHORIZED", "send the key as Authorization: Bearer <key>")
    key = keys.get(text)
    if key is None:
        raise Refused("INVALID_API_KEY", "no such key")
    if key.refused is not None:
        raise Refused(key.refused, "this key is refused")
    if key.scopes and _SCOPE_OF[operation] not in key.scopes:
        raise Refused("OPERATION_NOT_ALLOWED", f"this key lacks the scope {_SCOPE_OF[operation]}")
