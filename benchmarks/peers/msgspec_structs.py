"""msgspec: a union of one Struct per model, tagged by `model`, as it comes and tuned by hand. It stops at one error."""

from __future__ import annotations

from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.models import ENVELOPE, FIELDS
from benchmarks.peers import Peer, annotation, default_of, first_error, verdict_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard_rules import Field

_KINDS: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool, "array": list[dict[str, Any]]}
_OPTIONS: dict[str, Any] = {"forbid_unknown_fields": True, "kw_only": True, "gc": False}
_NO_HOST = frozenset({"", "/", "?", "#", " ", "\t", "\n"})


def _structs(*, patterns: bool) -> dict[str, Any]:
    """Return the Struct of each model. Without `patterns`, addresses are any text."""
    return {slug: _struct(slug, number, patterns=patterns) for number, slug in enumerate(FIELDS)}


def _struct(slug: str, number: int, *, patterns: bool) -> Any:
    def attribute(field: Field) -> tuple[Any, ...]:
        kind = annotation(field, _KINDS, msgspec.Meta, patterns=patterns)
        if field.required:
            return field.name, kind
        if field.format:
            return field.name, kind | msgspec.UnsetType, msgspec.UNSET
        return field.name, kind, default_of(field)

    given = msgspec.defstruct(f"Input{number}", map(attribute, FIELDS[slug]), **_OPTIONS)
    envelope = [("input", given), *map(attribute, ENVELOPE)]
    return msgspec.defstruct(f"Request{number}", envelope, tag_field="model", tag=slug, **_OPTIONS)


def _tuned(read: Callable[[Any], Any], structs: dict[str, Any]) -> Callable[[Any], Any]:
    """Return a reader that looks at the beginnings of addresses by slices, which is quicker than by patterns."""
    addresses = {structs[slug]: tuple(field.name for field in FIELDS[slug] if field.format) for slug in structs}

    def is_address(text: str) -> bool:
        if text[:8] == "https://":
            return text[8:9] not in _NO_HOST
        return text[:7] == "http://" and text[7:8] not in _NO_HOST

    def check(request: object) -> Any:
        body = read(request)
        hook = body.webhookUrl
        if hook is not msgspec.UNSET and (hook[:8] != "https://" or hook[8:9] in _NO_HOST):
            raise msgspec.ValidationError("not an https address")
        for name in addresses[type(body)]:
            if not is_address(getattr(body.input, name)):
                raise msgspec.ValidationError("not an address")
        return body

    return check


def decoder(*, tuned: bool = False) -> tuple[Callable[[bytes], Any], dict[type, str]]:
    """Return the typed decoder, which gives a Struct or the first error, and the slug of each class."""
    structs = _structs(patterns=not tuned)
    decode = msgspec.json.Decoder(reduce(or_, structs.values())).decode
    read = _tuned(decode, structs) if tuned else decode

    def answer(body: bytes) -> Any:
        try:
            return read(body)
        except msgspec.ValidationError as error:
            return error

    return answer, {struct: slug for slug, struct in structs.items()}


def _convert_peer(name: str, structs: dict[str, Any], wrap: Callable[[Any], Any], answer: str) -> Peer:
    """Return `convert` to the Struct of the request's model: with the union it works the union out every time."""
    checks = {slug: wrap(partial(msgspec.convert, type=struct)) for slug, struct in structs.items()}
    otherwise = partial(msgspec.convert, type=reduce(or_, structs.values()))
    return verdict_peer(name, first_error(checks, otherwise, msgspec.ValidationError), answer)


def convert() -> Peer:
    """Return `msgspec.convert` with every rule in the types."""
    answer = "the first error alone, with its message"
    return _convert_peer("msgspec.convert", _structs(patterns=True), lambda read: read, answer)


def convert_tuned() -> Peer:
    """Return `msgspec.convert` without patterns, and the addresses checked by slices."""
    structs = _structs(patterns=False)
    answer = "the first error alone, with its message; addresses by slices"
    return _convert_peer("msgspec.convert, tuned", structs, lambda read: _tuned(read, structs), answer)
