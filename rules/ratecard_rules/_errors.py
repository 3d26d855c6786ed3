"""The errors that the library raises.

RatecardError
├── TableError          (ValueError)   a table file cannot be used
├── UnknownModel        (LookupError)  the catalogue has no such model
├── InvalidRequest      (ValueError)   the request would be refused
├── NotPriced           (LookupError)  raised by `ratecard`: the request has no known price
├── OverBudget          (ValueError)   raised by `ratecard`: an amount exceeds a budget
├── OverLimit           (ValueError)   raised by `ratecard`: a price does not fit into the limit of a ledger
└── LedgerError         (ValueError)   raised by `ratecard`: a ledger cannot be used, or not in this way

Errors keep their arguments, so they survive pickling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard_rules._text import one_line, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratecard_rules import Report
    from ratecard_rules._table.fault import Fault

NEEDS_OVERLAY = 'the catalogue already has this model: add `overlay = "replace"` or `overlay = "extend"` to this table'
"""What is wrong with a table that neither replaces nor extends another one of the same model."""


class RatecardError(Exception):
    """Base class of every error that ratecard raises on purpose."""


class TableError(RatecardError, ValueError):
    """One or more table files cannot be used.

    Attributes:
        faults: Every fault, not only the first.

    >>> from ratecard_rules import load_model
    >>> try:
    ...     load_model('model = 5', file="mine.toml")
    ... except TableError as error:
    ...     print(error.faults[1])
    mine.toml: model: expected a string, got the number 5
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults: tuple[Fault, ...] = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class UnknownModel(RatecardError, LookupError):
    """The catalogue has no model with exactly this slug.

    Attributes:
        model: The slug that was looked up.
        nearest: Similar slugs. They are only suggestions: lookups are always exact.
        alternatives: The same in words, with prices.
    """

    def __init__(self, model: str, nearest: Sequence[str] = (), alternatives: str = "") -> None:
        super().__init__(model, nearest, alternatives)
        self.model = model
        self.nearest: tuple[str, ...] = tuple(nearest)
        self.alternatives = alternatives or ", ".join(nearest)

    def __str__(self) -> str:
        hint = f"; did you mean {self.alternatives}?" if self.nearest else ""
        return f"no such model: {one_line(short(self.model))}{hint}"


class InvalidRequest(RatecardError, ValueError):
    """The request has errors, so it would be refused.

    Attributes:
        report: Every problem of the request.
    """

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    @property
    def message(self) -> str:
        """What is wrong, on one line."""
        first, *others = self.report.errors
        more = f" (and {len(others)} more)" if others else ""
        where = f"{one_line(first.pointer)}: " if first.pointer else ""
        return f"the request is invalid: {where}{first.message}{more}"

    def __str__(self) -> str:
        return "the request is invalid\n" + "\n".join(map(str, self.report.errors))
