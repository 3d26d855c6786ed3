"""The laws of exported schemas, for one request or one broken rule."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema

from ratecard import validate
from ratecard.schema import json_schema, left_out
from strategies import every_break

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ratecard import Catalog
    from ratecard_rules import Model
    from strategies import Broken

RULES = {
    "wrong_type": "type",
    "missing_field": "required",
    "not_allowed": "allowed",
    "bad_url": "format",
    "too_long": "max_length",
    "too_large": "max",
    "too_small": "min",
    "too_many_items": "max_items",
    "too_few_items": "min_items",
}
"""The rule that each problem is about."""


@cache
def validator(model: str, form: Any, catalog: Catalog | None = None) -> Any:
    """Return what judges by a schema."""
    return jsonschema.Draft202012Validator(json_schema(model, form, catalog=catalog))


def is_json(value: object) -> bool:
    """Return whether every JSON parser reads a value as it is."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode()) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def check_law(request: dict[str, Any], model: str, catalog: Catalog | None = None) -> bool:
    """Check that what validates here validates in `full` and `flat`; return whether it does."""
    ok = validate(request, catalog=catalog).ok
    if ok:
        assert list(validator(model, "full", catalog).iter_errors(request)) == [], request
        assert list(validator(model, "flat", catalog).iter_errors(request["input"])) == [], request
    return ok


def check_breaks(models: Iterable[Model]) -> Counter[str]:
    """Check every way to break every rule of some models; return how often each kind was there."""
    cases = ((model.slug, case) for model in models for case in every_break(model) if is_json(case.request))
    return Counter(check_break(case, slug) for slug, case in cases)


def check_break(case: Broken, model: str) -> str:
    """Check that `full` refuses a broken rule that is an error, unless it lists the rule as left out; say which."""
    field = case.pointer.removeprefix("/input/")
    listed = {rule.rule for rule in left_out(model)}
    if case.severity == "warning":
        assert validator(model, "full").is_valid(case.request), case
        return "warning"
    if f"input.{field}.{RULES.get(case.code)}" in listed:
        return "left out"
    assert not validator(model, "full").is_valid(case.request), case
    return case.code
