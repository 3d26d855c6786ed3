"""What `quote` raises. The whole tree stands in `ratecard_rules._errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import ratecard_rules
from ratecard_rules import RatecardError, one_line

if TYPE_CHECKING:
    from ratecard_rules import Report

NotPricedCode: TypeAlias = Literal["price_unknown", "undetermined", "needs_measurement", "not_yet_effective", "retired"]
"""Why a valid request has no price.

`price_unknown`: the price of the model was not seen. `undetermined`: a priced field was left out and its default is
not known, or it has a value that no page prices. `needs_measurement`: the price depends on a quantity that cannot be
sent, such as the length of a video, and its option was not passed as `measured`. `not_yet_effective`: the model has no
price yet at the instant asked for. `retired`: it has none any more.
"""


class InvalidRequest(RatecardError, ValueError):  # noqa: N818  the name says what is wrong, as the builtins' do
    """The request has errors, so it would be refused; `report` lists every problem."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        first, *others = self.report.errors
        more = f" (and {len(others)} more)" if others else ""
        return f"the request is not valid: {one_line(first.pointer) or 'as a whole'}: {first.message}{more}"

    def __str__(self) -> str:
        return "the request is not valid\n" + "\n".join(map(str, self.report.errors))


class NotPriced(RatecardError, LookupError):  # noqa: N818  as above
    """The request is valid, but its price is not known; `code` and `message` say why, `report` has its warnings."""

    def __init__(self, code: NotPricedCode, message: str, report: Report | None = None) -> None:
        super().__init__(code, message, report)
        self.code: NotPricedCode = code
        self.message = message
        self.report = ratecard_rules.Report() if report is None else report

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
