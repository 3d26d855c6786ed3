"""Why a valid request has no price, and what takes the place of errors in a batch. Others are in `ratecard_rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import evolve, frozen

import ratecard_rules
from ratecard_rules import Displayed, InvalidRequest, RatecardError, Value, one_line

if TYPE_CHECKING:
    from ratecard_rules import Display

NotPricedCode: TypeAlias = Literal[
    "price_unknown", "undetermined", "needs_measurement", "not_yet_effective", "retired", "stale"
]
"""Why a valid request has no price.

- `price_unknown`: the price of the model is not documented.
- `undetermined`: a priced field was left out and its default is not known, or its value has no documented price.
- `needs_measurement`: the price depends on a quantity that is not part of the request, such as the length of a video,
  and it was not passed in `measured`.
- `not_yet_effective`: the model is not available yet at this instant.
- `retired`: the model is no longer available.
- `stale`: the page was read longer ago than `max_age_days` allows.
"""


class NotPriced(RatecardError, LookupError):
    """The request is valid, but its price is not known.

    Attributes:
        code: Why there is no price.
        message: The same in words, on one line.
        report: The warnings about the request.
    """

    def __init__(self, code: NotPricedCode, message: str, report: ratecard_rules.Report | None = None) -> None:
        super().__init__(code, message, report)
        self.code: NotPricedCode = code
        self.message = message
        self.report = ratecard_rules.Report() if report is None else report

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Declined(Displayed, Value):
    """What `try_quote` returns if there is no price. It has no amount at all.

    Attributes:
        code: `invalid_request`, or why a valid request has no price (see `NotPriced`).
        report: Every problem of the request.
        message: Why there is no price, on one line; by default the first error of the report.
    """

    code: Literal["invalid_request"] | NotPricedCode
    report: ratecard_rules.Report
    _message: str | None = None

    @property
    def message(self) -> str:
        """Why there is no price, on one line."""
        return InvalidRequest(self.report).message if self._message is None else self._message

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        return {"code": self.code, "message": self.message, "problems": self.report.to_dict()["problems"]}

    def display(self) -> Display:
        """Return what a notebook shows: the code, the message and the problems."""
        return evolve(self.report.display(), title=f"declined ({self.code}): {self.message}")

    def __repr__(self) -> str:
        return f"<Declined {self.code}: {one_line(self.message)}>"
