"""What the API would send to a `webhookUrl`: as data, sent to nobody."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, TypeAlias

from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.testing._wire import iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ratecard.testing._books import FakeJob

    Join: TypeAlias = bytes | Callable[[bytes, bytes], bytes]


def webhook_of(job: FakeJob, *, secret: str | bytes, join: Join, at: datetime) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a delivery at an instant. Raises ValueError for a state that has none."""
    if job.status not in ("completed", "failed"):
        raise ValueError(f"no webhook is documented for a job that is {job.status}")
    body = json.dumps(_told(job)).encode()
    timestamp = str(int(at.timestamp()))
    joined = timestamp.encode() + join + body if isinstance(join, bytes) else join(timestamp.encode(), body)
    signature = hmac.new(secret.encode() if isinstance(secret, str) else secret, joined, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: f"sha256={signature}",
    }
    return headers, body


def _told(job: FakeJob) -> dict[str, object]:
    if job.error is not None:
        end: dict[str, object] = {"error": {"code": job.error.code, "message": job.error.message}}
    else:
        end = {"output": {f"{job.output_type}Url": job.output, "metadata": {"model": job.model}}}
    ids = {"jobId": job.job_id, "requestId": job.request_id, "status": job.status}
    return {**ids, **end, "completedAt": iso(job.completed_at)}
