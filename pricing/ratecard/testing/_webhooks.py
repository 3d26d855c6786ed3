"""What the API would send to a `webhookUrl`, as data."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, TypeAlias

from attrs import asdict

from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.testing._http import iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ratecard.testing._books import FakeJob

    Join: TypeAlias = bytes | Callable[[bytes, bytes], bytes]


def webhook_of(job: FakeJob, *, secret: str | bytes, join: Join, at: datetime) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a delivery at an instant. Raises ValueError for a status without one."""
    if job.status not in ("completed", "failed"):
        raise ValueError(f"no webhook is documented for a job that is {job.status}")
    body = json.dumps(_payload(job)).encode()
    timestamp = str(int(at.timestamp()))
    signed = timestamp.encode() + join + body if isinstance(join, bytes) else join(timestamp.encode(), body)
    signature = hmac.new(secret.encode() if isinstance(secret, str) else secret, signed, "sha256").hexdigest()
    signing = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: f"sha256={signature}"}
    return {"Content-Type": "application/json", **signing}, body


def _payload(job: FakeJob) -> dict[str, object]:
    output = {f"{job.output_type}Url": job.output, "metadata": {"model": job.model}}
    result: dict[str, object] = {"error": asdict(job.error)} if job.error else {"output": output}
    ids = {"jobId": job.job_id, "requestId": job.request_id, "status": job.status}
    return {**ids, **result, "completedAt": iso(job.completed_at)}
