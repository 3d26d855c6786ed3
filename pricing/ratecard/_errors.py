"""The errors of a quote, and the value that takes their place in a batch. The base class is in `ratecard_rules`."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from attrs import field, frozen

import ratecard_rules
from ratecard_rules import RatecardError, Value, one_line

NotPricedCode: TypeAlias = Literal["price_unknown", "undetermined", "needs_measurement", "not_yet_effective", "retired"]
"""Why a valid request has no price.

- `price_unknown`: the price of the model is not documented.
- `undetermined`: a priced field was left out and its default is not known, or its value has no documented price.
- `needs_measurement`: the price depends on a quantity that is not part of the request, such as the length of a video,
  and it was not passed in `measured`.
- `not_yet_effective`: the model is not available yet at this instant.
- `retired`: the model is no longer available.
"""


class InvalidRequest(RatecardError, ValueError):
    """The request has errors, so it would be refused.

    Attributes:
        report: Every problem of the request.
    """

    def __init__(self, report: ratecard_rules.Report) -> None:
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
class Declined(Value):
    """What `try_quote` returns if there is no price. It has no amount at all.

    Attributes:
        code: `invalid_request`, or why a valid request has no price (see `NotPriced`).
        report: Every problem of the request.
        message: Why there is no price, on one line; by default the first error of the report.
    """

    code: Literal["invalid_request"] | NotPricedCode
    report: ratecard_rules.Report
    _message: str | None = field(default=None, repr=False)

    @property
    def message(self) -> str:
        """Why there is no price, on one line."""
        return InvalidRequest(self.report).message if self._message is None else self._message

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        return {"code": self.code, "message": self.message, "problems": self.report.to_dict()["problems"]}
