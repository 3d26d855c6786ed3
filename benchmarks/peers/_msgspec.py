"""msgspec: a union of one Struct per model, tagged by `model`, as it comes and tuned by hand. It stops at one error."""

from __future__ import annotations

import typing
from functools import reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Any

from benchmarks.five import ENVELOPE, MODELS
from benchmarks.peers._base import UNSENT, Peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.five import Rule

_annotated: Any = typing.Annotated  # the types are made from data, so no type checker can follow
_literal: Any = typing.Literal
_PLAIN: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool, "objects": list[dict[str, Any]]}
_NO_HOST = frozenset({"", "/", "?", "#", " ", "\t", "\n"})


def union(*, patterns: bool = True) -> tuple[Any, dict[type, str]]:
    """Return the tagged union, and the slug of each class. Without `patterns`, addresses are any text."""
    library = import_module("msgspec")
    classes = {_class_of(library, slug, number, patterns=patterns): slug for number, slug in enumerate(MODELS)}
    return reduce(or_, classes), classes


def _class_of(library: Any, slug: str, number: int, *, patterns: bool) -> Any:  # noqa: ANN401  a class that it makes
    options = {"forbid_unknown_fields": True, "kw_only": True, "gc": False}

    def field_of(name: str, rule: Rule) -> tuple[Any, ...]:
        kind = _type_of(library, rule, patterns=patterns)
        if rule.required:
            return name, kind
        if rule.address:
            return name, kind | library.UnsetType, library.UNSET
        return name, kind, rule.default or UNSENT[rule.kind]

    fields = [field_of(name, rule) for name, rule in MODELS[slug].items()]
    optional = [field_of(name, rule) for name, rule in ENVELOPE.items()]
    given = library.defstruct(f"Input{number}", fields, **options)
    return library.defstruct(f"Request{number}", [("input", given), *optional], tag_field="model", tag=slug, **options)


def _type_of(library: Any, rule: Rule, *, patterns: bool) -> Any:  # noqa: ANN401  the module, and a type
    if rule.options:
        return _literal[rule.options]
    pattern = rule.pattern if patterns else None
    limits: dict[str, Any] = {"pattern": pattern, "max_length": rule.max_length or rule.max_items}
    stated = {name: limit for name, limit in limits.items() if limit is not None}
    return _annotated[_PLAIN[rule.kind], library.Meta(**stated)] if stated else _PLAIN[rule.kind]


def tuned(read: Callable[[Any], Any], classes: dict[type, str]) -> Callable[[Any], Any]:
    """Return a reader that looks at the beginnings of addresses itself, which is quicker than patterns."""
    library = import_module("msgspec")
    refused, unset = library.ValidationError, library.UNSET
    addresses = {
        kind: tuple(name for name, rule in MODELS[slug].items() if rule.address) for kind, slug in classes.items()
    }

    def is_address(text: str) -> bool:
        if text[:8] == "https://":
            return text[8:9] not in _NO_HOST
        return text[:7] == "http://" and text[7:8] not in _NO_HOST

    def check(request: object) -> Any:  # noqa: ANN401  a Struct
        body = read(request)
        hook = body.webhookUrl
        if hook is not unset and (hook[:8] != "https://" or hook[8:9] in _NO_HOST):
            raise refused("not an https address")
        for name in addresses[type(body)]:
            if not is_address(getattr(body.input, name)):
                raise refused("not an address")
        return body

    return check


def decoder(*, patterns: bool = True) -> tuple[Callable[[bytes], Any], dict[type, str]]:
    """Return the typed decoder, which gives a Struct or the first error, and the slugs of the classes.

    Without `patterns` it is the tuned one.
    """
    library = import_module("msgspec")
    kinds, classes = union(patterns=patterns)
    decode = library.json.Decoder(kinds).decode
    read = decode if patterns else tuned(decode, classes)
    return _or_error(read), classes


def _or_error(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    refused = import_module("msgspec").ValidationError

    def answer(body: Any) -> Any:  # noqa: ANN401  JSON in, a Struct or an error out
        try:
            return read(body)
        except refused as error:
            return error

    return answer


def _peer(name: str, read: Callable[[Any], Any], says: str) -> Peer:
    refused = import_module("msgspec").ValidationError
    judge = _or_error(read)

    def problems_of(request: object) -> set[str]:
        return {"?"} if isinstance(judge(request), refused) else set()

    return Peer(name=name, judge=judge, problems_of=problems_of, scope="verdict", says=says)


def _converter(kinds: Any, classes: dict[type, str]) -> Callable[[Any], Any]:  # noqa: ANN401  a union
    """Return `convert` to the class of the request's model: with the union itself it works the union out every time."""
    convert = import_module("msgspec").convert
    by_slug = {slug: kind for kind, slug in classes.items()}

    def read(request: Any) -> Any:  # noqa: ANN401  JSON in, a Struct out
        try:
            kind = by_slug[request["model"]]
        except (LookupError, TypeError):
            kind = kinds
        return convert(request, kind)

    return read


def msgspec() -> Peer:
    """Return `msgspec.convert` with every rule in the types."""
    return _peer("msgspec.convert", _converter(*union()), "the first error alone, with its message")


def msgspec_tuned() -> Peer:
    """Return `msgspec.convert` without patterns, and the addresses checked by slices."""
    kinds, classes = union(patterns=False)
    check = tuned(_converter(kinds, classes), classes)
    return _peer("msgspec.convert, tuned", check, "the first error alone, with its message; addresses by slices")
