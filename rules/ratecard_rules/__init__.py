"""What a paid generation request may say and what it costs: tables, their strict reader, and the one resolver.

Imports nothing of `ratecard`, which builds quotes on it. Tables are read lazily: importing this package reads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard_rules._catalog import Catalog, bundled, instant_of
from ratecard_rules._errors import RatecardError, TableError, UnknownModel
from ratecard_rules._plain import plain, plain_object
from ratecard_rules._pointer import Fix
from ratecard_rules._price import (
    combinations,
    exact_usd_micros,
    multiplier_of,
    option_text,
    rounded_usd_micros,
)
from ratecard_rules._problems import CODES, Problem, Report
from ratecard_rules._provenance import Provenance, is_stated, provenance
from ratecard_rules._quick import Lane, quick_look
from ratecard_rules._resolver import ORIGINS, Choice, Origin, Resolution, catalog_at, resolve, validate
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
from ratecard_rules._wire import Shortened, literal, one_line

if TYPE_CHECKING:
    from ratecard_rules._canonical import digest_of
    from ratecard_rules._loader import Check, check_tables, load_model
    from ratecard_rules._selfcheck import Fault

_LAZY = {
    "digest_of": "ratecard_rules._canonical",
    "Check": "ratecard_rules._loader",
    "check_tables": "ratecard_rules._loader",
    "load_model": "ratecard_rules._loader",
    "Fault": "ratecard_rules._selfcheck",
}

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


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  few programs ask for these

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
