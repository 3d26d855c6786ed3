"""What a paid generation request may say and what it costs: tables, their strict reader, and the one resolver.

Imports nothing of `ratecard`, which builds quotes on it. Every name is imported when it is first asked for, and tables
are read later still: a program pays for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratecard_rules._canonical import digest_of
    from ratecard_rules._catalog import Catalog, bundled, catalog_at, instant_of
    from ratecard_rules._errors import RatecardError, TableError, UnknownModel
    from ratecard_rules._loader import Check, check_tables, load_model
    from ratecard_rules._patch import Fix
    from ratecard_rules._plain import plain, plain_object
    from ratecard_rules._price import combinations, exact_usd_micros, multiplier_of, option_text, rounded_usd_micros
    from ratecard_rules._problems import CODES, Problem, Report
    from ratecard_rules._provenance import Provenance, is_stated, provenance
    from ratecard_rules._quick import Lane, quick_look
    from ratecard_rules._resolver import Resolution, resolve, validate
    from ratecard_rules._selection import ORIGINS, Choice, Origin
    from ratecard_rules._selfcheck import Fault
    from ratecard_rules._tables import (
        CERTAIN,
        EVIDENCE,
        FORMATS,
        MICROS_PER_USD,
        PRICE_RULES,
        AtLeastOne,
        Conflict,
        Evidence,
        Example,
        Factor,
        Field,
        Model,
        Price,
        Revision,
        Scalar,
    )
    from ratecard_rules._text import literal, one_line
    from ratecard_rules._wire import Shortened

__all__ = [
    "CERTAIN",
    "CODES",
    "EVIDENCE",
    "FORMATS",
    "MICROS_PER_USD",
    "ORIGINS",
    "PRICE_RULES",
    "AtLeastOne",
    "Catalog",
    "Check",
    "Choice",
    "Conflict",
    "Evidence",
    "Example",
    "Factor",
    "Fault",
    "Field",
    "Fix",
    "Lane",
    "Model",
    "Origin",
    "Price",
    "Problem",
    "Provenance",
    "RatecardError",
    "Report",
    "Resolution",
    "Revision",
    "Scalar",
    "Shortened",
    "TableError",
    "UnknownModel",
    "bundled",
    "catalog_at",
    "check_tables",
    "combinations",
    "digest_of",
    "exact_usd_micros",
    "instant_of",
    "is_stated",
    "literal",
    "load_model",
    "multiplier_of",
    "one_line",
    "option_text",
    "plain",
    "plain_object",
    "provenance",
    "quick_look",
    "resolve",
    "rounded_usd_micros",
    "validate",
]


_NAMES = {
    "_canonical": ("digest_of",),
    "_catalog": ("Catalog", "bundled", "catalog_at", "instant_of"),
    "_errors": ("RatecardError", "TableError", "UnknownModel"),
    "_loader": ("Check", "check_tables", "load_model"),
    "_patch": ("Fix",),
    "_plain": ("plain", "plain_object"),
    "_price": ("combinations", "exact_usd_micros", "multiplier_of", "option_text", "rounded_usd_micros"),
    "_problems": ("CODES", "Problem", "Report"),
    "_provenance": ("Provenance", "is_stated", "provenance"),
    "_quick": ("Lane", "quick_look"),
    "_resolver": ("Resolution", "resolve", "validate"),
    "_selection": ("ORIGINS", "Choice", "Origin"),
    "_selfcheck": ("Fault",),
    "_tables": (
        *("CERTAIN", "EVIDENCE", "FORMATS", "MICROS_PER_USD", "PRICE_RULES"),
        *("AtLeastOne", "Conflict", "Evidence", "Example", "Factor", "Field", "Model", "Price", "Revision", "Scalar"),
    ),
    "_text": ("literal", "one_line"),
    "_wire": ("Shortened",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  asked for here alone

    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
