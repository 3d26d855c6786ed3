"""cattrs with detailed validation: one class per model, a strict hook for each rule, no extra keys."""

from __future__ import annotations

import typing
from importlib import import_module
from re import compile as compiled
from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.five import ENVELOPE, MODELS, Rule
from benchmarks.peers._base import UNSENT, Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_new_type: Any = typing.NewType  # the types are made from data, so no type checker can follow
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "objects": (list,),
}


def cattrs() -> Peer:
    """Return cattrs."""
    library = import_module("cattrs")
    refused = library.errors.BaseValidationError
    structure = library.Converter(detailed_validation=True, forbid_extra_keys=True)
    classes = {slug: _class_of(structure, (slug,), rules) for slug, rules in MODELS.items()}
    otherwise = _class_of(structure, tuple(MODELS), None)
    read = structure.structure

    def judge(request: Any) -> object:  # noqa: ANN401  any JSON value
        try:
            kind = classes[request["model"]]
        except (LookupError, TypeError):
            kind = otherwise
        try:
            return read(request, kind)
        except (refused, TypeError) as error:
            return error

    def problems_of(request: object) -> set[str]:
        error = judge(request)
        return set(_places(error, "")) if isinstance(error, Exception) else set()

    says = "detailed: all errors with messages in exception groups; the groups were not walked"
    return Peer(name="cattrs", judge=judge, problems_of=problems_of, scope="exact", says=says)


def _class_of(converter: Any, slugs: tuple[str, ...], rules: dict[str, Rule] | None) -> type:  # noqa: ANN401
    """Return the class of requests of a model; without rules, of those that name no known model."""
    given = _hooked(converter, dict, _is_object) if rules is None else _made(converter, _fields(converter, rules))
    model = _hooked(converter, str, _strict(Rule(options=slugs)))
    fields = {"model": (model, attrs.NOTHING), "input": (given, attrs.NOTHING), **_fields(converter, ENVELOPE)}
    return _made(converter, fields)


def _fields(converter: Any, rules: dict[str, Rule]) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401
    return {
        name: (
            _hooked(converter, object, _strict(rule)),
            attrs.NOTHING if rule.required else rule.default or UNSENT[rule.kind],
        )
        for name, rule in rules.items()
    }


def _made(converter: Any, fields: dict[str, tuple[Any, Any]]) -> type:  # noqa: ANN401
    """Return a class with these fields that reads objects only."""
    made = {name: attrs.field(type=kind, default=default, kw_only=True) for name, (kind, default) in fields.items()}
    kind: type = attrs.make_class("Made", made, slots=True)
    make = import_module("cattrs.gen").make_dict_structure_fn
    generated = make(kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True)

    def read(value: object, _: object) -> object:
        return generated(_is_object(value, None), kind)

    converter.register_structure_hook(kind, read)
    return kind


def _hooked(converter: Any, base: type, hook: Callable[[Any, Any], Any]) -> Any:  # noqa: ANN401
    kind = _new_type("Checked", base)
    converter.register_structure_hook(kind, hook)
    return kind


def _is_object(value: object, _: object) -> object:
    if type(value) is not dict:
        raise TypeError("expected an object")
    return value


def _strict(rule: Rule) -> Callable[[Any, Any], Any]:
    """Return a hook that takes a value exactly as it is, or refuses it."""
    kinds, options, longest = _KINDS[rule.kind], frozenset(rule.options), rule.max_length or rule.max_items
    begins = None if rule.pattern is None else compiled(rule.pattern).match

    def hook(value: Any, _: object) -> Any:  # noqa: ANN401  any JSON value
        if type(value) not in kinds:
            raise TypeError("another type than the field takes")
        if options and value not in options:
            raise ValueError("not an option")
        if longest is not None and len(value) > longest:
            raise ValueError("too long")
        if begins is not None and not begins(value):
            raise ValueError("not an address")
        return value

    return hook


def _places(error: BaseException, where: str) -> Iterator[str]:
    """Yield the place of every error in a group: notes name the attributes."""
    library = import_module("cattrs.errors")
    if isinstance(error, library.ForbiddenExtraKeysError):
        yield from (f"{where}/{name}" for name in error.extra_fields)
    elif isinstance(error, library.ClassValidationError):
        named, others = error.group_exceptions()
        for one, note in named:
            yield from _places(one, f"{where}/{note.name}")
        for one in others:
            yield from _places(one, where)
    else:
        yield where
