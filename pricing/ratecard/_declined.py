"""The answer where there is no price."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from ratecard._errors import NotPricedCode
from ratecard_rules import Report


@frozen(kw_only=True)
class Declined:
    """The answer of `try_quote` where there is no price; it has no amount at all.

    `code` is `invalid_request`, or why a valid request has no price (see NotPriced) · `message` says it in words ·
    `report` lists every problem of the request.
    """

    code: Literal["invalid_request"] | NotPricedCode
    message: str
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        return {"code": self.code, "message": self.message, "problems": self.report.to_dict()["problems"]}
