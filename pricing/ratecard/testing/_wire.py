"""What goes over the wire: requests as they arrive, answers as they leave, and the addresses between them.

Nothing here knows a job, a price or a socket.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import evolve, field, frozen

from ratecard._api import JOBS_PATH, STATUS_OF_CODE, SUBMIT_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Operation: TypeAlias = Literal["submit", "job", "jobs", "cancel"]
"""What can be asked of the API."""

Scope: TypeAlias = Literal["submit_job", "check_status", "list_models"]
"""What a key may be allowed to do; `list_models` is documented without the address that would need it."""

Delivery: TypeAlias = Literal["whole", "part", "closed", "reset", "silent", "refused"]
"""How much of an answer reaches the client.

`whole`: all of it. `part`: half of the body, then the connection closes. `closed`: the connection closes without an
answer. `reset`: it breaks. `silent`: it stays open and nothing comes. `refused`: there was no connection at all.
"""

LIKE_NONE = {"NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "LENGTH_REQUIRED": 411, "REQUEST_TOO_LARGE": 413}
"""Codes that the reference lacks, for requests to which it gives no answer: no such address, and the like."""

MOST_BODY_BYTES = 1 << 20
"""A longer body is refused."""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names, in lower case, and values."""

JSON_HEADERS: Headers = (("content-type", "application/json"),)


@frozen
class FakeAnswer:
    """An answer: `status`, `headers` (names in lower case, without the length) and `body`.

    `delivery` says how much of it reaches the client. A status of 0 stands for an answer that was never made.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    delivery: Delivery = "whole"

    @property
    def data(self) -> Any:
        """The body read as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)

    def with_headers(self, headers: Headers) -> FakeAnswer:
        """Return the same answer with more headers."""
        return evolve(self, headers=self.headers + headers)


NEVER = FakeAnswer(0, (), b"")
"""Stands for the answer to what was not processed."""


@frozen
class FakeRequest:
    """A request that arrived: `method`, `target` (path and query), `headers` and `body`, as they were received.

    Names of headers are in lower case. The value of `authorization` is masked: no key is kept.
    """

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def data(self) -> Any:
        """The body read as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@frozen
class Route:
    """An address: `method`, `path` (a pattern), the `operation` behind it and the `scope` that a key needs for it."""

    method: str
    path: str
    operation: Operation
    scope: Scope


ROUTES = (
    Route("POST", re.escape(SUBMIT_PATH), "submit", "submit_job"),
    Route("GET", re.escape(JOBS_PATH), "jobs", "check_status"),
    Route("GET", re.escape(JOBS_PATH) + "/([^/]+)", "job", "check_status"),
    Route("POST", re.escape(JOBS_PATH) + "/([^/]+)/cancel", "cancel", "submit_job"),
)
"""Every documented address; the first whose path fits is meant."""


class Refused(Exception):
    """A request is answered by a documented error, or by one of `LIKE_NONE`."""

    def __init__(self, code: str, message: str, details: object = None, headers: Headers = ()) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers

    def answer(self, request_id: str) -> FakeAnswer:
        """Return the answer that says so."""
        status = {**STATUS_OF_CODE, **LIKE_NONE}[self.code]
        return error_answer(status, self.code, self.message, request_id, self.details).with_headers(self.headers)


def route_of(method: str, path: str) -> tuple[Route, str]:
    """Return the route of a path, and the job id in it or nothing. Raises Refused where there is none."""
    for route in ROUTES:
        if found := re.fullmatch(route.path, path):
            if method != route.method:
                allow = (("allow", route.method),)
                raise Refused("METHOD_NOT_ALLOWED", f"{path} takes {route.method} alone", headers=allow)
            return route, "".join(found.groups())
    raise Refused("NOT_FOUND", "no such address")


def arrived(method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeRequest:
    """Return a request as the log keeps it: without the key."""
    kept = tuple((name, "***" if name == "authorization" else value) for name, value in headers.items())
    return FakeRequest(method, target, kept, body)


def json_answer(data: Mapping[str, object]) -> FakeAnswer:
    """Return an answer of success; the reference gives it no key `success`."""
    return FakeAnswer(200, JSON_HEADERS, _json_bytes(data))


def error_answer(status: int, code: str, message: str, request_id: str, details: object = None) -> FakeAnswer:
    """Return an answer in the documented shape of errors; without details it has no key for them."""
    error = {"code": code, "message": message, **({} if details is None else {"details": details})}
    body = _json_bytes({"success": False, "error": error, "requestId": request_id})
    return FakeAnswer(status, JSON_HEADERS, body)


def iso(instant: datetime | None) -> str | None:
    """Return an instant in UTC as ISO 8601, to the millisecond.

    >>> from datetime import UTC, datetime
    >>> iso(datetime(2026, 11, 20, 8, 30, tzinfo=UTC))
    '2026-11-20T08:30:00.000Z'
    """
    return None if instant is None else instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json_bytes(data: Mapping[str, object]) -> bytes:
    return json.dumps(data).encode()
