"""Answers to whole requests in the cells of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard._quote.document import try_quote_json
from ratecard._quote.price import try_quote
from ratecard._relation.options import NULL_INSTANT, Refusal

if TYPE_CHECKING:
    from ratecard._relation.options import Answer, Terms


def answer_to(value: Any, era: int | None, terms: Terms) -> Answer:
    """Return the answer to a request: JSON text, or a struct, whose fields that are null are left out."""
    if era is None:
        return NULL_INSTANT
    if not isinstance(value, bytes | str):
        return try_quote(_without_null(value), catalog=terms.views[era])
    try:
        return try_quote_json(value if isinstance(value, bytes) else value.encode(), catalog=terms.views[era])
    except ValueError as error:
        return Refusal("invalid_request", "bad_json", str(error))


def _without_null(value: Any) -> object:
    """Return a struct without its null fields: every struct of a column has the same fields."""
    value = value.tolist() if hasattr(value, "tolist") else value  # of numpy
    match value:
        case dict():
            return {name: _without_null(item) for name, item in value.items() if item is not None}
        case list():
            return [_without_null(item) for item in value]
    return value
