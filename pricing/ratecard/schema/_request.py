"""JSON Schemas of requests, derived from the rules that the fields of a model state.

Rule 1  `full`, `flat` and the forms made of them refuse only what `validate` refuses: a rule whose evidence makes
        breaking it a warning is left out.
Rule 2  What a form leaves out is listed, whatever the reason. A new kind of rule is left out until its declaration in
        `FIELD_RULES` names a keyword.
Rule 3  `strict` is for language models, which should keep to uncertain rules as well: it has them, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import frozen

from ratecard_rules import (
    CERTAIN,
    EVIDENCED_RULES,
    FIELD_RULES,
    FORMATS,
    REQUEST_FIELDS,
    catalog_at,
    is_stated,
    json_value,
    literal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ratecard_rules import Catalog, Field, Model, Revision

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Form: TypeAlias = Literal["full", "flat", "strict", "openapi", "typescript", "python"]
"""The forms in which the rules of a request can be exported."""

FORMS: tuple[Form, ...] = get_args(Form)

_TYPES = {"type", "items.type", "enum"}
_PATTERNS = {"pattern", "items.pattern"}

_ELSEWHERE = {"name", "required", "default", "unknown"}
"""The rules that are not expressed by a keyword of the field alone, or that refuse nothing."""

_URLS = {"url": r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\s]\S*$", "https": r"^[Hh][Tt][Tt][Pp][Ss]://[^/?#\s]\S*$"}
"""What every URL of a format matches. Not all that matches is a URL."""


@frozen
class LeftOut:
    """A rule that a form does not express.

    Attributes:
        rule: Its place in the table, such as `input.prompt.max_length`.
        says: The rule in words.
        why: Why it is left out.
    """

    rule: str
    says: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.says} ({self.why})"


def json_schema(
    model: str,
    form: Literal["full", "flat", "strict"] = "full",
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
) -> dict[str, Any]:
    """Return the JSON Schema of the requests of a model, or with `flat` and `strict`, of their `input`.

    - `full`: the whole request, in JSON Schema 2020-12. It has descriptions and defaults, and what only ratecard knows:
      `x-ratecard-revision`, `x-ratecard-evidence` for each field, and `x-ratecard-left-out` (see `left_out`).
    - `flat`: one object with types, options and limits, for tool calls whose parameters may not be combined.
    - `strict`: every field is required, and null if it may be left out; no others are allowed. Remove the nulls before
      the input is sent. It has uncertain rules, too.

    A request without errors is valid in `full`, and its input in `flat`. `catalog` and `at` are as in `validate`.
    Raises UnknownModel (a LookupError), and ValueError for any other form.

    >>> json_schema("kling-plus/kling-o1-standard/text-to-video", "flat")["properties"]["duration"]["enum"]
    ['5', '10']
    """
    tables = catalog_at(catalog, at)
    if form == "full":
        return {"$schema": DIALECT, **request_schema(tables[model], tables)}
    if form in ("flat", "strict"):
        return input_schema(tables[model], form)
    raise ValueError(f"expected full, flat or strict, got {literal(form)}; other forms have functions of their own")


def left_out(
    model: str, form: Form = "full", *, catalog: Catalog | None = None, at: date | None = None
) -> tuple[LeftOut, ...]:
    """Return the rules of a model that a form does not express. Arguments and errors are those of `json_schema`.

    >>> print(left_out("kling-plus/kling-o1-standard/text-to-video", "flat")[0])
    input.prompt.max_length: at most 2,500 characters (not certain: sibling)
    """
    if form not in FORMS:
        raise ValueError(f"expected one of {', '.join(FORMS)}, got {literal(form)}")
    return tuple(omissions(catalog_at(catalog, at)[model].latest, form))


def any_model(*, catalog: Catalog | None = None, at: date | None = None) -> dict[str, Any]:
    """Return the `full` schema of the requests of all models in one, which looks at `model` first.

    >>> len(any_model()["$defs"]) == len(any_model()["properties"]["model"]["enum"])
    True
    """
    tables = catalog_at(catalog, at)
    names = type_names(tables.models)
    return {
        "$schema": DIALECT,
        "title": "A request for any model",
        "type": "object",
        "properties": {"model": {"enum": list(names)}},
        "required": ["model"],
        "allOf": [
            {"if": {"properties": {"model": {"const": slug}}}, "then": {"$ref": f"#/$defs/{name}"}}
            for slug, name in names.items()
        ],
        "$defs": {names[model.slug]: request_schema(model, tables) for model in tables},
    }


def type_names(slugs: Iterable[str]) -> dict[str, str]:
    """Return a name for each model that is an identifier in all languages; different models have different names.

    >>> list(type_names(["kling/v2.6-pro/image-to-video", "kling/v2-6.pro/image-to-video"]).values())
    ['KlingV2_6ProImageToVideo', 'KlingV2_6ProImageToVideo2']
    """
    names: dict[str, str] = {}
    for slug in slugs:
        numbered = re.sub(r"(?<=[0-9])[^0-9A-Za-z/](?=[0-9])", "_", slug)
        words = re.findall(r"[0-9A-Za-z_]+", numbered)
        base = "".join(word[:1].upper() + word[1:] for word in words)
        base = base if base[:1].isalpha() else f"Model{base}"
        numbers = ("", *map(str, range(2, len(names) + 2)))
        names[slug] = next(name for number in numbers if (name := base + number) not in names.values())
    return names


def request_schema(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return the schema of the whole request for a model."""
    latest = model.latest
    given = {"model": {"const": model.slug}, "input": input_schema(model, "full")}
    properties = {field.name: given.get(field.name) or _property(field, "full") for field in REQUEST_FIELDS}
    revision = {
        "number": len(model.revisions),
        "digest": latest.digest,
        "checked": latest.checked.isoformat(),
        "source": list(latest.source),
    }
    return {
        "title": model.name,
        "description": f"A request for {model.slug} ({model.capability}, by {model.provider}).",
        **({"deprecated": True} if catalog.unavailable(model) == "retired" else {}),
        "type": "object",
        "properties": properties,
        "required": [field.name for field in REQUEST_FIELDS if field.required],
        "additionalProperties": False,
        "x-ratecard-revision": revision,
        "x-ratecard-left-out": [
            {"rule": rule.rule, "says": rule.says, "why": rule.why} for rule in omissions(latest, "full")
        ],
    }


def input_schema(model: Model, form: Form) -> dict[str, Any]:
    """Return the schema of the `input` of a model."""
    latest = model.latest
    fields = [field for field in latest.input if form != "strict" or _is_described(field)]
    is_required = {field.name: form == "strict" or _is_required(field) for field in fields}
    sets = [rule.of for rule in latest.at_least_one if form == "full" and rule.evidence in CERTAIN]
    return {
        **({} if form == "full" else {"title": model.name, "description": f"The input of {model.slug}."}),
        "type": "object",
        "properties": {field.name: _property(field, form) for field in fields},
        "required": [name for name, required in is_required.items() if required],
        **({"additionalProperties": False} if form == "strict" or latest.fields_complete else {}),
        **({"allOf": [{"anyOf": [{"required": [name]} for name in names]} for names in sets]} if sets else {}),
    }


def _property(field: Field, form: Form) -> dict[str, Any]:
    """Return the schema of a field."""
    schema: dict[str, Any] = {}
    for rule in FIELD_RULES:
        keyword = FIELD_RULES[rule].keyword
        if is_stated(field, rule) and keyword and _why_not(field, rule, form) is None:
            parent, _, last = keyword.rpartition(".")
            (schema.setdefault(parent, {}) if parent else schema)[last] = _value(field, rule)
    if form == "strict" and not _is_required(field):
        schema = _nullable(schema)
    description = ". ".join(text[:1].upper() + text[1:] for text in _description(field, form))
    evidence = {rule: field.evidence_of(rule) for rule in EVIDENCED_RULES if rule != "name" and is_stated(field, rule)}
    return {
        **({"description": f"{description}."} if description else {}),
        **schema,
        **({"x-ratecard-evidence": evidence} if form == "full" else {}),
    }


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    options = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **options}


def _value(field: Field, rule: str) -> Any:
    value = getattr(field, rule)
    if isinstance(value, tuple):
        return [json_value(option) for option in value]
    return _URLS.get(value, value) if FIELD_RULES[rule].keyword in _PATTERNS else json_value(value)


def _why_not(field: Field, rule: str, form: Form) -> str | None:
    """Return why a form leaves out a rule that a field states, or None if it does not."""
    keyword, evidence = FIELD_RULES[rule].keyword, field.evidence_of(rule)
    if not keyword or not _has(form, keyword):
        return f"not expressible in {form}" if keyword else "JSON Schema has no keyword for it"
    if form == "strict" or rule == "default":
        return None
    if evidence in CERTAIN and rule == "allowed":  # options are compared with values of every type
        evidence = field.evidence_of("type")
    return None if evidence in CERTAIN else f"not certain: {evidence}"


def _has(form: Form, keyword: str) -> bool:
    """Return whether a form has a keyword: full has all, flat and strict have no patterns, types have only types."""
    match form:
        case "full" | "openapi":
            return True
        case "flat" | "strict":
            return keyword not in _PATTERNS and (form, keyword) != ("strict", "default")
    return keyword in _TYPES


def omissions(latest: Revision, form: Form) -> Iterator[LeftOut]:
    """Yield the rules of a revision that a form does not express."""
    for field in latest.input:
        place = f"input.{field.name}"
        if form == "strict" and not _is_described(field):
            yield LeftOut(place, "the whole field", "no page describes the objects in it")
            continue
        for rule in FIELD_RULES:
            reason = _why_not(field, rule, form) if rule not in _ELSEWHERE and is_stated(field, rule) else None
            if reason is not None:
                yield LeftOut(f"{place}.{rule}", words(field, rule), reason)
        if field.required and not _is_required(field):
            yield LeftOut(f"{place}.required", "required", f"not certain: {field.evidence_of('required')}")
    for number, some in enumerate(latest.at_least_one, start=1):
        if form not in ("full", "openapi") or some.evidence not in CERTAIN:
            reason = f"not expressible in {form}" if some.evidence in CERTAIN else f"not certain: {some.evidence}"
            yield LeftOut(f"at_least_one[{number}]", f"at least one of {', '.join(some.of)}", reason)
    if not latest.fields_complete and form != "strict":
        yield LeftOut("input", "no other fields", "the page's list of fields may be incomplete")


def words(field: Field, rule: str) -> str:
    """Return a rule of a field in words."""
    value = getattr(field, rule)
    if rule == "allowed":
        return f"one of {', '.join(map(literal, value))}"
    if rule in ("format", "item_format"):
        return FORMATS[value]
    if rule in ("type", "items"):
        return f"{'each item ' if rule == 'items' else ''}of type {value}"
    return FIELD_RULES[rule].words.format(value) or literal(value)


def _description(field: Field, form: Form) -> Iterator[str]:
    if field.note:
        yield field.note
    if field.unknown:
        yield f"the values are not known: {field.unknown}"
    if form == "strict" and not _is_required(field):
        yield "null leaves it out" if field.default is None else f"null means the default, {literal(field.default)}"
    for rule in FIELD_RULES:
        if rule not in _ELSEWHERE and is_stated(field, rule) and _why_not(field, rule, form) is not None:
            yield words(field, rule) if field.evidence_of(rule) in CERTAIN else f"probably {words(field, rule)}"


def _is_required(field: Field) -> bool:
    return bool(field.required) and field.evidence_of("required") in CERTAIN


def _is_described(field: Field) -> bool:
    """Return whether a schema without unknown keys can describe the values of a field."""
    return field.type not in ("array", "object") or field.items == "string"
