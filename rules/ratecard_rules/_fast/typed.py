"""The fast path for JSON text: a typed decoder that accepts only what is certainly valid. It needs msgspec.

Rule 1  The decoder accepts the known fields of a model with their types, options and lengths, and nothing else. The
        rest is up to the compiled check of the model.
Rule 2  Decoders keep the last of duplicate keys. So the check counts strings: the text must have exactly those that the
        decoded request has.
Rule 3  Anything else must be parsed and judged, be it right or wrong: integers beyond 2**53, text of more than half the
        limit, which may have more UTF-16 units than the limit, and strings whose ends are uncertain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ratecard_rules._fast.compile import FieldCheck

_TYPES: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool}
_OPTIONS: dict[str, Any] = {"forbid_unknown_fields": True, "kw_only": True, "gc": False}


def request_type(slug: str, checks: Sequence[FieldCheck]) -> type | None:
    """Return the class of the requests for a model; None if there cannot be one. Raises ImportError without msgspec.

    Its instances have the attributes `input` and `webhookUrl`, and `input` has an attribute for each field, `v` with
    the index of its check. Attributes are None if they are left out.
    """
    from msgspec import Meta, defstruct

    def type_of(check: FieldCheck) -> Any:
        field = check.field
        if field.type == "string" and field.allowed:
            return Literal[field.allowed]
        if field.type == "string" and field.max_length is not None:
            return Annotated[str, Meta(max_length=field.max_length // 2)]
        if field.type == "array":
            limits = Meta(min_length=field.min_items, max_length=field.max_items)
            if field.items == "string":
                return Annotated[list[str], limits]
            return Annotated[list[dict[str, str | int | bool | None]], limits]
        return _TYPES[field.type]

    names = {f"v{place}": check.name for place, check in enumerate(checks)}
    keys = [
        (name, type_of(check)) if check.required else (name, type_of(check), None)
        for name, check in zip(names, checks, strict=True)
    ]
    try:
        given = defstruct("Input", keys, rename=names, **_OPTIONS)
        keys_around = [("input", given), ("webhookUrl", str, None)]
        made: type = defstruct("Request", keys_around, tag_field="model", tag=slug, **_OPTIONS)
        decoder([made])
    except (ValueError, TypeError):  # msgspec cannot decode the names or options of this table
        return None
    return made


def decoder(types: Iterable[type]) -> Callable[[bytes], Any]:
    """Return the decoder of requests of these classes, which raises ValueError for others."""
    from msgspec import Meta, defstruct, json

    # With a single class the model could be left out, so there is another, which no request has.
    never = Annotated[str, Meta(min_length=1, max_length=0)]
    other = defstruct("Other", [("input", never)], tag_field="model", tag="")
    decode: Callable[[bytes], Any] = json.Decoder(Union[(other, *types)]).decode
    return decode
