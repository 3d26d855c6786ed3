"""The value classes that share their methods behave as those that attrs writes for each class."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from itertools import product
from typing import Any

import pytest
from attrs import evolve, fields, frozen
from attrs.exceptions import FrozenInstanceError

from ratecard import Assumption, Catalog, CatalogRef, Total, quote, validate
from ratecard_rules import Choice, Conflict, Field, Model
from ratecard_rules._table.value import Value

MODEL = Catalog.bundled()["kling-plus/kling-o3-standard/image-to-video"]
QUOTE = quote({"model": MODEL.model, "input": {"image_url": "https://example.com/cat.jpg"}})
VALUES: tuple[Any, ...] = (
    *(MODEL, MODEL.latest, MODEL.latest.price, *MODEL.latest.input, *MODEL.latest.price.factors),
    *(QUOTE, QUOTE.revision, QUOTE.catalog, *QUOTE.factors, *QUOTE.assumptions),
    *(
        Catalog.bundled(),
        Catalog.bundled().at(date(2026, 11, 20)),
        Catalog(),
        Choice("duration", "5", "given"),
        Conflict(about="price", says="twice"),
        *(Total(), QUOTE * 3, validate({}), validate({"model": MODEL.slug, "input": {"durtion": 10}})),
    ),
)


def as_attrs_has_it(value: Any) -> tuple[object, ...]:
    """Return the attributes that count for equality, as attrs compares them."""
    return tuple(getattr(value, part.name) for part in fields(type(value)) if part.eq)


class TestEveryValue:
    """Every class that a quote needs."""

    def test_equals_what_has_its_class_and_attributes(self) -> None:
        """Two values are equal exactly where their classes and the attributes that count are."""
        for value, other in product(VALUES, repeat=2):
            same = type(other) is type(value) and as_attrs_has_it(other) == as_attrs_has_it(value)
            assert (value == other) is same, (value, other)
            assert (value != other) is not same, (value, other)

    def test_a_copy_is_equal(self) -> None:
        """Copied, pickled or made anew it is the same value, with the same hash and text."""
        for value in VALUES:
            for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value)), evolve(value)):  # noqa: S301  our own bytes
                assert again == value, value
                assert hash(again) == hash(value), value
                assert repr(again) == repr(value)

    @pytest.mark.parametrize(
        "value", {type(value): value for value in VALUES}.values(), ids=lambda value: type(value).__name__
    )
    def test_nothing_can_be_set(self, value: Any) -> None:
        """No attribute can be set, removed or added."""
        name = fields(type(value))[0].name
        for attribute in (name, "another"):
            with pytest.raises(FrozenInstanceError):
                setattr(value, attribute, None)
        with pytest.raises(FrozenInstanceError):
            delattr(value, name)


def test_what_does_not_count() -> None:
    """Where a table was read does not count for equality; what it says does."""
    moved = evolve(MODEL, file="elsewhere.toml")
    assert moved == MODEL
    assert hash(moved) == hash(MODEL)
    assert evolve(MODEL, name="another") != MODEL


def test_another_class_is_never_equal() -> None:
    """Equal attributes do not make two classes equal, nor a subclass and its base."""
    assert CatalogRef("a", "b") != ("a", "b")
    assert Conflict(about="a", says="b") != CatalogRef("a", "b")

    @frozen(eq=False, repr=False)
    class Mine(CatalogRef):
        """A class of one's own."""

    assert Mine("a", "b") != CatalogRef("a", "b")
    assert CatalogRef("a", "b") != Mine("a", "b")


def test_the_text_is_the_expression() -> None:
    """A value is shown as the call that makes it."""
    assert repr(Assumption("duration", "implied", "left out")) == (
        "Assumption(about='duration', evidence='implied', says='left out')"
    )
    assert eval(repr(MODEL.latest.input), {"Field": Field}) == MODEL.latest.input  # noqa: S307  our own text


def test_what_was_derived_is_not_kept() -> None:
    """Pickles hold the attributes alone, whether a value was used before or not."""
    fresh = evolve(MODEL, revisions=tuple(map(evolve, MODEL.revisions)))
    size = len(pickle.dumps(fresh))
    assert fresh.latest.priced
    assert fresh.latest.digest == MODEL.latest.digest
    assert len(pickle.dumps(fresh)) == size
    assert isinstance(fresh, Model)
    assert isinstance(fresh, Value)
