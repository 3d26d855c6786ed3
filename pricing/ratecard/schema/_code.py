"""The types of requests as source code, in Python and TypeScript. They have the rules that types can express."""

from __future__ import annotations

import json
import keyword
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ratecard.schema._request import input_schema, omissions, type_names
from ratecard_rules import REQUEST_FIELDS, catalog_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ratecard.schema._request import Form
    from ratecard_rules import Catalog, Model

_PYTHON = '''"""The requests of every model as typed dicts, in which a type checker finds wrong options and types.

Each model has a type for its request, and one for its `input`; `Request` is a request for any model. Types cannot say
every rule, so each input lists what they leave out: `validate` has the last word. Generated from the tables by
`ratecard.schema.python`; do not edit.
"""

from typing import Literal, NotRequired, TypeAlias, TypedDict
'''
_TYPESCRIPT = """// The requests of every model, generated from the tables of ratecard.
// Types cannot say every rule: each input lists what they leave out.
"""


@frozen
class _Declaration:
    """The type of an object.

    Attributes:
        name: The name of the type.
        doc: The lines of its description.
        members: The keys, each with the schema or the name of its type, and whether it is required.
        is_open: Whether there may be other keys.
    """

    name: str
    doc: tuple[str, ...]
    members: tuple[tuple[str, dict[str, Any] | str, bool], ...]
    is_open: bool = False


def python(models: Iterable[str] | None = None, *, catalog: Catalog | None = None, at: date | None = None) -> str:
    """Return Python source with a TypedDict for the request of each model, and one for its input.

    `models` are slugs; all by default. `ratecard.types` is this for the bundled catalogue. Raises UnknownModel.

    >>> source = python(["kling-plus/kling-o1-standard/text-to-video"])
    >>> print(next(line for line in source.splitlines() if "    duration" in line))
        duration: NotRequired[Literal['5', '10']]
    """
    tables, names = _named(models, catalog, at)
    types = [_python(declared) for model in tables for declared in _types(model, names[model.slug], "python")]
    union = f'Request: TypeAlias = {" | ".join(names.values())}\n"""A request for any of the models."""\n'
    return "\n\n".join([_PYTHON, *types, union])


def typescript(models: Iterable[str] | None = None, *, catalog: Catalog | None = None, at: date | None = None) -> str:
    """Return TypeScript source with an interface for the request of each model, and one for its input.

    `models` are slugs; all by default. Raises UnknownModel.

    >>> source = typescript(["kling-plus/kling-o1-standard/text-to-video"])
    >>> print(next(line for line in source.splitlines() if "  duration" in line))
      duration?: "5" | "10";
    """
    tables, names = _named(models, catalog, at)
    types = [_typescript(declared) for model in tables for declared in _types(model, names[model.slug], "typescript")]
    union = f"/** A request for any of the models. */\nexport type Request = {' | '.join(names.values())};\n"
    return "\n".join([_TYPESCRIPT, *types, union])


def _named(
    models: Iterable[str] | None, catalog: Catalog | None, at: date | None
) -> tuple[list[Model], dict[str, str]]:
    """Return the models, and the names of their types by slug, which do not depend on the choice of models."""
    tables = catalog_at(catalog, at)
    names = type_names(tables.models)
    chosen = list(tables) if models is None else [tables[slug] for slug in models]
    return chosen, {model.slug: names[model.slug] for model in chosen}


def _types(model: Model, name: str, form: Form) -> Iterator[_Declaration]:
    """Yield the types of the input and of the request of a model."""
    schema = input_schema(model, form)
    missing = [f"- {rule}" for rule in omissions(model.latest, form)]
    title = f"The input of {model.slug}."
    doc = (title, "", "Left out:", *missing) if missing else (title,)
    inputs = ((key, part, key in schema["required"]) for key, part in schema["properties"].items())
    yield _Declaration(f"{name}Input", doc, tuple(inputs), is_open=not model.latest.fields_complete)
    given: dict[str, Any] = {"model": {"enum": [model.slug]}, "input": f"{name}Input"}
    members = (
        (field.name, given.get(field.name, {"type": field.type}), bool(field.required)) for field in REQUEST_FIELDS
    )
    yield _Declaration(name, (f"A request for {model.slug}.",), tuple(members))


def _python(declared: _Declaration) -> str:
    first, *others = (line.replace("\\", r"\\").replace('"""', r"\"\"\"") for line in declared.doc)
    doc = "\n    ".join([f'"""{first}', *others, '"""']) if others else f'"""{first}"""'
    members = {key: _python_member(kind, required=required) for key, kind, required in declared.members}
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in members):
        lines = "".join(f"\n    {key}: {text}" for key, text in members.items())
        return f"class {declared.name}(TypedDict):\n    {doc}\n{lines}\n".replace("\n    \n", "\n\n")
    lines = "".join(f"\n    {key!r}: {text}," for key, text in members.items())
    return f"{declared.name} = TypedDict({declared.name!r}, {{{lines}\n}})\n"


def _python_member(kind: dict[str, Any] | str, *, required: bool) -> str:
    text = kind if isinstance(kind, str) else _python_type(kind)
    return text if required else f"NotRequired[{text}]"


def _python_type(schema: dict[str, Any]) -> str:
    options = schema.get("enum", ())
    if options and float not in map(type, options):  # a Literal cannot have floats
        return f"Literal[{', '.join(map(repr, options))}]"
    if schema.get("type") == "array":
        return f"list[{_python_type(schema.get('items', {}))}]"
    return _PYTHON_TYPES.get(schema.get("type", ""), "object")


_PYTHON_TYPES = {"string": "str", "number": "float", "boolean": "bool", "object": "dict[str, object]"}


def _typescript(declared: _Declaration) -> str:
    doc = "\n".join(f" * {line.replace('*/', '* /')}".rstrip() for line in declared.doc)
    lines = [
        f"  {key if key.isidentifier() else json.dumps(key)}{'' if required else '?'}: {text};"
        for key, kind, required in declared.members
        for text in [kind if isinstance(kind, str) else _typescript_type(kind)]
    ]
    members = "\n".join([*lines, *(["  [field: string]: unknown;"] if declared.is_open else [])])
    return f"/**\n{doc}\n */\nexport interface {declared.name} {{\n{members}\n}}\n"


def _typescript_type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    if schema.get("type") == "array":
        return f"{_typescript_type(schema.get('items', {}))}[]"
    return _TYPESCRIPT_TYPES.get(schema.get("type", ""), "unknown")


_TYPESCRIPT_TYPES = {
    "string": "string", "number": "number", "boolean": "boolean", "object": "{ [key: string]: unknown }",
}  # fmt: skip
