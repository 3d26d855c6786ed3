"""The answer where there is no price."""

from __future__ import annotations

from typing import Any, Literal

from attrs import field, frozen

from ratecard._errors import InvalidRequest, NotPricedCode
from ratecard_rules import Report


@frozen(kw_only=True)
class Declined:
    """The answer of `try_quote` where there is no price; it has no amount at all.

    `code` is `invalid_request`, or why a valid request has no price (see NotPriced) · `report` lists every problem of
    the request · `message` says in words why there is no price; left out, it is what the report says.
    """

    code: Literal["invalid_request"] | NotPricedCode
    report: Report
    _message: str | None = field(default=None, repr=False)

    @property
    def message(self) -> str:
        """Why there is no price, in one line."""
        return InvalidRequest(self.report).message if self._message is None else self._message

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        return {"code": self.code, "message": self.message, "problems": self.report.to_dict()["problems"]}
