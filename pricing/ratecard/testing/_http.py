"""Requests as they arrive, answers as they leave, and the documented addresses.

Nothing here knows a job, a price or a socket.
"""

from __future__ import annotations

import json
import re
from http.client import responses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import unquote

from attrs import evolve, field, frozen

from ratecard._api import JOBS_PATH, STATUS_OF_CODE, SUBMIT_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

Operation: TypeAlias = Literal["submit", "job", "jobs", "cancel"]
"""What the API can be asked for."""

Delivery: TypeAlias = Literal["whole", "part", "reset", "silent", "refused"]
"""How an answer reaches the client.

`whole`: completely. `part`: the connection closes after some bytes. `reset`: the connection breaks before the first.
`silent`: the connection stays open and nothing arrives. `refused`: there was no connection.
"""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names in lower case, and values."""

MAX_BODY_BYTES = 1 << 20
"""Longer request bodies are refused."""

_UNDOCUMENTED_CODES = {"NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "REQUEST_TOO_LARGE": 413}
_JSON: Headers = (("content-type", "application/json"),)


@frozen
class FakeAnswer:
    """An answer.

    Attributes:
        status: The HTTP status; 0 if the request was not processed.
        headers: Names in lower case and values, without the length.
        body: The whole body.
        delivery: How it reaches the client.
        sent_bytes: With delivery `part`, how many bytes of head and body arrive; None for half of the body.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    delivery: Delivery = "whole"
    sent_bytes: int | None = None

    @property
    def data(self) -> Any:
        """The body parsed as JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.body)

    @property
    def head(self) -> bytes:
        """The status line and the headers, as they are sent."""
        fields = [*self.headers, ("content-length", str(len(self.body)))]
        lines = [
            f"HTTP/1.1 {self.status} {responses.get(self.status, '')}",
            *(f"{name}: {text}" for name, text in fields),
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    @property
    def sent(self) -> bytes:
        """The bytes that arrive with delivery `whole` or `part`."""
        whole = self.head + self.body
        if self.delivery == "whole":
            return whole
        return whole[: len(whole) - (len(self.body) + 1) // 2 if self.sent_bytes is None else self.sent_bytes]


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
    headers: Headers
    body: bytes

    @property
    def data(self) -> Any:
        """The body parsed as JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.body)

    @staticmethod
    def of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeRequest:
        """Return a request without its key."""
        kept = tuple((name, "***" if name == "authorization" else value) for name, value in headers.items())
        return FakeRequest(method, target, kept, body)


AnswerFunction: TypeAlias = "Callable[[str, str, Mapping[str, str], bytes], FakeAnswer]"
"""What a transport and a server call: method, target, headers and body to an answer."""


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: str, message: str, details: object = None, headers: Headers = ()) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers

    def answer(self, request_id: str) -> FakeAnswer:
        """Return the answer with this error."""
        status = {**STATUS_OF_CODE, **_UNDOCUMENTED_CODES}[self.code]
        answer = error_answer(status, self.code, self.message, request_id, self.details)
        return evolve(answer, headers=answer.headers + self.headers)


_ROUTES: dict[Operation, tuple[str, str]] = {
    "submit": ("POST", SUBMIT_PATH),
    "jobs": ("GET", JOBS_PATH),
    "job": ("GET", JOBS_PATH + "/([^/]+)"),
    "cancel": ("POST", JOBS_PATH + "/([^/]+)/cancel"),
}


def route(method: str, path: str) -> tuple[Operation, str]:
    """Return the first operation whose path matches, and the job id in it or "". Raises Refused if there is none."""
    for operation, (allowed, pattern) in _ROUTES.items():
        if match := re.fullmatch(pattern, path):
            if method != allowed:
                raise Refused("METHOD_NOT_ALLOWED", f"{path} only allows {allowed}", headers=(("allow", allowed),))
            return operation, unquote("".join(match.groups()))
    raise Refused("NOT_FOUND", "no such address")


def json_answer(data: Mapping[str, object]) -> FakeAnswer:
    """Return a successful answer; in the reference it has no key `success`."""
    return FakeAnswer(200, _JSON, json.dumps(data).encode())


def error_answer(status: int, code: str, message: str, request_id: str, details: object = None) -> FakeAnswer:
    """Return an error in the documented shape; the key `details` is left out if there are none."""
    error = {"code": code, "message": message, **({} if details is None else {"details": details})}
    body = json.dumps({"success": False, "error": error, "requestId": request_id}).encode()
    return FakeAnswer(status, _JSON, body)


def iso(instant: datetime | None) -> str | None:
    """Return an instant in UTC as ISO 8601 with milliseconds."""
    return None if instant is None else instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
