"""Offline prices and request checks for paid video and image generation.

Two questions about a request before it is sent: *may I send this?* (`validate`) and *what will it cost, exactly?*
(`quote`). Nothing here sends anything, reads a clock or depends on a locale or decimal context.
"""

from __future__ import annotations

from ratecard._errors import InvalidRequest, NotPriced
from ratecard._pricing import price_sheet, quote, try_quote
from ratecard._quote import Assumption, CatalogRef, Declined, Quote, QuotedFactor, RevisionRef
from ratecard._range import ANY, QuoteRange, quote_range
from ratecard._stored import stored_quote_schema
from ratecard._verify import Mismatch, Verification, verify
from ratecard_rules import (
    Catalog,
    Fix,
    Problem,
    RatecardError,
    Report,
    TableError,
    UnknownModel,
    validate,
)

__all__ = [
    "ANY",
    "Assumption",
    "Catalog",
    "CatalogRef",
    "Declined",
    "Fix",
    "InvalidRequest",
    "Mismatch",
    "NotPriced",
    "Problem",
    "Quote",
    "QuoteRange",
    "QuotedFactor",
    "RatecardError",
    "Report",
    "RevisionRef",
    "TableError",
    "UnknownModel",
    "Verification",
    "price_sheet",
    "quote",
    "quote_range",
    "stored_quote_schema",
    "try_quote",
    "validate",
    "verify",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  reading metadata costs more than a quote

        return version("ratecard")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
