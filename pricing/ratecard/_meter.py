"""Events for metering systems: one for each charge.

Rule 1  The ID of an event is that of the job, so sending it again counts once. It is never the digest of the quote:
        equal requests share one, and real jobs would be dropped as duplicates.
Rule 2  All amounts are exact text.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from ratecard._money import usd_text
from ratecard_rules import instant_of, option_text

if TYPE_CHECKING:
    from datetime import datetime

    from ratecard._quote.quote import Quote

MeterFormat: TypeAlias = Literal["cloudevents", "stripe", "openmeter", "lago"]
"""The formats of meter events."""

SOURCE = "ratecard"
"""The `source` of events that have one; IDs are unique within it."""

_LONGEST_STRIPE_ID = 100


class Receipt(Protocol):
    """The receipt of a submission."""

    @property
    def job_id(self) -> str:
        """The ID of the job."""

    @property
    def quoted(self) -> Quote:
        """The quote that was made before."""

    @property
    def charged_micros(self) -> int:
        """What was charged, in millionths of a US dollar."""


def meter_event(
    receipt: Receipt,
    *,
    format: MeterFormat,  # noqa: A002  the builtin is not needed here
    customer: str,
    at: datetime,
    name: str = "generation",
) -> dict[str, Any]:
    """Return the event that reports a charge to a metering system, as plain JSON data.

    Args:
        receipt: The receipt of a submission.
        format: `cloudevents` (1.0), `stripe` (a billing meter event), `openmeter` or `lago` (an event).
        customer: Who is billed: the subject, the customer of Stripe, or the subscription of Lago.
        at: When it was charged.
        name: The type of the event: the name of the meter, or the code of the billable metric.

    Raises ValueError for an unknown format, a naive instant, an empty customer, or a job ID that Stripe does not take.

    >>> import datetime, ratecard
    >>> from ratecard.submit import Receipt
    >>> quoted = ratecard.quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> receipt = Receipt(job_id="job_1", request_id=None, status="pending", estimated_completion=None,
    ...                   quoted=quoted, charged_micros=250_000)
    >>> noon = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)
    >>> meter_event(receipt, format="stripe", customer="cus_1", at=noon)
    {'event_name': 'generation', 'identifier': 'job_1', 'timestamp': 1796126400,
     'payload': {'stripe_customer_id': 'cus_1', 'value': '250000'}}
    """
    if format not in get_args(MeterFormat):
        raise ValueError(f"format must be one of {', '.join(get_args(MeterFormat))}, got {format!r:.40}")
    if not customer.strip():
        raise ValueError("the customer is empty")
    job_id, instant = receipt.job_id, instant_of(at).astimezone(UTC)
    seconds = int(instant.timestamp())
    match format:
        case "stripe":
            if len(job_id) > _LONGEST_STRIPE_ID:
                raise ValueError(f"Stripe takes no identifier of more than {_LONGEST_STRIPE_ID} characters")
            payload = {"stripe_customer_id": customer, "value": str(receipt.charged_micros)}
            return {"event_name": name, "identifier": job_id, "timestamp": seconds, "payload": payload}
        case "lago":
            event = {"transaction_id": job_id, "external_subscription_id": customer, "code": name}
            return {"event": {**event, "timestamp": seconds, "properties": _values(receipt)}}
    event = {"specversion": "1.0", "id": job_id, "source": SOURCE, "type": name, "subject": customer}
    content = {"datacontenttype": "application/json"} if format == "cloudevents" else {}
    return {**event, "time": instant.isoformat(), **content, "data": _values(receipt)}


def _values(receipt: Receipt) -> dict[str, str]:
    """Return what a meter can add up or group by: amounts, the model and the priced options."""
    return {
        "usd_micros": str(receipt.charged_micros),
        "usd": usd_text(receipt.charged_micros),
        "quoted_usd_micros": str(receipt.quoted.usd_micros),
        "currency": "USD",
        "model": receipt.quoted.model,
        **{f"option_{factor.field}": option_text(factor.value) for factor in receipt.quoted.factors},
    }
