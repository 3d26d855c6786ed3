"""Offline prices and request checks for paid video and image generation.

Two questions about a request before it is sent: *may I send this?* (`validate`) and *what will it cost, exactly?*
(`quote`). Nothing here sends anything, reads a clock or depends on a locale or decimal context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard._errors import InvalidRequest, NotPriced
from ratecard._pricing import price_sheet, quote, try_quote
from ratecard._quote import Assumption, CatalogRef, Quote, QuotedFactor, RevisionRef
from ratecard_rules import Catalog, RatecardError, TableError, UnknownModel

if TYPE_CHECKING:
    from ratecard._adjust import (
        Add,
        Adjustment,
        Maximum,
        Minimum,
        Multiply,
        RoundUp,
        Sale,
        SaleLine,
        adjust,
        load_adjustments,
        parse_adjustments,
    )
    from ratecard._batch import Budget, OverBudget, Summary, quote_many, summarize
    from ratecard._declined import Declined
    from ratecard._diff import Change, Diff, Effect, PriceEffect, RequestEffect, Total, diff, effect
    from ratecard._range import ANY, QuoteRange, quote_range
    from ratecard._stored import stored_quote_schema
    from ratecard._verify import Mismatch, Verification, verify
    from ratecard_rules import Fix, Problem, Report, validate

__all__ = [
    "ANY",
    "Add",
    "Adjustment",
    "Assumption",
    "Budget",
    "Catalog",
    "CatalogRef",
    "Change",
    "Declined",
    "Diff",
    "Effect",
    "Fix",
    "InvalidRequest",
    "Maximum",
    "Minimum",
    "Mismatch",
    "Multiply",
    "NotPriced",
    "OverBudget",
    "PriceEffect",
    "Problem",
    "Quote",
    "QuoteRange",
    "QuotedFactor",
    "RatecardError",
    "Report",
    "RequestEffect",
    "RevisionRef",
    "RoundUp",
    "Sale",
    "SaleLine",
    "Summary",
    "TableError",
    "Total",
    "UnknownModel",
    "Verification",
    "adjust",
    "diff",
    "effect",
    "load_adjustments",
    "parse_adjustments",
    "price_sheet",
    "quote",
    "quote_many",
    "quote_range",
    "stored_quote_schema",
    "summarize",
    "try_quote",
    "validate",
    "verify",
]


# What a quote does not need is imported when it is first asked for: a quote starts in half the time without it.
_LAZY = {
    "ratecard._adjust": (
        *("Add", "Adjustment", "Maximum", "Minimum", "Multiply", "RoundUp", "Sale", "SaleLine"),
        *("adjust", "load_adjustments", "parse_adjustments"),
    ),
    "ratecard._batch": ("Budget", "OverBudget", "Summary", "quote_many", "summarize"),
    "ratecard._declined": ("Declined",),
    "ratecard._diff": ("Change", "Diff", "Effect", "PriceEffect", "RequestEffect", "Total", "diff", "effect"),
    "ratecard._range": ("ANY", "QuoteRange", "quote_range"),
    "ratecard._stored": ("stored_quote_schema",),
    "ratecard._verify": ("Mismatch", "Verification", "verify"),
    "ratecard_rules": ("Fix", "Problem", "Report", "validate"),
}
_MODULES = {name: module for module, names in _LAZY.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        from importlib import import_module  # noqa: PLC0415  as above

        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  reading metadata costs more than a quote

        return version("ratecard")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
