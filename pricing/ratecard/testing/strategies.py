"""Hypothesis strategies for requests, derived from the tables: the ones that ratecard itself is tested with.

`requests` draws requests that are valid, and `broken_requests` requests that break exactly one rule, with the problem
that they must cause. A model is covered as soon as its table is there.

>>> from hypothesis import given, settings
>>> from ratecard import validate
>>> @settings(max_examples=5)
... @given(requests("kling-plus/kling-o1-standard/text-to-video"))
... def test(request):
...     assert validate(request).ok
>>> test()
"""

from __future__ import annotations

from functools import cache, partial
from math import ceil, inf, nextafter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import frozen

from ratecard_rules import bundled, json_value

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("ratecard.testing.strategies needs hypothesis: pip install hypothesis") from error

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard_rules import Catalog, Field, Model

__all__ = ["Broken", "broken_requests", "requests"]

json_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
characters = st.characters(codec="utf-8", exclude_categories=["Cs"])
words = st.text(characters, max_size=40)
# What makes an address valid is tested elsewhere; drawing these from a pattern would take most of the time.
addresses = st.sampled_from(
    [
        "https://a.example.com/",
        "https://cdn.example.com/cat.jpg",
        "https://example.com/a/b/c.mp4?size=2&x=%20#top",
        "https://user.example.co.uk:8443/x",
        "https://example.com",
        f"https://example.com/{'x' * 60}",
    ]
)

unknown_names = st.text("XYZ", min_size=1, max_size=60)
unknown_options = st.text(st.characters(max_codepoint=127), max_size=9)
writable_scalars = json_scalars.filter(lambda value: not isinstance(value, str) or value.isascii())


def requests(
    model: str | None = None, *, valid: bool = True, catalog: Catalog | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a request for a model, or for any model that is available: a valid one, or one that breaks one rule.

    A valid request has no errors, but may have warnings. Each draw is a new dict. `catalog` is the bundled one by
    default. Raises UnknownModel (a LookupError).

    >>> from hypothesis import find
    >>> find(requests("kling-plus/kling-o1-standard/text-to-video"), lambda request: "duration" not in request["input"])
    {'model': 'kling-plus/kling-o1-standard/text-to-video', 'input': {'prompt': ''}}
    """
    if not valid:
        return broken_requests(model, catalog=catalog).map(lambda broken: broken.request)
    return _models(model, catalog).flatmap(requests_for)


@frozen
class Broken:
    """A request that breaks one rule.

    Attributes:
        valid: A valid request.
        request: The same request with one rule broken.
        code: The code of the problem that this causes. There is no other problem that the valid request does not have.
        pointer: Where the problem is.
        severity: `warning` if the rule is not certain.
    """

    valid: dict[str, Any]
    request: dict[str, Any]
    code: str
    pointer: str
    severity: Literal["error", "warning"]


def broken_requests(model: str | None = None, *, catalog: Catalog | None = None) -> st.SearchStrategy[Broken]:
    """Draw a request that breaks exactly one rule, for a model or for any model that is available.

    Some of these requests cannot be written as JSON, which is what they break. Arguments and errors are those of
    `requests`.
    """
    return _models(model, catalog).flatmap(broken_for)


@cache
def _models(model: str | None, catalog: Catalog | None) -> st.SearchStrategy[Model]:
    """Draw the model, or any model of a catalogue that is available."""
    tables = bundled() if catalog is None else catalog
    available = [table for table in tables if tables.unavailable(table) is None]
    return st.sampled_from(available) if model is None else st.just(tables[model])


@cache
def values_for(field: Field) -> st.SearchStrategy[Any]:
    """Draw a value that `field` allows."""
    if field.allowed is not None:
        return st.sampled_from([*map(json_value, field.allowed)])
    if field.format is not None:
        return addresses
    match field.type:
        case "number":
            least = field.min or 0
            return st.integers(ceil(least), 2**53) if field.max is None else st.floats(float(least), float(field.max))
        case "boolean":
            return st.booleans()
        case "array":
            items = addresses if field.items == "string" else st.dictionaries(words, json_scalars)
            most = 3 if field.max_items is None else field.max_items
            return st.lists(items, min_size=field.min_items or 0, max_size=max(most, field.min_items or 0))
    return words if field.max_length is None else st.text(characters, max_size=min(40, field.max_length))


@cache
def requests_for(model: Model) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a request that the table of `model` allows; its fields stand in the order of the table or the reverse."""
    rules = [st.sampled_from(rule.of) for rule in model.latest.at_least_one]
    # One number says which fields are sent: a bit for each, which is cheaper than a choice for each.
    masks = st.integers(0, 2 ** len(model.latest.input) - 1)

    @st.composite
    def draw_request(draw: st.DrawFn) -> dict[str, Any]:
        needed = needed_fields(model) | {draw(rule) for rule in rules}
        mask = draw(masks)
        drawn = {
            field.name: draw(values_for(field))
            for place, field in enumerate(model.latest.input)
            if field.required or field.name in needed or mask >> place & 1
        }
        if draw(st.booleans()):
            drawn = dict(reversed(drawn.items()))
        if draw(st.booleans()):
            return {"webhookUrl": draw(addresses), "input": drawn, "model": model.model}
        return {"model": model.model, "input": drawn}

    return draw_request()


_Break: TypeAlias = "Callable[[st.DrawFn, dict[str, Any]], Broken]"


@cache
def broken_for(model: Model) -> st.SearchStrategy[Broken]:
    """Draw a request that breaks exactly one rule."""
    in_fields = (partial(_break_field, field) for field in model.latest.input)
    ways: st.SearchStrategy[_Break] = st.sampled_from([_break_envelope, partial(_add_field, model), *in_fields])

    @st.composite
    def draw_broken(draw: st.DrawFn) -> Broken:
        return draw(ways)(draw, draw(requests_for(model)))

    return draw_broken()


def needed_fields(model: Model) -> set[str]:
    """Return the fields of a request that the price depends on and that have no default."""
    return {field.name for field in model.latest.priced.values() if field.default is None} & model.latest.fields.keys()


def _add_field(model: Model, draw: st.DrawFn, valid: dict[str, Any]) -> Broken:
    """Add a field that the table does not have."""
    name = draw(unknown_names)
    request = {**valid, "input": {**valid["input"], name: draw(writable_scalars)}}
    severity: Any = "error" if model.latest.fields_complete else "warning"
    return Broken(valid, request, "unknown_field", f"/input/{name}", severity)


_LEFT_OUT = object()
_ENVELOPE = st.sampled_from(
    [
        (
            "webhookUrl",
            "bad_url",
            st.sampled_from(["http://example.com/h", "example.com", "", "https://", "https:// a"]),
        ),
        ("webhookUrl", "not_json", st.sampled_from([float("nan"), float("inf"), b"", frozenset({1}), object(), 1j])),
        ("version", "version_pinned", words),
        ("WEBHOOKS", "unknown_field", st.integers()),
        ("model", "unknown_model", unknown_names),
        ("model", "wrong_type", st.sampled_from([None, 1, True, [], {}])),
        ("input", "wrong_type", st.sampled_from([None, 1, True, [], "{}"])),
        ("model", "missing_field", st.just(_LEFT_OUT)),
        ("input", "missing_field", st.just(_LEFT_OUT)),
    ]
)
"""Ways to break the request around `input`: a key, the code of the problem, and the values that cause it."""


def _break_envelope(draw: st.DrawFn, valid: dict[str, Any]) -> Broken:
    """Break one rule of the request around `input`."""
    key, code, values = draw(_ENVELOPE)
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


def wrong_values(field: Field) -> dict[str, list[Any]]:
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


def _break_field(field: Field, draw: st.DrawFn, valid: dict[str, Any]) -> Broken:
    """Break one rule of one field; the ways open are those that the field states."""
    wrong = wrong_values(field)
    rule = draw(st.sampled_from(sorted(wrong)))
    if rule == "allowed" and draw(st.booleans()):
        value = draw(unknown_options)
        value = f"{value}!" if value in (field.allowed or ()) else value
    else:
        value = draw(st.sampled_from(wrong[rule]))
    return break_rule(valid, field, rule, value, draw(values_for(field)))


def break_rule(valid: dict[str, Any], field: Field, rule: str, value: object, allowed: object) -> Broken:
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
