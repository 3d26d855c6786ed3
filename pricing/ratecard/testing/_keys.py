"""Who may ask: keys, their scopes, and why some are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen
from attrs.validators import in_, optional

from ratecard._api import STATUS_OF_CODE
from ratecard.testing._wire import Refused, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@frozen
class FakeKey:
    """A key: its `text`, which no repr shows, its `scopes` (none: all of them), and the code if it is `refused`.

    Raises ValueError for a code that is not documented.

    >>> FakeKey("pb_example", scopes=("check_status",))
    FakeKey(scopes=('check_status',), refused=None)
    """

    text: str = field(repr=False)
    scopes: tuple[Scope, ...] = ()
    refused: str | None = field(default=None, validator=optional(in_(STATUS_OF_CODE)))


def keys_by_text(keys: str | Iterable[str | FakeKey]) -> dict[str, FakeKey]:
    """Return keys by their text; a text alone is a key that may do everything."""
    several = (keys,) if isinstance(keys, str) else keys
    return {key.text: key for key in (one if isinstance(one, FakeKey) else FakeKey(one) for one in several)}


def admit(keys: Mapping[str, FakeKey], headers: Mapping[str, str], scope: Scope) -> None:
    """Raise Refused unless `headers` carry a key that may do what `scope` stands for."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise Refused("UNAUTHORIZED", "send the key as Authorization: Bearer <key>")
    key = keys.get(text)
    if key is None:
        raise Refused("INVALID_API_KEY", "no such key")
    if key.refused is not None:
        raise Refused(key.refused, "this key is refused")
    if key.scopes and scope not in key.scopes:
        raise Refused("OPERATION_NOT_ALLOWED", f"this key lacks the scope {scope}")
