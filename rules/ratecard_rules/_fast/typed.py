"""The fast path for JSON text: a typed decoder that accepts only what is certainly valid. It needs msgspec.

Rule 1  The decoder accepts the known fields of one model with their types, and nothing else. The rest is up to the
        compiled check of the model, as for dicts.
Rule 2  Decoders keep the last of duplicate keys. So the check counts strings: the text must have exactly those that the
        decoded request has.
Rule 3  Anything else must be parsed and judged, be it right or wrong: arrays of objects, integers beyond 2**53, strings
        whose ends cannot be counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ratecard_rules._fast.compile import FieldCheck

_TYPES: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool, "array": list[str]}
_OPTIONS: dict[str, Any] = {"forbid_unknown_fields": True, "kw_only": True, "gc": False}


def decoder(slug: str, checks: Sequence[FieldCheck]) -> Callable[[bytes], Any] | None:
    """Return the decoder of requests for a model, which raises ValueError for others; None if there cannot be one.

    What it returns has the attributes `input` and `webhookUrl`, and `input` has an attribute for each field, `v` with
    the index of its check. Attributes are None if they are left out.
    """
    try:
        from msgspec import defstruct, json
    except ImportError:
        return None
    fields: list[tuple[str, Any, None]] = []
    names: dict[str, str] = {}
    absent: dict[str, None] = {}
    for place, check in enumerate(checks):
        name = f"v{place}"
        if check.items == "object":
            absent[name] = None
        else:
            fields.append((name, _TYPES[check.type], None))
            names[name] = check.name
    try:
        given = defstruct("Input", fields, rename=names, namespace=absent, **_OPTIONS)
        keys = [("model", Literal[slug]), ("input", given), ("webhookUrl", str, None)]
        decode: Callable[[bytes], Any] = json.Decoder(defstruct("Request", keys, **_OPTIONS)).decode
    except (ValueError, TypeError):  # msgspec cannot decode the names or options of this table
        return None
    return decode
