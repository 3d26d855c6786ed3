"""Offline prices and request checks for paid video and image generation.

`validate` checks whether a request may be sent, and `quote` returns its exact price. Nothing here sends anything or
depends on a locale or a decimal context. The clock is read only to find the prices in force now; `at` overrides it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard._errors import Declined as Declined
from ratecard._errors import NotPriced as NotPriced
from ratecard._quote.price import quote as quote
from ratecard._quote.price import try_quote as try_quote
from ratecard._quote.quote import Assumption as Assumption
from ratecard._quote.quote import CatalogRef as CatalogRef
from ratecard._quote.quote import Quote as Quote
from ratecard._quote.quote import QuotedFactor as QuotedFactor
from ratecard._quote.quote import RevisionRef as RevisionRef
from ratecard._quote.quote import stored_quote_schema as stored_quote_schema
from ratecard_rules import Catalog as Catalog
from ratecard_rules import InvalidRequest as InvalidRequest
from ratecard_rules import RatecardError as RatecardError
from ratecard_rules import TableError as TableError
from ratecard_rules import UnknownModel as UnknownModel

if TYPE_CHECKING:
    from ratecard._bill.causes import Cause as Cause
    from ratecard._bill.decode import Explanation as Explanation
    from ratecard._bill.decode import Explanations as Explanations
    from ratecard._bill.decode import decode as decode
    from ratecard._bill.reconcile import Reconciliation as Reconciliation
    from ratecard._bill.reconcile import reconcile as reconcile
    from ratecard._bill.rerate import Rerating as Rerating
    from ratecard._bill.rerate import rerate as rerate
    from ratecard._bulk.files import rate_file as rate_file
    from ratecard._diff.diff import diff as diff
    from ratecard._diff.diff import effect as effect
    from ratecard._diff.values import Change as Change
    from ratecard._diff.values import Diff as Diff
    from ratecard._diff.values import Effect as Effect
    from ratecard._diff.values import PriceEffect as PriceEffect
    from ratecard._diff.values import RequestEffect as RequestEffect
    from ratecard._export import export_catalog as export_catalog
    from ratecard._find.find import find as find
    from ratecard._find.offers import NotOffered as NotOffered
    from ratecard._find.offers import Offer as Offer
    from ratecard._find.offers import Offers as Offers
    from ratecard._find.offers import Upgrade as Upgrade
    from ratecard._ledger import Balance as Balance
    from ratecard._ledger import Hold as Hold
    from ratecard._ledger import Ledger as Ledger
    from ratecard._ledger import LedgerError as LedgerError
    from ratecard._ledger import OverLimit as OverLimit
    from ratecard._meter import meter_event as meter_event
    from ratecard._quote.document import quote_json as quote_json
    from ratecard._quote.document import try_quote_json as try_quote_json
    from ratecard._quote.envelope import StoredQuote as StoredQuote
    from ratecard._quote.example import example_request as example_request
    from ratecard._quote.partial import missing_fields as missing_fields
    from ratecard._quote.partial import price as price
    from ratecard._quote.range import ANY as ANY
    from ratecard._quote.range import QuoteRange as QuoteRange
    from ratecard._quote.range import quote_range as quote_range
    from ratecard._quote.sheet import PriceSheet as PriceSheet
    from ratecard._quote.sheet import price_sheet as price_sheet
    from ratecard._quote.total import Total as Total
    from ratecard._quote.verify import Mismatch as Mismatch
    from ratecard._quote.verify import Verification as Verification
    from ratecard._quote.verify import verify as verify
    from ratecard._relation.table import Rate as Rate
    from ratecard._relation.table import RateTable as RateTable
    from ratecard._relation.table import rate_table as rate_table
    from ratecard._sale.adjust import Add as Add
    from ratecard._sale.adjust import Adjustment as Adjustment
    from ratecard._sale.adjust import Maximum as Maximum
    from ratecard._sale.adjust import Minimum as Minimum
    from ratecard._sale.adjust import Multiply as Multiply
    from ratecard._sale.adjust import RoundUp as RoundUp
    from ratecard._sale.adjust import Sale as Sale
    from ratecard._sale.adjust import SaleLine as SaleLine
    from ratecard._sale.adjust import adjust as adjust
    from ratecard._sale.batch import Budget as Budget
    from ratecard._sale.batch import OverBudget as OverBudget
    from ratecard._sale.batch import Summary as Summary
    from ratecard._sale.batch import quote_many as quote_many
    from ratecard._sale.batch import summarize as summarize
    from ratecard._sale.file import load_adjustments as load_adjustments
    from ratecard._sale.file import parse_adjustments as parse_adjustments
    from ratecard_rules import Display as Display
    from ratecard_rules import Fix as Fix
    from ratecard_rules import Problem as Problem
    from ratecard_rules import Report as Report
    from ratecard_rules import validate as validate

_NAMES = {
    "ratecard._bulk.files": "rate_file",
    "ratecard._bill.causes": "Cause",
    "ratecard._bill.decode": "Explanation Explanations decode",
    "ratecard._bill.reconcile": "Reconciliation reconcile",
    "ratecard._bill.rerate": "Rerating rerate",
    "ratecard._diff.diff": "diff effect",
    "ratecard._diff.values": "Change Diff Effect PriceEffect RequestEffect",
    "ratecard._errors": "Declined NotPriced",
    "ratecard._export": "export_catalog",
    "ratecard._find.find": "find",
    "ratecard._find.offers": "NotOffered Offer Offers Upgrade",
    "ratecard._ledger": "Balance Hold Ledger LedgerError OverLimit",
    "ratecard._meter": "meter_event",
    "ratecard._quote.document": "quote_json try_quote_json",
    "ratecard._quote.envelope": "StoredQuote",
    "ratecard._quote.example": "example_request",
    "ratecard._quote.partial": "missing_fields price",
    "ratecard._quote.price": "quote try_quote",
    "ratecard._quote.quote": "Assumption CatalogRef Quote QuotedFactor RevisionRef stored_quote_schema",
    "ratecard._quote.range": "ANY QuoteRange quote_range",
    "ratecard._quote.sheet": "PriceSheet price_sheet",
    "ratecard._quote.total": "Total",
    "ratecard._quote.verify": "Mismatch Verification verify",
    "ratecard._relation.table": "Rate RateTable rate_table",
    "ratecard._sale.adjust": "Add Adjustment Maximum Minimum Multiply RoundUp Sale SaleLine adjust",
    "ratecard._sale.batch": "Budget OverBudget Summary quote_many summarize",
    "ratecard._sale.file": "load_adjustments parse_adjustments",
    "ratecard_rules": (
        "Catalog Display Fix InvalidRequest Problem RatecardError Report TableError UnknownModel validate"
    ),
}
"""Every public name by its module. What a quote does not need is imported on first use."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    if name in _MODULES:
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value
    if name == "__version__":
        from importlib.metadata import version

        return version("ratecard")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
