"""Tables drawn at random: fields with any combination of rules, also ones that no page ever stated together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from ratecard_rules import EVIDENCE, AtLeastOne, Catalog, Factor, Field, Model, Price, Revision

SLUG = "acme/loop-1/text-to-video"

texts = st.sampled_from(["5", "10", "pro", "https://example.com/a", "http://example.com/b", "é", ""])
numbers = st.sampled_from([0, 1, 2, 5, -1, Decimal("0.1"), Decimal("0.5"), Decimal("0.7"), Decimal("2.5")])
lengths = st.integers(0, 24)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def _options(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _maybe(st.lists(values, min_size=1, max_size=3, unique=True).map(tuple))


_RULES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "string": {
        "allowed": _options(texts),
        "max_length": _maybe(lengths),
        "format": _maybe(st.sampled_from(["url", "https"])),
    },
    "number": {"allowed": _options(numbers), "min": _maybe(numbers), "max": _maybe(numbers)},
    "boolean": {"allowed": _options(st.booleans())},
    "array": {
        "items": _maybe(st.sampled_from(["string", "object"])),
        "item_format": _maybe(st.sampled_from(["url", "https"])),
        "min_items": _maybe(st.integers(0, 2)),
        "max_items": _maybe(st.integers(0, 3)),
    },
    "object": {},
}


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    """Draw a field of this name with any combination of the rules of its type."""
    kind: Any = draw(st.sampled_from(list(_RULES)))
    stated = {rule: draw(values) for rule, values in _RULES[kind].items()}
    if stated.get("items") != "string":
        stated.pop("item_format", None)
    evidence = {
        rule: draw(st.sampled_from(EVIDENCE)) for rule in ("name", "type", "required", *stated) if draw(st.booleans())
    }
    allowed = stated.get("allowed")
    return Field(
        name=name,
        type=kind,
        required=draw(st.sampled_from([None, None, True, False])),
        default=draw(_maybe(st.sampled_from(allowed))) if allowed else None,
        unknown=draw(st.sampled_from([None, None, None, "nobody lists these"])),
        evidence=tuple(sorted(evidence.items())),
        sibling="acme/loop-2/text-to-video" if "sibling" in evidence.values() else None,
        **stated,
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Draw a catalogue of one model; its price depends on whatever fields list their options."""
    names = draw(
        st.lists(st.sampled_from(["prompt", "duration", "size", "url", "é"]), min_size=1, max_size=4, unique=True)
    )
    drawn = tuple(draw(fields(name)) for name in names)
    factors = tuple(
        Factor(
            field=field.name,
            multipliers=tuple((str(option).lower(), Fraction(place + 1)) for place, option in enumerate(field.allowed)),
        )
        for field in drawn
        if field.allowed and field.type != "array"
    )
    one_of = tuple(
        AtLeastOne(of=tuple(some), evidence=draw(st.sampled_from(EVIDENCE)))
        for some in draw(st.lists(st.lists(st.sampled_from(names), min_size=1, unique=True), max_size=1))
    )
    revision = Revision(
        checked=date(2026, 11, 20),
        source=("https://example.com/loop-1",),
        fields_complete=draw(st.booleans()),
        input=drawn,
        at_least_one=one_of,
        price=Price(base_usd_micros=1_000, factors=factors),
    )
    return Catalog((Model(slug=SLUG, name="Loop", provider="Acme", capability="text-to-video", revisions=(revision,)),))


ODD: tuple[Any, ...] = (
    *(
        "x" * 12,
        "x" * 30,
        "é" * 9,
        "é" * 20,
        "\N{CAT FACE}" * 7,
        "\ud800",
        "https://example.com/" + "a" * 20,
        "cat.jpg",
    ),
    *(
        0.1,
        0.5,
        0.7,
        0.7000000000000001,
        2.5,
        1.0,
        -0.0,
        10**30,
        10**400,
        float("nan"),
        float("inf"),
        True,
        False,
        None,
    ),
    *(
        [],
        ["a"],
        ["https://example.com/a"] * 2,
        ["x"] * 5,
        ["\ud800"],
        [1],
        [{}],
        [{"a": float("nan")}],
        {},
        {5: 1},
        b"",
        (),
    ),
)


@st.composite
def requests_to(draw: st.DrawFn, catalog: Catalog) -> dict[str, Any]:
    """Draw a request for the model of a catalogue, with values at and beyond the edges of its rules."""
    given: dict[Any, Any] = {}
    for field in catalog[SLUG].latest.input:
        if not draw(st.integers(0, 4)):
            continue
        near = [*map(_as_json, field.allowed or ())] * 4
        near += [_as_json(limit) for limit in (field.min, field.max) if limit is not None]
        given[field.name] = draw(st.sampled_from([*near, *ODD, "5", 5, "pro", "https://example.com/a"]))
    if not draw(st.integers(0, 4)):
        given[draw(st.sampled_from(["zebra", "durtion", "seconds", "\ud800"]))] = draw(st.sampled_from(ODD))
    request: dict[str, Any] = {"model": SLUG, "input": given}
    if not draw(st.integers(0, 4)):
        request["webhookUrl"] = draw(st.sampled_from(["https://example.com/h", "http://example.com/h", 5]))
    return request


def _as_json(option: Any) -> Any:
    return float(option) if isinstance(option, Decimal) else option
