"""Requests as they arrive, answers as they leave, the documented addresses, and what can go wrong on demand.

Nothing here knows a job, a price or a socket.

Rule 1  A fault says separately whether the request takes effect, and what becomes of the answer.
Rule 2  A fault changes the answer, never the books; only `overcharge` and `job_failure` change what is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http.client import responses
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from attrs import evolve, field, frozen

from ratecard._api import JOBS_PATH, STATUS_OF_CODE, SUBMIT_PATH

Operation: TypeAlias = Literal["submit", "job", "jobs", "cancel"]
"""What the API can be asked for."""

Delivery: TypeAlias = Literal["sent", "reset", "silent", "refused"]
"""How an answer reaches the client.

`sent`: up to `sent_bytes`. `reset`: the connection breaks before the first byte. `silent`: the connection stays open
and nothing arrives. `refused`: there was no connection.
"""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names in lower case, and values."""

_ROUTES: dict[Operation, str] = {
    "submit": f"POST {SUBMIT_PATH}",
    "jobs": f"GET {JOBS_PATH}",
    "job": f"GET {JOBS_PATH}/([^/]+)",
    "cancel": f"POST {JOBS_PATH}/([^/]+)/cancel",
}


@frozen
class FakeAnswer:
    """An answer.

    Attributes:
        status: The HTTP status; 0 if the request was not processed.
        body: The whole body.
        headers: Names in lower case and values, without the length.
        delivery: How it reaches the client.
        sent_bytes: How many bytes of head and body are sent before the connection closes; None for all, and it stays.
    """

    status: int
    body: bytes = field(repr=False)
    headers: Headers = ()
    delivery: Delivery = "sent"
    sent_bytes: int | None = None

    @property
    def data(self) -> Any:
        """The body parsed as JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.body)

    @property
    def head(self) -> bytes:
        """The status line and the headers, as they are sent."""
        fields = "".join(f"{name}: {text}\r\n" for name, text in self.headers)
        first = f"HTTP/1.1 {self.status} {responses.get(self.status, '')}"
        return f"{first}\r\n{fields}content-length: {len(self.body)}\r\n\r\n".encode()

    @property
    def sent(self) -> bytes:
        """The bytes of head and body that arrive if it is sent."""
        return (self.head + self.body)[: self.sent_bytes]


def _masked(headers: Mapping[str, str]) -> Headers:
    """Return headers without the key."""
    lowered = ((name.lower(), value) for name, value in headers.items())
    return tuple((name, "***" if name == "authorization" else value) for name, value in lowered)


@frozen
class FakeRequest:
    """A request that arrived.

    Attributes:
        method: The HTTP method.
        target: Path and query.
        headers: Names in lower case and values; that of `authorization` is masked.
        body: The body.
    """

    method: str
    target: str
    headers: Headers = field(converter=_masked)
    body: bytes

    @property
    def data(self) -> Any:
        """The body parsed as JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.body)


AnswerFunction: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], FakeAnswer]
"""What a transport and a server call: method, target, headers and body to an answer."""


class Refused(Exception):
    """A request that is answered with an error: its arguments are those of `error_answer`, without the request ID."""


def error_answer(
    request_id: str, code: str, message: str, details: object = None, status: int | None = None
) -> FakeAnswer:
    """Return an error in the documented shape; its status defaults to the documented one of its code."""
    error = {"code": code, "message": message, **({} if details is None else {"details": details})}
    data = {"success": False, "error": error, "requestId": request_id}
    return json_answer(data, STATUS_OF_CODE[code] if status is None else status)


def route(method: str, path: str) -> tuple[Operation, str]:
    """Return what is asked for, and the job ID in the path or "". Raises Refused if there is no such address."""
    for operation, pattern in _ROUTES.items():
        if match := re.fullmatch(pattern, f"{method} {path}"):
            return operation, unquote("".join(match.groups()))
    raise Refused("NOT_FOUND", "no such address", None, 404)


def json_answer(data: Mapping[str, object], status: int = 200) -> FakeAnswer:
    """Return an answer with JSON data."""
    return FakeAnswer(status, json.dumps(data).encode(), (("content-type", "application/json"),))


@frozen
class JobError:
    """Why a job failed. The reference lists no codes."""

    code: str = "GENERATION_FAILED"
    message: str = "the model gave no result"


@frozen(kw_only=True)
class FakeFault:
    """One thing that goes wrong.

    Attributes:
        name: For people.
        processed: Whether the request takes effect before it goes wrong.
        change: Returns another answer instead of the real one; it also gets the ID of the request.
        overcharge_micros: Charged on top of the price, in millionths of a dollar.
        job_error: Makes the job fail when it would be completed.
    """

    name: str
    processed: bool = True
    change: Callable[[FakeAnswer, str], FakeAnswer] = field(default=lambda answer, _: answer, repr=False)
    overcharge_micros: int = 0
    job_error: JobError | None = None


def _changed(name: str, *, processed: bool = True, **changes: Any) -> FakeFault:
    """Return the fault that replaces attributes of the answer."""
    return FakeFault(name=name, processed=processed, change=lambda answer, _: evolve(answer, **changes))


def cut(sent_bytes: int) -> FakeFault:
    """Return the fault of a connection that closes after so many bytes of the answer, head included."""
    return _changed("cut", sent_bytes=sent_bytes)


def error(
    code: str,
    *,
    status: int | None = None,
    message: str = "as requested",
    processed: bool = False,
    retry_after: str | None = None,
) -> FakeFault:
    """Return the fault of an error in the documented shape.

    `status` defaults to the documented one of `code`. With `processed` the job is created and charged nonetheless, as
    it may be behind an `INTERNAL_ERROR`. `retry_after` is sent as the header of that name, which the reference does not
    mention. Raises ValueError for an undocumented code without a status.
    """
    if status is None and code not in STATUS_OF_CODE:
        raise ValueError(f"{code!r} is not documented; pass a status")
    headers: Headers = () if retry_after is None else (("retry-after", retry_after),)

    def change(_: FakeAnswer, request_id: str) -> FakeAnswer:
        answer = error_answer(request_id, code, message, status=status)
        return evolve(answer, headers=answer.headers + headers)

    return FakeFault(name=code, processed=processed, change=change)


def redirect(location: str = "https://elsewhere.example.com/moved", *, status: int = 307) -> FakeFault:
    """Return the fault of a redirection, by default to another host; nothing is processed."""
    answer = FakeAnswer(status, b"", (("location", location),))
    return FakeFault(name="redirect", processed=False, change=lambda *_: answer)


def overcharge(usd_micros: int) -> FakeFault:
    """Return the fault of a submission that is charged so many millionths of a dollar more, or less, than its price.

    A charge is never below zero. The answer and the books both have the actual charge.
    """
    return FakeFault(name="overcharge", overcharge_micros=usd_micros)


def job_failure(*error: str) -> FakeFault:
    """Return the fault of a job that is accepted, and fails in the end; `error` is the code and message of JobError."""
    return FakeFault(name="job failure", job_error=JobError(*error))


def _charge_as(name: str, replacement: bytes) -> FakeFault:
    def change(answer: FakeAnswer, _: str) -> FakeAnswer:
        return evolve(answer, body=re.sub(rb'(?<="costMicroCents": )\d+', replacement, answer.body))

    return FakeFault(name=name, change=change)


_BAD_GATEWAY = FakeAnswer(502, b"<html>Bad Gateway</html>", (("content-type", "text/html"),))

FAULTS: Mapping[str, FakeFault] = {
    fault.name: fault
    for fault in (
        _changed("refuse", processed=False, delivery="refused"),
        _changed("timeout before", processed=False, delivery="silent"),
        _changed("timeout after", delivery="silent"),
        _changed("cut before", processed=False, sent_bytes=0),
        _changed("cut after", sent_bytes=0),
        FakeFault(
            name="cut within",
            change=lambda answer, _: evolve(answer, sent_bytes=len(answer.head) + len(answer.body) // 2),
        ),
        _changed("reset before", processed=False, delivery="reset"),
        _changed("reset after", delivery="reset"),
        FakeFault(name="bad gateway before", processed=False, change=lambda *_: _BAD_GATEWAY),
        FakeFault(name="bad gateway after", change=lambda *_: _BAD_GATEWAY),
        _changed("garbage", body=b"<html>not JSON</html>"),
        FakeFault(name="truncated", change=lambda answer, _: evolve(answer, body=answer.body[:20])),
        _charge_as("charge as float", rb"\g<0>.0"),
        _charge_as("charge as text", rb'"\g<0>"'),
    )
}
"""Every fault that needs no argument, by its name."""
