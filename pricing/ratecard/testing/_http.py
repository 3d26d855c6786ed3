"""Requests as they arrive, answers as they leave, and the documented addresses.

Nothing here knows a job, a price or a socket.
"""

from __future__ import annotations

import json
import re
from http.client import responses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import unquote

from attrs import field, frozen

from ratecard._api import JOBS_PATH, STATUS_OF_CODE, SUBMIT_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Operation: TypeAlias = Literal["submit", "job", "jobs", "cancel"]
"""What the API can be asked for."""

Delivery: TypeAlias = Literal["whole", "part", "reset", "silent", "refused"]
"""How an answer reaches the client.

`whole`: completely. `part`: the connection closes after some bytes. `reset`: the connection breaks before the first.
`silent`: the connection stays open and nothing arrives. `refused`: there was no connection.
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
        sent_bytes: With delivery `part`, how many bytes of head and body arrive; None for half of the body.
    """

    status: int
    body: bytes = field(repr=False)
    headers: Headers = ()
    delivery: Delivery = "whole"
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
        lowered = ((name.lower(), value) for name, value in headers.items())
        kept = tuple((name, "***" if name == "authorization" else value) for name, value in lowered)
        return FakeRequest(method, target, kept, body)


AnswerFunction: TypeAlias = "Callable[[str, str, Mapping[str, str], bytes], FakeAnswer]"
"""What a transport and a server call: method, target, headers and body to an answer."""


class Refused(Exception):
    """A request that is answered with an error; its status defaults to the documented one of its code."""

    def __init__(self, code: str, message: str, details: object = None, status: int | None = None) -> None:
        super().__init__(code)
        self.error = {"code": code, "message": message, **({} if details is None else {"details": details})}
        self.status = STATUS_OF_CODE[code] if status is None else status

    def answer(self, request_id: str) -> FakeAnswer:
        """Return the answer, in the documented shape."""
        return json_answer({"success": False, "error": self.error, "requestId": request_id}, self.status)


def route(method: str, path: str) -> tuple[Operation, str]:
    """Return what is asked for, and the job ID in the path or "". Raises Refused if there is no such address."""
    for operation, pattern in _ROUTES.items():
        if match := re.fullmatch(pattern, f"{method} {path}"):
            return operation, unquote("".join(match.groups()))
    raise Refused("NOT_FOUND", "no such address", status=404)


def json_answer(data: Mapping[str, object], status: int = 200) -> FakeAnswer:
    """Return an answer with JSON data."""
    return FakeAnswer(status, json.dumps(data).encode(), (("content-type", "application/json"),))
