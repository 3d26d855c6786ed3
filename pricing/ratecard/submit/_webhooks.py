"""Webhooks: what the API sends to `webhookUrl` when a job ends.

The API signs with HMAC-SHA256 over a timestamp and the raw body. How the two are joined before that is not documented,
so the caller passes `join`; there is no default. The API repeats a webhook (after 1, 4, 16, 64 and 256 seconds) until
it is answered with 2xx, so the same one may arrive twice.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.submit._answers import HttpAnswer, read_job
from ratecard.submit._errors import BadSignature
from ratecard.submit._plan import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ratecard.submit._jobs import Job


def parse_webhook(body: bytes | str) -> Job:
    """Return the job that the body of a webhook describes. Who sent it is not checked: see `verify_signature`.

    `output` may be an address, as in the API's answers, or an object such as `{"imageUrl": …}`, as in the documented
    webhooks: `job.output` and `job.outputs` are the same for both. Raises ApiError for a body that is not such JSON.

    >>> job = parse_webhook('{"jobId": "job_1", "status": "completed", "output": {"imageUrl": "https://e.com/1.png"}}')
    >>> job.status, job.output
    ('completed', 'https://e.com/1.png')
    """
    return read_job(HttpAnswer(200, _bytes(body)))


def verify_signature(
    headers: Mapping[str, Any] | Iterable[tuple[str | bytes, str | bytes]],
    body: bytes | str,
    secret: bytes | str,
    *,
    join: bytes | Callable[[bytes, bytes], bytes],
    max_age: timedelta = timedelta(seconds=300),
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Return if a webhook was signed with the secret, and lately. Raises BadSignature if not.

    `headers` are a mapping, the header object of a web framework, or pairs. `body` is what came, before any JSON is
    read. `join` says how the timestamp and the body are joined: the bytes between them, such as `b"."`, or a function
    of both. `max_age` is how far the timestamp may be from now, in either direction.

    Raises TypeError or ValueError for unusable arguments.
    """
    if not secret:
        raise ValueError("the secret of the webhook is empty")
    expected = hmac.new(_bytes(secret), digestmod="sha256")
    del secret  # a traceback with local variables must not show it
    stamp, signature = _signed(headers)
    parts = stamp.encode(), _bytes(body)
    expected.update(join(*parts) if callable(join) else join.join(parts))
    if not hmac.compare_digest(expected.hexdigest(), signature.lower()):
        raise BadSignature("the signature is for another secret, another body or another `join`", reason="mismatch")
    age = now().timestamp() - int(stamp)
    if abs(age) > max_age.total_seconds():
        direction = "too long ago" if age > 0 else "in the future"
        raise BadSignature(f"the webhook was signed {direction}", reason="too_old" if age > 0 else "too_new")


def _signed(headers: Any) -> list[str]:
    """Return the timestamp and the signature. A header that is there twice could be read in two ways."""
    pairs = [*(headers.items() if hasattr(headers, "items") else headers)]
    found = []
    for name, pattern in ((TIMESTAMP_HEADER, "([0-9]{1,12})"), (SIGNATURE_HEADER, "sha256=([0-9a-fA-F]{64})")):
        values = [re.fullmatch(pattern, _text(value)) for key, value in pairs if _text(key).lower() == name.lower()]
        if len(values) != 1 or values[0] is None:
            raise BadSignature(f"{name} is missing, malformed or repeated", reason="bad_header")
        found.append(values[0][1])
    return found


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else str(value, "latin-1")
