"""The rules and prices of a paid generation API: tables, their strict reader, and the resolver that judges requests.

Imports nothing from `ratecard`, which is built on it. Names are imported on first use and tables are loaded on demand,
so a program pays only for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratecard_rules._catalog import Catalog as Catalog
    from ratecard_rules._catalog import bundled as bundled
    from ratecard_rules._catalog import catalog_at as catalog_at
    from ratecard_rules._catalog import instant_of as instant_of
    from ratecard_rules._display import AMOUNTS as AMOUNTS
    from ratecard_rules._display import Display as Display
    from ratecard_rules._display import markdown_lines as markdown_lines
    from ratecard_rules._display import markdown_text as markdown_text
    from ratecard_rules._errors import InvalidRequest as InvalidRequest
    from ratecard_rules._errors import RatecardError as RatecardError
    from ratecard_rules._errors import TableError as TableError
    from ratecard_rules._errors import UnknownModel as UnknownModel
    from ratecard_rules._fast.path import FastPath as FastPath
    from ratecard_rules._fast.path import FastPaths as FastPaths
    from ratecard_rules._json import plain as plain
    from ratecard_rules._json import plain_object as plain_object
    from ratecard_rules._judge.fields import REQUEST_FIELDS as REQUEST_FIELDS
    from ratecard_rules._judge.patch import Fix as Fix
    from ratecard_rules._judge.patch import pointer_to as pointer_to
    from ratecard_rules._judge.problems import CODES as CODES
    from ratecard_rules._judge.problems import MAX_PROBLEMS as MAX_PROBLEMS
    from ratecard_rules._judge.problems import Problem as Problem
    from ratecard_rules._judge.problems import Report as Report
    from ratecard_rules._judge.provenance import Provenance as Provenance
    from ratecard_rules._judge.provenance import provenance as provenance
    from ratecard_rules._judge.select import ORIGINS as ORIGINS
    from ratecard_rules._judge.select import Choice as Choice
    from ratecard_rules._judge.select import Origin as Origin
    from ratecard_rules._judge.select import select as select
    from ratecard_rules._judge.values import Shortened as Shortened
    from ratecard_rules._reader.convert import expect_type as expect_type
    from ratecard_rules._reader.convert import read_fraction as read_fraction
    from ratecard_rules._reader.load import Check as Check
    from ratecard_rules._reader.load import check_tables as check_tables
    from ratecard_rules._reader.load import load_model as load_model
    from ratecard_rules._reader.load import read_toml as read_toml
    from ratecard_rules._reader.positions import key_lines as key_lines
    from ratecard_rules._reader.positions import line_of as line_of
    from ratecard_rules._reader.schema import table_schema as table_schema
    from ratecard_rules._reader.write import to_toml as to_toml
    from ratecard_rules._resolver import Resolution as Resolution
    from ratecard_rules._resolver import resolve as resolve
    from ratecard_rules._resolver import resolve_suspects as resolve_suspects
    from ratecard_rules._resolver import shared_report as shared_report
    from ratecard_rules._resolver import validate as validate
    from ratecard_rules._table.announcement import Announcement as Announcement
    from ratecard_rules._table.data import json_value as json_value
    from ratecard_rules._table.digest import digest_of as digest_of
    from ratecard_rules._table.fault import Fault as Fault
    from ratecard_rules._table.model import CERTAIN as CERTAIN
    from ratecard_rules._table.model import EVIDENCE as EVIDENCE
    from ratecard_rules._table.model import EVIDENCED_RULES as EVIDENCED_RULES
    from ratecard_rules._table.model import FIELD_RULES as FIELD_RULES
    from ratecard_rules._table.model import FORMATS as FORMATS
    from ratecard_rules._table.model import MICROS_PER_USD as MICROS_PER_USD
    from ratecard_rules._table.model import PRICE_RULES as PRICE_RULES
    from ratecard_rules._table.model import SILENT_CAPABILITIES as SILENT_CAPABILITIES
    from ratecard_rules._table.model import AtLeastOne as AtLeastOne
    from ratecard_rules._table.model import Conflict as Conflict
    from ratecard_rules._table.model import Evidence as Evidence
    from ratecard_rules._table.model import Example as Example
    from ratecard_rules._table.model import Factor as Factor
    from ratecard_rules._table.model import Field as Field
    from ratecard_rules._table.model import Model as Model
    from ratecard_rules._table.model import Price as Price
    from ratecard_rules._table.model import Revision as Revision
    from ratecard_rules._table.model import Scalar as Scalar
    from ratecard_rules._table.model import Sound as Sound
    from ratecard_rules._table.model import is_stated as is_stated
    from ratecard_rules._table.price import combinations as combinations
    from ratecard_rules._table.price import exact_usd_micros as exact_usd_micros
    from ratecard_rules._table.price import multiplier_of as multiplier_of
    from ratecard_rules._table.price import option_text as option_text
    from ratecard_rules._table.price import price_range as price_range
    from ratecard_rules._table.price import rounded_usd_micros as rounded_usd_micros
    from ratecard_rules._table.price import usd_shown as usd_shown
    from ratecard_rules._table.price import usd_text as usd_text
    from ratecard_rules._table.value import Displayed as Displayed
    from ratecard_rules._table.value import Value as Value
    from ratecard_rules._text import counted as counted
    from ratecard_rules._text import describe as describe
    from ratecard_rules._text import literal as literal
    from ratecard_rules._text import one_line as one_line
    from ratecard_rules._text import short as short
    from ratecard_rules._text import shortened as shortened

_NAMES = {
    "_catalog": "Catalog bundled catalog_at instant_of",
    "_display": "AMOUNTS Display markdown_lines markdown_text",
    "_errors": "InvalidRequest RatecardError TableError UnknownModel",
    "_fast.path": "FastPath FastPaths",
    "_json": "plain plain_object",
    "_judge.fields": "REQUEST_FIELDS",
    "_judge.patch": "Fix pointer_to",
    "_judge.problems": "CODES MAX_PROBLEMS Problem Report",
    "_judge.provenance": "Provenance provenance",
    "_judge.select": "ORIGINS Choice Origin select",
    "_judge.values": "Shortened",
    "_reader.convert": "expect_type read_fraction",
    "_reader.load": "Check check_tables load_model read_toml",
    "_reader.positions": "key_lines line_of",
    "_reader.schema": "table_schema",
    "_reader.write": "to_toml",
    "_resolver": "Resolution resolve resolve_suspects shared_report validate",
    "_table.announcement": "Announcement",
    "_table.data": "json_value",
    "_table.digest": "digest_of",
    "_table.fault": "Fault",
    "_table.model": (
        "CERTAIN EVIDENCE EVIDENCED_RULES FIELD_RULES FORMATS MICROS_PER_USD PRICE_RULES "
        "SILENT_CAPABILITIES AtLeastOne Conflict Evidence Example Factor Field Model Price Revision Scalar Sound "
        "is_stated"
    ),
    "_table.price": (
        "combinations exact_usd_micros multiplier_of option_text price_range rounded_usd_micros usd_shown usd_text"
    ),
    "_table.value": "Displayed Value",
    "_text": "counted describe literal one_line short shortened",
}
"""The public names by module. Each is imported when it is first asked for."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_MODULES)  # noqa: PLE0605  derived from the table


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
