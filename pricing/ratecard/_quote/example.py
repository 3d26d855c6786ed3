"""An example request for every model, made from its table alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard_rules import bundled, json_value

if TYPE_CHECKING:
    from ratecard_rules import Catalog, Field

_TEXT = "a cat in the snow"
_ADDRESS = "https://example.com/cat.jpg"


def example_request(model: str, *, catalog: Catalog | None = None) -> dict[str, Any]:
    """Return a short valid request for a model; a new one each time.

    It has the required fields, and the priced fields without a known default. `catalog` holds the tables (the bundled
    ones by default). Raises UnknownModel (a LookupError).

    >>> example_request("kling-plus/kling-o1-standard/text-to-video")
    {'model': 'kling-plus/kling-o1-standard/text-to-video', 'input': {'prompt': 'a cat in the snow'}}
    """
    table = (bundled() if catalog is None else catalog)[model].latest
    needed = {field.name for field in table.priced.values() if field.default is None}
    needed |= {rule.of[0] for rule in table.at_least_one}
    fields = [field for field in table.input if field.required or field.name in needed]
    return {"model": model, "input": {field.name: _value_of(field) for field in fields}}


def _value_of(field: Field) -> Any:
    if field.allowed is not None:
        return json_value(field.allowed[0])
    match field.type:
        case "number":
            highest = 0 if field.max is None else field.max
            return json_value(min(0, highest) if field.min is None else field.min)
        case "boolean":
            return False
        case "array":
            return [{} if field.items == "object" else _ADDRESS] * max(1, field.min_items or 0)
    return _ADDRESS if field.format is not None else _TEXT[: field.max_length]
