"""What a paid generation request may say and what it costs: tables, their strict reader, and the one resolver.

Imports nothing of `ratecard`, which builds quotes on it. Every name is imported when it is first asked for, and tables
are read later still: a program pays for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratecard_rules._catalog import Announcement, Catalog, bundled, catalog_at, instant_of
    from ratecard_rules._errors import Fault, RatecardError, TableError, UnknownModel
    from ratecard_rules._fast.path import FastPaths
    from ratecard_rules._json import plain, plain_object
    from ratecard_rules._judge.patch import Fix
    from ratecard_rules._judge.problems import CODES, MAX_PROBLEMS, Problem, Report
    from ratecard_rules._judge.provenance import Provenance, provenance
    from ratecard_rules._judge.select import ORIGINS, Choice, Origin, select
    from ratecard_rules._judge.values import Shortened, describe, show
    from ratecard_rules._reader.convert import expect_type, read_fraction
    from ratecard_rules._reader.load import Check, check_tables, load_model, read_toml
    from ratecard_rules._reader.positions import key_lines, line_of
    from ratecard_rules._resolver import Resolution, judge, resolve, validate
    from ratecard_rules._table.digest import digest_of
    from ratecard_rules._table.model import (
        CERTAIN,
        EVIDENCE,
        EVIDENCED_RULES,
        FIELD_RULES,
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
        is_stated,
    )
    from ratecard_rules._table.price import (
        combinations,
        exact_usd_micros,
        multiplier_of,
        option_text,
        rounded_usd_micros,
    )
    from ratecard_rules._table.value import Value
    from ratecard_rules._text import literal, one_line

__all__ = [
    "CERTAIN",
    "CODES",
    "EVIDENCE",
    "EVIDENCED_RULES",
    "FIELD_RULES",
    "FORMATS",
    "MAX_PROBLEMS",
    "MICROS_PER_USD",
    "ORIGINS",
    "PRICE_RULES",
    "Announcement",
    "AtLeastOne",
    "Catalog",
    "Check",
    "Choice",
    "Conflict",
    "Evidence",
    "Example",
    "Factor",
    "FastPaths",
    "Fault",
    "Field",
    "Fix",
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
    "Value",
    "bundled",
    "catalog_at",
    "check_tables",
    "combinations",
    "describe",
    "digest_of",
    "exact_usd_micros",
    "expect_type",
    "instant_of",
    "is_stated",
    "judge",
    "key_lines",
    "line_of",
    "literal",
    "load_model",
    "multiplier_of",
    "one_line",
    "option_text",
    "plain",
    "plain_object",
    "provenance",
    "read_fraction",
    "read_toml",
    "resolve",
    "rounded_usd_micros",
    "select",
    "show",
    "validate",
]


_NAMES = {
    "_catalog": ("Announcement", "Catalog", "bundled", "catalog_at", "instant_of"),
    "_errors": ("Fault", "RatecardError", "TableError", "UnknownModel"),
    "_fast.path": ("FastPaths",),
    "_json": ("plain", "plain_object"),
    "_judge.patch": ("Fix",),
    "_judge.problems": ("CODES", "MAX_PROBLEMS", "Problem", "Report"),
    "_judge.provenance": ("Provenance", "provenance"),
    "_judge.select": ("ORIGINS", "Choice", "Origin", "select"),
    "_judge.values": ("Shortened", "describe", "show"),
    "_reader.convert": ("expect_type", "read_fraction"),
    "_reader.load": ("Check", "check_tables", "load_model", "read_toml"),
    "_reader.positions": ("key_lines", "line_of"),
    "_resolver": ("Resolution", "judge", "resolve", "validate"),
    "_table.digest": ("digest_of",),
    "_table.model": (
        "CERTAIN",
        "EVIDENCE",
        "EVIDENCED_RULES",
        "FIELD_RULES",
        "FORMATS",
        "MICROS_PER_USD",
        "PRICE_RULES",
        "AtLeastOne",
        "Conflict",
        "Evidence",
        "Example",
        "Factor",
        "Field",
        "Model",
        "Price",
        "Revision",
        "Scalar",
        "is_stated",
    ),
    "_table.price": ("combinations", "exact_usd_micros", "multiplier_of", "option_text", "rounded_usd_micros"),
    "_table.value": ("Value",),
    "_text": ("literal", "one_line"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
