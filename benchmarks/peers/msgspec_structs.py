"""msgspec: a union of one Struct per model, tagged by `model`. It stops at the first error."""

from __future__ import annotations

from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.models import FIELDS, OPTIONAL
from benchmarks.peers import Peer, annotation, default_of, first_error, prices
from ratecard import Catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ratecard_rules import Field

_KINDS: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool, "array": list[dict[str, Any]]}
_OPTIONS: dict[str, Any] = {"forbid_unknown_fields": True, "kw_only": True, "gc": False}


def _structs(fields_of: Mapping[str, tuple[Field, ...]] = FIELDS) -> dict[str, Any]:
    """Return the Struct of each model."""
    structs = {}
    for number, (slug, fields) in enumerate(fields_of.items()):
        given = msgspec.defstruct(f"Input{number}", map(_attribute, fields), **_OPTIONS)
        attributes = [("input", given), *map(_attribute, OPTIONAL)]
        structs[slug] = msgspec.defstruct(f"Request{number}", attributes, tag_field="model", tag=slug, **_OPTIONS)
    return structs


def _attribute(field: Field) -> tuple[Any, ...]:
    kind = annotation(field, _KINDS, msgspec.Meta)
    return (field.name, kind) if field.required else (field.name, kind, default_of(field))


def convert() -> Peer:
    """Return `convert` to the Struct of the request's model: with the union it works the union out every time."""
    structs = _structs()
    checks = {slug: partial(msgspec.convert, type=struct) for slug, struct in structs.items()}
    otherwise = partial(msgspec.convert, type=reduce(or_, structs.values()))
    return Peer(first_error(checks, otherwise, msgspec.ValidationError))


def look_up() -> Callable[[bytes], int | None]:
    """Return the way from JSON bytes to the price with the typed decoder; None for an invalid request."""
    structs = _structs()
    classes = {struct: slug for slug, struct in structs.items()}
    return prices.look_up(_decoder(structs), classes, msgspec.ValidationError)


def _decoder(structs: dict[str, Any]) -> Callable[[bytes], Any]:
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(reduce(or_, structs.values())).decode
    return decode


def read_lines() -> Callable[[bytes], int]:
    """Return a reader of JSON lines with requests for all shipped models; it counts the valid ones."""
    decode = _decoder(_structs({model.slug: model.latest.input for model in Catalog.bundled()}))

    def read(lines: bytes) -> int:
        valid = 0
        for line in lines.splitlines():
            try:
                decode(line)
            except msgspec.ValidationError:
                continue
            valid += 1
        return valid

    return read
