"""The strategies that ratecard ships draw what they say."""

from __future__ import annotations

import sys
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given

import invented
from ratecard import UnknownModel, validate
from ratecard.testing.strategies import Broken, broken_requests, requests, values_for
from ratecard_rules import Field

SLUG = "kling-plus/kling-o1-standard/text-to-video"
TABLES = invented.catalog()
LIMITED = Field(name="seed", type="number", min=5)
FRACTION = Field(name="size", type="number", allowed=(Decimal("0.5"), 2))
SHORT = Field(name="prompt", type="string", max_length=3)
BETWEEN = Field(name="scale", type="number", min=Decimal("0.5"), max=Decimal("0.75"))


@given(requests(SLUG), broken_requests(SLUG), requests(SLUG, valid=False))
def test_one_model(valid: dict[str, Any], broken: Broken, invalid: dict[str, Any]) -> None:
    """A valid request is for the model and has no errors; a broken one has its problem, which may be the model."""
    assert valid["model"] == SLUG
    assert validate(valid).ok
    problems = {(problem.code, problem.pointer, problem.severity) for problem in validate(broken.request)}
    assert (broken.code, broken.pointer, broken.severity) in problems
    assert validate(broken.valid).ok
    assert len(validate(invalid)) > 0


@given(requests(catalog=TABLES), broken_requests(catalog=TABLES))
def test_other_tables(valid: dict[str, Any], broken: Broken) -> None:
    """The tables may be those of any catalogue."""
    assert validate(valid, catalog=TABLES).ok
    codes = {problem.code for problem in validate(broken.request, catalog=TABLES)}
    assert broken.code in codes


@given(*map(values_for, (LIMITED, FRACTION, SHORT, BETWEEN)))
def test_values(limited: int, fraction: float, short: str, between: float) -> None:
    """Values are within the limits of their field, and JSON."""
    assert limited >= 5
    assert fraction in (0.5, 2)
    assert type(fraction) in (int, float)
    assert len(short) <= 3
    assert 0.5 <= between <= 0.75


def test_unknown_model() -> None:
    """An unknown model raises at once."""
    for strategy in (requests, broken_requests):
        with pytest.raises(UnknownModel):
            strategy("nobody/nothing")


def test_hypothesis_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without hypothesis, `ratecard.testing` can be used and the strategies say what is missing."""
    monkeypatch.delitem(sys.modules, "ratecard.testing.strategies")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert import_module("ratecard.testing").FakeApi
    with pytest.raises(ModuleNotFoundError, match="strategies needs hypothesis: pip install hypothesis"):
        import_module("ratecard.testing.strategies")
