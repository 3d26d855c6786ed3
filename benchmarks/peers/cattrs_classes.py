"""cattrs with detailed validation: one class per model, a strict hook for each rule, no extra keys."""

from __future__ import annotations

from re import compile as compile_pattern
from typing import TYPE_CHECKING, Any

import attrs
from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override

from benchmarks.models import FIELDS, OPTIONAL, SLUGS, TYPES, pattern_of
from benchmarks.peers import Peer, default_of, first_error
from ratecard_rules import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def cattrs_peer() -> Peer:
    """Return cattrs."""
    checks = {slug: _reader(_fields_of(slug), input=_reader(fields)) for slug, fields in FIELDS.items()}
    return Peer(first_error(checks, _reader(_fields_of(*SLUGS)), BaseValidationError))


def _fields_of(*slugs: str) -> tuple[Field, ...]:
    """Return the fields of a request for some models."""
    model = Field(name="model", type="string", required=True, allowed=slugs)
    return model, Field(name="input", type="object", required=True), *OPTIONAL


def _reader(fields: Sequence[Field], **hooks: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return a reader of objects with these fields; `hooks` replace those for their values."""
    attributes = {
        field.name: attrs.field(kw_only=True, default=attrs.NOTHING if field.required else default_of(field))
        for field in fields
    }
    kind = attrs.make_class("Made", attributes, slots=True)
    overrides: Any = {field.name: override(struct_hook=hooks.get(field.name) or _strict(field)) for field in fields}
    read: Any = make_dict_structure_fn(
        kind, Converter(), _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **overrides
    )
    return lambda value, _=None: read(value, kind)


def _strict(field: Field) -> Callable[[Any, Any], Any]:
    """Return a hook that takes a value exactly as it is, or refuses it."""
    types, options, longest = TYPES[field.type], frozenset(field.allowed or ()), field.max_length or field.max_items
    pattern = pattern_of(field)
    begins = compile_pattern(pattern).match if pattern else None

    def hook(value: Any, _: object) -> Any:
        if type(value) not in types:
            raise TypeError("wrong type")
        if options and value not in options:
            raise ValueError("not an option")
        if longest is not None and len(value) > longest:
            raise ValueError("too long")
        if begins is not None and not begins(value):
            raise ValueError("not an address")
        return value

    return hook
