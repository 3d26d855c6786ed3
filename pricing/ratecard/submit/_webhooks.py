"""Webhooks: what the API sends to `webhookUrl` when a job ends.

The API signs with HMAC-SHA256 over a timestamp and the raw body. How the two are joined before that is not documented,
so the caller passes `join`; there is no default. The API repeats a webhook (after 1, 4, 16, 64 and 256 seconds) until
it is answered with 2xx, so the same one may arrive twice.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.submit._answers import read_job
from ratecard.submit._errors import ApiError, BadSignature
from ratecard.submit._jobs import HttpAnswer, Job
from ratecard.submit._key import Secret
from ratecard.submit._plan import utc_now
from ratecard_rules import one_line

Headers: TypeAlias = Mapping[str, Any] | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a webhook: a mapping, the header object of a web framework, or pairs; text or bytes."""

Join: TypeAlias = bytes | Callable[[bytes, bytes], bytes]
"""How timestamp and body are joined: the bytes between them, or a function of both."""


def parse_webhook(headers: Headers, body: bytes | str) -> Job:
    """Return the job that a webhook is about. Who sent it is not checked: see `verify_signature`.

    `output` may be an address, as in the API's answers, or an object such as `{"imageUrl": …}`, as in the documented
    webhooks: `job.output` and `job.outputs` are the same for both. Raises ApiError for a body that is not such JSON, or
    that is still compressed; TypeError for other arguments.

    >>> job = parse_webhook({}, '{"jobId": "job_1", "status": "completed", "output": {"imageUrl": "https://e.com/1.png"}}')
    >>> job.output, job.outputs[0].type
    ('https://e.com/1.png', 'image')
    """
    coding = ", ".join(_by_name(headers).get("content-encoding", []))
    if coding.strip().lower() not in ("", "identity"):
        raise ApiError(f"the webhook is still compressed: {one_line(coding)}", code="unreadable_answer")
    return read_job(HttpAnswer(200, body=_bytes(body, "body")))


def verify_signature(
    headers: Headers,
    body: bytes | str,
    secret: bytes | str,
    *,
    join: Join,
    max_age: timedelta = timedelta(seconds=300),
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Return if a webhook was signed with the secret, and lately. Raises BadSignature if not.

    `body` is what came, before any JSON is read. `join` says how the timestamp and the body are joined, which is not
    documented: the bytes between them, such as `b"."`, or a function of both. `max_age` is how far the timestamp may be
    from now, in either direction. Raises TypeError or ValueError for unusable arguments.
    """
    key = Secret(secret)
    del secret  # a traceback with local variables must not show it
    if not _bytes(key.reveal(), "secret"):
        raise ValueError("the secret of the webhook is empty")
    if not (isinstance(join, bytes) or callable(join)):
        raise TypeError(f"join must be bytes or a function, not {type(join).__name__}")
    named = _by_name(headers)
    stamp = _header(named, TIMESTAMP_HEADER, "[0-9]{1,12}")
    signature = _header(named, SIGNATURE_HEADER, "sha256=[0-9a-fA-F]{64}")
    parts = stamp.encode(), _bytes(body, "body")
    signed = join(*parts) if callable(join) else join.join(parts)
    expected = hmac.new(key.reveal(), signed, sha256).hexdigest()
    if not hmac.compare_digest(f"sha256={expected}", signature.lower()):
        raise BadSignature("the signature is for another secret, another body or another `join`", reason="mismatch")
    age = now().timestamp() - int(stamp)
    if abs(age) > max_age.total_seconds():
        direction = "too long ago" if age > 0 else "in the future"
        raise BadSignature(f"the webhook was signed {direction}", reason="too_old" if age > 0 else "too_new")


def _bytes(value: object, name: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"the {name} must be bytes or text as it came, not {type(value).__name__}")
    return bytes(value)


def _header(headers: dict[str, list[str]], name: str, pattern: str) -> str:
    values = headers.get(name.lower(), [])
    if len(values) != 1 or not re.fullmatch(pattern, values[0]):
        raise BadSignature(f"{name} is missing, malformed or repeated", reason="bad_header")
    return values[0]


def _by_name(headers: Any) -> dict[str, list[str]]:
    """Return the values of each header. A mapping may hold lists of values, and some header objects yield pairs."""
    items = getattr(headers, "items", None)
    found: dict[str, list[str]] = {}
    try:
        for name, value in items() if callable(items) else headers:
            found.setdefault(_text(name).lower(), []).extend(map(_text, value if type(value) is list else [value]))
    except (TypeError, ValueError):
        kind = type(headers).__name__
        raise TypeError(f"headers must be a mapping or pairs of names and values, in text or bytes: {kind}") from None
    return found


def _text(value: str | bytes) -> str:
    return str(value, "latin-1") if isinstance(value, bytes) else str.__str__(value)
