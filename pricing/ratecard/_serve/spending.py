"""Submissions within a budget, each with the consent to one request at one price.

Rule 1  Nothing is sent without the consent that `quote` returned for the same request at the same price.
Rule 2  The amount is held before anything is sent, and released only if certainly no job was created.
Rule 3  A consent can be used once, until the request is quoted again: repeating a call cannot create a second job.
        After a submission with an unknown outcome, the same request is not sent again at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from ratecard import Budget, InvalidRequest, NotPriced, OverBudget
from ratecard._receipts import attempt_data, money, receipt_data
from ratecard._serve.verbs import Refused, declined, quoted
from ratecard.submit import ApiError, SubmissionUncertain, UnreadableCharge
from ratecard_rules import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ratecard import Catalog
    from ratecard.submit import Client, Plan


@define
class Spending:
    """What may be submitted.

    Attributes:
        client: Submits the requests.
        budget: The limit of the session, and what was spent or is held.
    """

    client: Client
    budget: Budget
    _used: set[str] = field(factory=set, init=False)
    _uncertain: set[str] = field(factory=set, init=False)

    def quote(self, catalog: Catalog, request: object, measured: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Return the quote of a request, with the consent to submit it at this price. Raises Refused without one."""
        planned = self._plan(request, measured)
        consent = _consent_to(planned)
        self._used.discard(consent)
        return {**quoted(planned.quote, request, catalog), "consent": consent}

    def submit(
        self, _: Catalog, request: object, consent: str, measured: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Submit a request, once, and return the receipt. Raises Refused if no job is certain."""
        planned = self._plan(request, measured)
        if consent != _consent_to(planned):
            reason = "the consent is not for this request at its current price; call quote_request for its consent"
            raise _nothing_sent("wrong_consent", reason)
        if consent in self._uncertain:
            reason = "an earlier submission of this request may have created a job; look for it with `ratecard jobs`"
            raise _nothing_sent("used_consent", reason)
        if consent in self._used:
            reason = "this consent was used already; call quote_request again to submit the same request once more"
            raise _nothing_sent("used_consent", reason)
        before = self.budget
        try:
            self.budget = before.charge(planned.quote)
        except OverBudget as error:
            raise _nothing_sent("over_budget", str(error), **self._left()) from None
        self._used.add(consent)
        return self._send(planned, consent, before)

    def _send(self, planned: Plan, consent: str, before: Budget) -> dict[str, Any]:
        try:
            receipt = self.client.submit(planned)
        except SubmissionUncertain as error:
            self._uncertain.add(consent)
            advice = "do not submit it again before you have looked for the job with `ratecard jobs`"
            attempt = attempt_data(error.attempt)
            raise Refused(
                "submission_uncertain", f"{error.attempt}; {advice}", attempt=attempt, **self._left()
            ) from None
        except UnreadableCharge as error:
            message = f"job {error.job_id} was created, but its charge cannot be read: {error.message}"
            raise Refused("unreadable_charge", message, receipt=receipt_data(error), **self._left()) from None
        except ApiError as error:
            self.budget = before
            code = (error.code or "api_error").lower()
            raise Refused(code, f"{error}; no job was created", status=error.status, **self._left()) from None
        spent = before.spent_micros + receipt.charged_micros
        self.budget = Budget(usd_micros=before.max_total_micros, spent_micros=spent)
        warning = {"warning": receipt.drift_text} if receipt.drift_micros else {}
        return {"ok": True, **warning, "receipt": receipt_data(receipt), **self._left()}

    def _plan(self, request: object, measured: Mapping[str, object] | None) -> Plan:
        try:
            return self.client.plan(request, measured=measured)
        except InvalidRequest as error:
            raise declined("invalid_request", error.message, error.report, request) from None
        except NotPriced as error:
            raise declined(error.code, error.message, error.report, request) from None

    def _left(self) -> dict[str, Any]:
        return money("left", self.budget.left_micros)


def _nothing_sent(code: str, reason: str, **data: Any) -> Refused:
    return Refused(code, f"{reason}; nothing was sent", **data)


def _consent_to(planned: Plan) -> str:
    """Return a digest over the canonical request and its quote, with everything that the quote is based on."""
    return digest_of({"request": planned.body.decode(), "quote": planned.quote.to_dict()["digest"]})
