"""Requests derived from the tables: a model is fuzzed on the day on which its file lands.

`requests_for` draws a request that a table allows; `broken_for` one that breaks exactly one rule, and says which.
`smallest`, `largest` and `every_break` do the same without chance, for sweeps over every model.

Strategies are built once and kept, because building one takes longer than drawing from it.
"""

from __future__ import annotations

from functools import cache
from math import inf, nextafter
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen
from hypothesis import settings
from hypothesis import strategies as st

from ratecard_rules import Catalog, Field, Model, validate

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG = Catalog.bundled()


def is_available(slug: str) -> bool:
    """Return whether requests for a model are judged by its fields: it is neither retired nor only announced."""
    problems = validate({"model": slug, "input": {}}).problems
    return not {problem.code for problem in problems} & {"retired", "not_yet_effective"}


AVAILABLE = tuple(model for model in CATALOG if is_available(model.model))
PRICED = tuple(model for model in AVAILABLE if model.latest.price.unknown is None)

more_examples = settings(max_examples=3 * settings().max_examples)
"""For the properties that matter most: each example is about one of many models."""

json_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
# What makes an address valid is tested elsewhere; drawing these from a pattern would take most of the time.
addresses = st.sampled_from(
    [
        *(
            "https://a.example.com/",
            "https://cdn.example.com/cat.jpg",
            "https://example.com/a/b/c.mp4?size=2&x=%20#top",
        ),
        *("https://user.example.co.uk:8443/x", "https://example.com", f"https://example.com/{'x' * 60}"),
    ]
)


shapes = st.sampled_from(["", "reversed", "webhook", "reversed webhook"])
one_in_four = st.sampled_from([False, False, False, True])
unknown_names = st.text("XYZ", min_size=1, max_size=60)
unknown_options = st.text(st.characters(max_codepoint=127), max_size=9)
writable_scalars = json_scalars.filter(lambda value: not isinstance(value, str) or value.isascii())


@cache
def models() -> st.SearchStrategy[Model]:
    """Draw any model of the bundled catalogue that can be used."""
    return st.sampled_from(AVAILABLE)


@cache
def values_for(field: Field) -> st.SearchStrategy[Any]:
    """Draw a value that `field` allows."""
    if field.allowed is not None:
        return st.sampled_from(field.allowed)
    if field.format is not None:
        return addresses
    match field.type:
        case "number":
            return st.integers(0, 2**53) if field.max is None else st.floats(float(field.min or 0), float(field.max))
        case "boolean":
            return st.booleans()
        case "array":
            items = addresses if field.items == "string" else st.dictionaries(words, json_scalars)
            most = 3 if field.max_items is None else field.max_items
            return st.lists(items, min_size=field.min_items or 0, max_size=max(most, field.min_items or 0))
    return words


@cache
def requests_for(model: Model) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a request that the table of `model` allows; its fields stand in the order of the table or the reverse."""
    rules = [st.sampled_from(rule.of) for rule in model.latest.at_least_one]
    # One number says which fields are sent: a bit for each, which is cheaper than a choice for each.
    masks = st.integers(0, 2 ** len(model.latest.input) - 1)

    @st.composite
    def draw_request(draw: st.DrawFn) -> dict[str, Any]:
        needed = _needed(model) | {draw(rule) for rule in rules}
        mask = draw(masks)
        drawn = {
            field.name: draw(values_for(field))
            for place, field in enumerate(model.latest.input)
            if field.required or field.name in needed or mask >> place & 1
        }
        shape = draw(shapes)
        if "reversed" in shape:
            drawn = dict(reversed(drawn.items()))
        if "webhook" in shape:
            return {"webhookUrl": draw(addresses), "input": drawn, "model": model.model}
        return {"model": model.model, "input": drawn}

    return draw_request()


@cache
def requests() -> st.SearchStrategy[dict[str, Any]]:
    """Draw a valid request for any model."""
    return models().flatmap(requests_for)


@cache
def priced_for(model: Model) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """Draw a valid request for a model with a price, and options of what is measured."""
    measured = {field.name: values_for(field) for field in model.latest.measured}
    return st.tuples(requests_for(model), st.fixed_dictionaries(measured))


@cache
def priced() -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """Draw a valid request for any model with a price, and options of what is measured."""
    return st.sampled_from(PRICED).flatmap(priced_for)


@frozen
class Broken:
    """A valid request, the same with one thing broken, and the problem that this must cause, and nothing else."""

    valid: dict[str, Any]
    request: dict[str, Any]
    code: str
    pointer: str
    severity: Literal["error", "warning"]


@cache
def broken_for(model: Model) -> st.SearchStrategy[Broken]:
    """Draw a request that breaks exactly one rule."""
    fields = st.sampled_from([*model.latest.input, None])
    unknown: Any = "error" if model.latest.fields_complete else "warning"

    @st.composite
    def draw_broken(draw: st.DrawFn) -> Broken:
        valid = draw(requests_for(model))
        if draw(one_in_four):
            return _break_envelope(draw, valid)
        field = draw(fields)
        if field is not None:
            return _break_field(draw, valid, field)
        name = draw(unknown_names)
        request = {**valid, "input": {**valid["input"], name: draw(writable_scalars)}}
        return Broken(valid, request, "unknown_field", f"/input/{name}", unknown)

    return draw_broken()


@cache
def broken() -> st.SearchStrategy[Broken]:
    """Draw a request for any model that breaks exactly one rule."""
    return models().flatmap(broken_for)


def _needed(model: Model) -> set[str]:
    return {field.name for field in model.latest.priced.values() if field.default is None} & model.latest.fields.keys()


_LEFT_OUT = object()
_WAYS: list[tuple[str, str, st.SearchStrategy[Any]]] = [
    ("webhookUrl", "bad_url", st.sampled_from(["http://example.com/h", "example.com", "", "https://", "https:// a"])),
    ("webhookUrl", "not_json", st.sampled_from([float("nan"), float("inf"), b"", frozenset({1}), object(), 1j])),
    ("version", "version_pinned", words),
    ("WEBHOOKS", "unknown_field", st.integers()),
    ("model", "unknown_model", unknown_names),
    ("model", "wrong_type", st.sampled_from([None, 1, True, [], {}])),
    ("input", "wrong_type", st.sampled_from([None, 1, True, [], "{}"])),
    ("model", "missing_field", st.just(_LEFT_OUT)),
    ("input", "missing_field", st.just(_LEFT_OUT)),
]
"""Ways to break the request around `input`: a key, the code of the problem, and the values that cause it."""
ways = st.sampled_from(_WAYS)


def _break_envelope(draw: st.DrawFn, valid: dict[str, Any]) -> Broken:
    """Break one rule of the request around `input`."""
    key, code, values = draw(ways)
    value = draw(values)
    if code == "unknown_model":
        value = valid["model"] + value
    request = {name: given for name, given in valid.items() if name != key}
    if value is not _LEFT_OUT:
        request[key] = value
    severity: Any = "warning" if code == "version_pinned" else "error"
    return Broken(valid, request, code, f"/{key}", severity)


NO_URLS = (
    "cat.jpg",
    "./cat",
    r"C:\cat",
    "/home/x/cat",
    "file:///cat",
    "data:image/png;base64,iVBO",
    "x" * 100,
    "",
    " ",
)
"""Strings that the API certainly cannot fetch."""

_OTHER_TYPES: dict[str, list[Any]] = {
    "string": [0, 1, 2.5, True, False, None, [], {}, ["5"]],
    "number": ["5", True, False, None, [], {}],
    "boolean": ["true", "false", 0, 1, 1.0, None, [], {}],
    "array": ["https://example.com/cat.jpg", 1, True, None, {}],
}


def _wrong_values(field: Field) -> dict[str, list[Any]]:
    """Return values that break one rule of a field each, by the name of the rule: those rules that the field states."""
    wrong: dict[str, list[Any]] = {"type": _OTHER_TYPES[field.type]}
    if field.allowed is not None and field.type == "string":
        texts = ["", " ", "0", "1e1", "5.0", f"{field.allowed[0]} ", f"{field.allowed[-1]}0", "x" * 9]
        wrong["allowed"] = [text for text in texts if text not in field.allowed]
    if field.max_length is not None:
        wrong["max_length"] = ["x" * (field.max_length + more) for more in (1, 9)]
    if field.format is not None:
        wrong["format"] = [*NO_URLS, "ftp://example.com", "https://", "//example.com/a", "example.com/cat.jpg"]
    if field.max is not None and field.allowed is None:
        wrong["max"] = [nextafter(float(field.max), inf), float(field.max) + 0.5, 1e9]
    if field.min is not None and field.allowed is None:
        wrong["min"] = [nextafter(float(field.min), -inf), float(field.min) - 0.5, -1e9]
    if field.max_items is not None:
        item: Any = {} if field.items == "object" else "https://example.com"
        wrong["max_items"] = [[item] * (field.max_items + more) for more in (1, 5)]
    if field.min_items:
        wrong["min_items"] = [[]]
    if field.required:
        wrong["required"] = [None]
    return wrong


def _break_field(draw: st.DrawFn, valid: dict[str, Any], field: Field) -> Broken:
    """Break one rule of one field; the ways open are those that the field states."""
    wrong = _wrong_values(field)
    rule = draw(st.sampled_from(sorted(wrong)))
    if rule == "allowed" and draw(st.booleans()):
        value = draw(unknown_options)
        value = f"{value}!" if value in (field.allowed or ()) else value
    else:
        value = draw(st.sampled_from(wrong[rule]))
    return _broken(valid, field, rule, value, draw(values_for(field)))


def _broken(valid: dict[str, Any], field: Field, rule: str, value: object, allowed: object) -> Broken:
    """Return the request in which `value` breaks one rule of a field that `allowed` would not break."""
    inputs = dict(valid["input"])
    if rule == "required":
        del inputs[field.name]
    else:
        inputs[field.name] = value
    if field.unknown is not None or field.evidence_of("name") == "sibling":  # both warn by their presence alone
        valid = {**valid, "input": {**valid["input"], field.name: allowed}}
    is_certain = field.evidence_of(rule) in ("documented", "implied") or (rule == "format" and value in NO_URLS)
    severity: Any = "error" if is_certain else "warning"
    return Broken(valid, {**valid, "input": inputs}, _CODES[rule], f"/input/{field.name}", severity)


def a_value(field: Field) -> Any:
    """Return a value that `field` allows, the same every time."""
    if field.allowed is not None:
        return field.allowed[-1]
    if field.format is not None:
        return "https://example.com/cat.jpg"
    item: Any = {} if field.items == "object" else "https://example.com/cat.jpg"
    return {
        "number": field.max or field.min or 7,
        "boolean": True,
        "array": [item] * (field.max_items or field.min_items or 1),
    }.get(field.type, "a cat")


def largest(model: Model) -> dict[str, Any]:
    """Return a request that fills every field of a model."""
    return {"model": model.model, "input": {field.name: a_value(field) for field in model.latest.input}}


def smallest(model: Model) -> dict[str, Any]:
    """Return a request with nothing but what a model needs for a price."""
    needed = _needed(model) | {rule.of[0] for rule in model.latest.at_least_one}
    fields = [field for field in model.latest.input if field.required or field.name in needed]
    return {"model": model.model, "input": {field.name: a_value(field) for field in fields}}


def every_break(model: Model) -> Iterator[Broken]:
    """Yield requests that break each rule of each field of a model, alone and in every listed way."""
    valid = largest(model)
    for field in model.latest.input:
        for rule, values in _wrong_values(field).items():
            for value in values:
                yield _broken(valid, field, rule, value, a_value(field))


_CODES = {
    "type": "wrong_type",
    "required": "missing_field",
    "allowed": "not_allowed",
    "format": "bad_url",
    "max_length": "too_long",
    "max": "too_large",
    "min": "too_small",
    "max_items": "too_many_items",
    "min_items": "too_few_items",
}
