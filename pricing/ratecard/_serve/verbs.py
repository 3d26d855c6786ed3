"""What can be asked of the MCP server and of the HTTP service. Every answer is plain data with `ok`.

The answer to `validate_request` and to each request of a batch may have `ok` false; everything else that cannot be
answered raises `Refused`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard import Declined, Quote, try_quote, validate
from ratecard._json import BOUNDED
from ratecard._money import usd_text
from ratecard._quote.document import parse, strict_decoder
from ratecard_rules import RatecardError, UnknownModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ratecard import Catalog, Report

MOST_OFFERS = 10
"""The number of models in each group that `find_models` lists if `limit` is left out."""

_DECODER = strict_decoder(**BOUNDED)


class Refused(RatecardError):
    """Something that cannot be answered.

    Attributes:
        code: Why not.
        message: The same in words.
        data: More for programs, such as the problems of a request.
    """

    def __init__(self, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"ok": False, "code": self.code, "message": self.message, **self.data}


def read_json(body: bytes) -> Any:
    """Return the value of strict JSON. Raises Refused for anything else, and for numbers that are out of range."""
    try:
        return parse(body, _DECODER)
    except ValueError as error:
        raise Refused("bad_json", f"not valid JSON: {error}") from None


def validate_request(catalog: Catalog, request: object) -> dict[str, Any]:
    """Return every problem of a request and, if some can be fixed, the fixes and the fixed request."""
    report = validate(request, catalog=catalog)
    return {**report.to_dict(), **_fixed(report, request)}


def quote_request(catalog: Catalog, request: object, measured: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return the quote of a request, and the warnings about it. Raises Refused if it has no price."""
    answer = try_quote(request, catalog=catalog, measured=measured)
    if isinstance(answer, Declined):
        raise declined(answer.code, answer.message, answer.report, request)
    return quoted(answer, request, catalog)


def quote_batch(catalog: Catalog, requests: object, measured: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return the answer to each request of an array, in their order, and the totals. Raises Refused without one."""
    from ratecard import quote_many, summarize  # imports are late here: an agent waits for the start

    if not isinstance(requests, list):
        raise Refused("bad_argument", "expected an array of requests")
    answers = list(quote_many(requests, catalog=catalog, measured=measured))
    summary = summarize(answers)
    results = (
        quoted(answer, request, catalog)
        if isinstance(answer, Quote)
        else declined(answer.code, answer.message, answer.report, request).to_dict()
        for answer, request in zip(answers, requests, strict=True)
    )
    return {
        "ok": not summary.declined,
        "results": list(results),
        "requests": len(answers),
        "quoted": summary.quoted,
        "declined": summary.declined,
        "total_usd_micros": summary.cost_micros,
        "total_usd": usd_text(summary.cost_micros),
        "codes": dict(summary.codes),
    }


def list_models(
    catalog: Catalog, text: str | None = None, capability: str | None = None, provider: str | None = None
) -> dict[str, Any]:
    """Return the names and prices of the chosen models. Raises Refused for an unknown capability or provider."""
    from ratecard._find.candidates import candidates
    from ratecard._find.model_data import model_summary

    try:
        chosen = candidates(catalog, text, capability, provider)
    except ValueError as error:
        raise Refused("bad_argument", str(error)) from None
    return {"ok": True, "models": [model_summary(model, catalog) for model in chosen]}


def show_model(catalog: Catalog, model: str) -> dict[str, Any]:
    """Return everything about a model, given by its slug or the URL of its page. Raises Refused if there is none."""
    from ratecard._find.model_data import model_details, named_model

    try:
        known = named_model(model, catalog)
    except LookupError as error:
        nearest = error.nearest if isinstance(error, UnknownModel) else catalog.documented_at(model)
        raise Refused("unknown_model", str(error), allowed=list(nearest)) from None
    return {"ok": True, **model_details(known, catalog)}


def find_models(catalog: Catalog, *, limit: int = MOST_OFFERS, **criteria: Any) -> dict[str, Any]:
    """Return the best offers, and the models that are not offered with the reasons, at most `limit` of each group.

    The criteria are those of `ratecard.find`. The whole quotes of the offers are left out. Raises Refused for criteria
    that `find` does not accept.
    """
    from ratecard import find

    try:
        groups = find(**criteria, catalog=catalog).to_dict()
    except (TypeError, ValueError) as error:
        raise Refused("bad_argument", str(error)) from None
    counts = {name: len(group) for name, group in groups.items()}
    listed = {name: group[:limit] for name, group in groups.items()}
    for offer in listed["offers"]:
        del offer["quote"]
    return {"ok": True, "counts": counts, **listed}


def declined(code: str, message: str, report: Report, request: object) -> Refused:
    """Return why a request has no price, with its problems and, if some can be fixed, the fixed request."""
    return Refused(code, message, problems=report.to_dict()["problems"], **_fixed(report, request))


def quoted(quote: Quote, request: object, catalog: Catalog) -> dict[str, Any]:
    """Return the quote of a request, and the warnings about it."""
    warnings = validate(request, catalog=catalog).to_dict()["problems"] if quote.warnings else []
    return {"ok": True, "quote": quote.to_dict(), "warnings": warnings}


def _fixed(report: Report, request: object) -> dict[str, Any]:
    fixes = report.fixes(request)
    return {"fixes": [fix.to_dict() for fix in fixes], "request": report.fixed(request)} if fixes else {}
