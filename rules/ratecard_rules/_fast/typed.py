"""The fast path for JSON text: a typed decoder that accepts only what is certainly valid. It needs msgspec.

Rule 1  The decoder accepts the known fields of one model with their types, options and lengths, and nothing else. The
        rest is up to the compiled check of the model.
Rule 2  Decoders keep the last of duplicate keys. So the check counts strings: the text must have exactly those that the
        decoded request has.
Rule 3  Anything else must be parsed and judged, be it right or wrong: arrays of objects, integers beyond 2**53, text of
        more than half the limit, which may have more UTF-16 units than the limit, and strings whose ends are uncertain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ratecard_rules._fast.compile import FieldCheck

_TYPES: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool}
_OPTIONS: dict[str, Any] = {"forbid_unknown_fields": True, "kw_only": True, "gc": False}


def decoder(slug: str, checks: Sequence[FieldCheck]) -> Callable[[bytes], Any] | None:
    """Return the decoder of requests for a model, which raises ValueError for others; None if there cannot be one.

    What it returns has the attributes `input` and `webhookUrl`, and `input` has an attribute for each field, `v` with
    the index of its check. Attributes are None if they are left out.
    """
    try:
        from msgspec import Meta, defstruct, json
    except ImportError:
        return None

    def type_of(check: FieldCheck) -> Any:
        field = check.field
        if field.type == "string" and field.allowed:
            return Literal[field.allowed]
        if field.type == "string" and field.max_length is not None:
            return Annotated[str, Meta(max_length=field.max_length // 2)]
        if field.type == "array":
            return Annotated[list[str], Meta(min_length=field.min_items, max_length=field.max_items)]
        return _TYPES[field.type]

    attributes = {f"v{place}": check for place, check in enumerate(checks)}
    known = {name: check for name, check in attributes.items() if check.field.items != "object"}
    try:
        given = defstruct(
            "Input",
            [(name, type_of(check), None) for name, check in known.items()],
            rename={name: check.name for name, check in known.items()},
            namespace=dict.fromkeys(attributes.keys() - known.keys()),
            **_OPTIONS,
        )
        keys = [("model", Literal[slug]), ("input", given), ("webhookUrl", str, None)]
        decode: Callable[[bytes], Any] = json.Decoder(defstruct("Request", keys, **_OPTIONS)).decode
    except (ValueError, TypeError):  # msgspec cannot decode the names or options of this table
        return None
    return decode
