"""Webhooks: what the API sends to `webhookUrl` when a job has ended.

Documented: the headers `X-PixelByte-Timestamp` (Unix seconds) and `X-PixelByte-Signature` (`sha256=` and the
HMAC-SHA256 over the timestamp and the raw body, with the webhook's secret).
**Not documented: how the timestamp and the body are joined before that.** So nothing here guesses it: `join` comes from
the caller, and there is no default. A webhook comes again (after 1, 4, 16, 64, 256 seconds) unless it is answered with
2xx, and whoever receives it may see it twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypeAlias

from ratecard import RatecardError
from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.submit._clock import utc_now
from ratecard.submit._errors import Refusal, UnreadableAnswer
from ratecard.submit._jobs import read_job
from ratecard.submit._key import Secret
from ratecard.submit._wire import HttpAnswer, excerpt

if TYPE_CHECKING:
    from datetime import datetime

    from ratecard.submit._jobs import Job

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a webhook, as a mapping or as pairs, of text or of bytes."""

Join: TypeAlias = bytes | Callable[[bytes, bytes], bytes]
"""How timestamp and body are joined: what stands between them, or a function of both."""

Reason: TypeAlias = Literal[
    "missing_timestamp", "missing_signature", "repeated_header", "bad_timestamp", "bad_format", "mismatch", "too_old",
    "too_new",
]  # fmt: skip
"""Why a signature is not accepted."""

_PREFIX = "sha256="
_HEX_DIGITS = 64
_LONGEST_TIMESTAMP = 12
_MESSAGES: dict[Reason, str] = {
    "missing_timestamp": f"there is no {TIMESTAMP_HEADER}",
    "missing_signature": f"there is no {SIGNATURE_HEADER}",
    "repeated_header": "the timestamp or the signature is there more than once",
    "bad_timestamp": "the timestamp is no whole number of seconds",
    "bad_format": "the signature is not sha256= and 64 hexadecimal digits",
    "mismatch": "the signature is not that of this body: another secret, another body, or joined in another way",
    "too_old": "the webhook was signed too long ago",
    "too_new": "the webhook was signed in the future",
}


class BadSignature(RatecardError, ValueError):
    """A webhook is not from whom it says, or not from now; `reason` is one of a few words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason

    def __str__(self) -> str:
        return f"{self.reason}: {_MESSAGES[self.reason]}"


def parse_webhook(headers: Headers, body: bytes) -> Job:
    """Return the job that a webhook tells of. Who sent it is not checked: see `verify_signature`.

    `output` may be an address, as in the API's answers, or an object such as `{"imageUrl": …}`, as the reference shows
    for webhooks: `job.output` and `job.outputs` are the same for both, and `job.raw` has it as it came.
    Raises UnreadableAnswer for a body that is no such JSON, or that is still compressed.

    >>> job = parse_webhook({}, b'{"jobId": "job_1", "status": "completed", "output": {"imageUrl": "https://example.com/1.png"}}')
    >>> job.output, job.outputs[0].type
    ('https://example.com/1.png', 'image')
    """
    found = _values(_pairs(headers), "Content-Encoding")
    answer = HttpAnswer(200, body=body)
    if any(coding.strip().lower() not in ("", "identity") for coding in found):
        raise UnreadableAnswer(Refusal(f"the webhook is still compressed: {excerpt(', '.join(found))}"), answer)
    return read_job(answer)


def verify_signature(  # noqa: PLR0913  each is an option of its own
    headers: Headers,
    body: bytes,
    secret: str | bytes,
    *,
    join: Join,
    max_age: timedelta = timedelta(seconds=300),
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Return if a webhook was signed with the secret, and lately. Raises BadSignature.

    `body` the bytes as they came, before any JSON is read · `join` how the timestamp and the body are joined, which
    the reference does not say: bytes that stand between them, such as `b"."`, or a function of both · `max_age` how far
    the timestamp may be from `now`, before it or after it. Raises ValueError for an empty secret.

    >>> import hmac
    >>> from datetime import UTC, datetime
    >>> sign = hmac.new(b"whsec_example", b"1795000000.{}", "sha256").hexdigest()
    >>> headers = {"X-PixelByte-Timestamp": "1795000000", "X-PixelByte-Signature": f"sha256={sign}"}
    >>> verify_signature(
    ...     headers, b"{}", "whsec_example", join=b".", now=lambda: datetime.fromtimestamp(1795000060, UTC)
    ... )
    """
    kept = Secret(secret)
    del secret  # a traceback with local variables must not show it
    if not kept.reveal():
        raise ValueError("the secret of the webhook is empty")
    pairs = _pairs(headers)
    timestamp = _value(pairs, TIMESTAMP_HEADER, "missing_timestamp")
    signature = _value(pairs, SIGNATURE_HEADER, "missing_signature")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        raise BadSignature("bad_timestamp")
    given = signature.removeprefix(_PREFIX).lower()
    if not signature.startswith(_PREFIX) or len(given) != _HEX_DIGITS or set(given) - set("0123456789abcdef"):
        raise BadSignature("bad_format")
    stamp = timestamp.encode()
    signed = join(stamp, body) if callable(join) else join.join((stamp, body))
    if not hmac.compare_digest(hmac.new(kept.reveal(), signed, sha256).hexdigest(), given):
        raise BadSignature("mismatch")
    age = now().timestamp() - int(timestamp)
    if abs(age) > max_age.total_seconds():
        raise BadSignature("too_old" if age > 0 else "too_new")


def _value(pairs: list[tuple[str, str]], name: str, missing: Reason) -> str:
    found = _values(pairs, name)
    if len(found) != 1:
        raise BadSignature("repeated_header" if found else missing)
    return found[0]


def _values(pairs: list[tuple[str, str]], name: str) -> list[str]:
    return [value for one, value in pairs if one.lower() == name.lower()]


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(_decoded(name), _decoded(value)) for name, value in pairs]


def _decoded(text: str | bytes) -> str:
    return text.decode("latin-1") if isinstance(text, bytes) else text
