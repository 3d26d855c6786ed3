"""A request for every model, made of its table alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard import Catalog

if TYPE_CHECKING:
    from ratecard_rules import Field

_WORDS = "a cat in the snow"
_ADDRESS = "https://example.com/cat.jpg"


def example_request(model: str, *, catalog: Catalog | None = None) -> dict[str, Any]:
    """Return a short request for a model that has no errors; a new one each time.

    It says what must be said, and of priced fields those without a known default. `catalog` holds the tables (the
    bundled ones by default). Raises UnknownModel (a LookupError).

    >>> example_request("kling-plus/kling-o1-standard/text-to-video")
    {'model': 'kling-plus/kling-o1-standard/text-to-video', 'input': {'prompt': 'a cat in the snow'}}
    """
    table = (Catalog.bundled() if catalog is None else catalog)[model].latest
    needed = {field.name for field in table.priced.values() if field.default is None}
    needed |= {rule.of[0] for rule in table.at_least_one}
    fields = [field for field in table.input if field.required or field.name in needed]
    return {"model": model, "input": {field.name: _value_of(field) for field in fields}}


def _value_of(field: Field) -> Any:
    if field.allowed is not None:
        return field.allowed[0]
    match field.type:
        case "number":
            return 0 if field.min is None else int(field.min)
        case "boolean":
            return False
        case "array":
            return [{} if field.items == "object" else _ADDRESS] * max(1, field.min_items or 0)
    return _ADDRESS if field.format is not None else _WORDS[: field.max_length]
