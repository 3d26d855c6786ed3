"""Deliveries as data: their documented shapes, and a signature by the rule that the caller states."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from fake_api.asking import submitted
from ratecard import example_request
from ratecard.testing import START, FakeApi, JobError

SECRET = b"whsec_example"


def dotted(timestamp: bytes, body: bytes) -> bytes:
    """Join with a dot, as others do it; the reference does not say."""
    return timestamp + b"." + body


def test_completed() -> None:
    """A completed job is told with its output as an object, unlike the job itself."""
    api = FakeApi()
    job = api.finish(submitted(api).job_id)
    _, body = api.webhook(job.job_id, secret=SECRET, join=dotted)
    assert json.loads(body) == {
        "jobId": job.job_id,
        "requestId": job.request_id,
        "status": "completed",
        "output": {"videoUrl": job.output, "metadata": {"model": job.model}},
        "completedAt": "2026-11-20T00:00:00.000Z",
    }


def test_an_image() -> None:
    """The result of an image model is named as the reference shows it."""
    api = FakeApi()
    job = api.finish(submitted(api, example_request("google/nano-banana-2/edit-image")).job_id)
    output = json.loads(api.webhook(job.job_id, secret=SECRET, join=dotted)[1])["output"]
    assert output["imageUrl"] == f"https://example.com/results/{job.job_id}.png"


def test_failed() -> None:
    """A failed job is told with its error and without an output."""
    api = FakeApi()
    job = api.finish(submitted(api).job_id, "failed", error=JobError("BAD_LUCK", "try again"))
    data = json.loads(api.webhook(job.job_id, secret=SECRET, join=dotted)[1])
    assert data["error"] == {"code": "BAD_LUCK", "message": "try again"}
    assert data.keys() == {"jobId", "requestId", "status", "error", "completedAt"}


def test_signature() -> None:
    """Timestamp and raw body are signed as they are joined by the caller; the time is that of the fake."""
    api = FakeApi()
    job_id = api.finish(submitted(api).job_id).job_id
    api.advance(90.9)
    headers, body = api.webhook(job_id, secret=SECRET, join=dotted)
    timestamp = str(int(START.timestamp()) + 90)
    assert headers == {
        "Content-Type": "application/json",
        "X-PixelByte-Timestamp": timestamp,
        "X-PixelByte-Signature": "sha256="
        + hmac.new(SECRET, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest(),
    }
    assert api.webhook(job_id, secret=SECRET.decode(), join=b".") == (headers, body)
    other, same = api.webhook(job_id, secret=SECRET, join=lambda when, what: when + what)
    assert same == body
    assert other["X-PixelByte-Signature"] != headers["X-PixelByte-Signature"]


@pytest.mark.parametrize("state", ["pending", "processing", "cancelled"])
def test_states_without_one(state: str) -> None:
    """No delivery is documented for a job that is open or cancelled."""
    api = FakeApi()
    job_id = submitted(api).job_id
    if state != "pending":
        api.advance(1) if state == "processing" else api.finish(job_id, "cancelled")
    with pytest.raises(ValueError, match=f"no webhook is documented for a job that is {state}"):
        api.webhook(job_id, secret=SECRET, join=dotted)


def test_an_unknown_job() -> None:
    """A job that is not there is an error."""
    with pytest.raises(LookupError, match="no such job"):
        FakeApi().webhook("job_9", secret=SECRET, join=dotted)
