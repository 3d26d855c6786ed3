"""Meter events: one for each job, in the form of each system, with exact text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import invented
from ratecard import meter_event, quote
from ratecard.submit import Receipt

QUOTED = quote(invented.request(sound=True), catalog=invented.catalog())  # 10,000 x 4 x 1.5 = 60,000
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)  # 1,796,126,400 seconds after 1970
VALUES = {
    "usd_micros": "60001",
    "usd": "0.060001",
    "quoted_usd_micros": "60000",
    "currency": "USD",
    "model": "acme/loop-1/text-to-video",
    "option_duration": "4",
    "option_sound": "true",
}
EVENT = {"specversion": "1.0", "id": "job_1", "source": "ratecard", "type": "generation", "subject": "customer 1"}
TIME = "2026-12-01T12:00:00+00:00"


def receipt(job_id: str = "job_1") -> Receipt:
    """Return the receipt of a charge that is one micro more than the quote."""
    return Receipt(
        job_id=job_id,
        request_id=None,
        status="pending",
        estimated_completion=None,
        quoted=QUOTED,
        charged_micros=60_001,
    )


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("cloudevents", {**EVENT, "time": TIME, "datacontenttype": "application/json", "data": VALUES}),
        ("openmeter", {**EVENT, "time": TIME, "data": VALUES}),
        (
            "stripe",
            {
                "event_name": "generation",
                "identifier": "job_1",
                "timestamp": 1_796_126_400,
                "payload": {"stripe_customer_id": "customer 1", "value": "60001"},
            },
        ),
        (
            "lago",
            {
                "event": {
                    "transaction_id": "job_1",
                    "external_subscription_id": "customer 1",
                    "code": "generation",
                    "timestamp": 1_796_126_400,
                    "properties": VALUES,
                }
            },
        ),
    ],
)
def test_the_formats(form: Any, expected: dict[str, Any]) -> None:
    """The event names the job, the customer, the instant in UTC, and amounts as text; equal instants are equal."""
    for zone in (UTC, timezone(timedelta(hours=9))):
        event = meter_event(receipt(), format=form, customer="customer 1", at=NOON.astimezone(zone))
        assert event == expected
    assert json.loads(json.dumps(event)) == event
    other = meter_event(receipt("job_2"), format=form, customer="customer 1", at=NOON)
    assert other != event  # equal requests share a quote, but each job is an event of its own
    assert QUOTED.to_dict()["digest"] not in json.dumps(event)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"format": "xml"}, "format must be one of cloudevents, stripe, openmeter, lago, got 'xml'"),
        ({"customer": " "}, "the customer is empty"),
        ({"at": datetime(2026, 12, 1)}, "UTC offset"),  # noqa: DTZ001  this is the point
        ({"format": "stripe", "receipt": receipt("j" * 101)}, "no identifier of more than 100 characters"),
    ],
)
def test_what_it_refuses(wrong: dict[str, Any], says: str) -> None:
    """What would be wrong or lost in the metering system is a ValueError."""
    given: Any = {"receipt": receipt(), "format": "lago", "customer": "customer 1", "at": NOON, **wrong}
    with pytest.raises(ValueError, match=says):
        meter_event(given.pop("receipt"), **given)
