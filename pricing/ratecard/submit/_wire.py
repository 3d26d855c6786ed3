"""What goes out and what comes back, as data: nothing here sends or receives.

Rule 1  A request never holds the key: the client that moves the bytes adds it last.
Rule 2  An answer is read as UTF-8 JSON without a binary float, and no deeper than `DEEPEST`; a repeated key has no
        value (`Repeated`), for nobody can say which of the two is meant.
Rule 3  Text from outside is made harmless (`one_line`) and short wherever a person may see it.
"""

from __future__ import annotations

import json
import re
from decimal import Context, Decimal, InvalidOperation
from enum import Enum
from ipaddress import ip_address
from typing import Any, NoReturn, TypeAlias, TypeGuard
from urllib.parse import quote as percent_encoded
from urllib.parse import urlencode

from attrs import field, frozen

from ratecard._api import JOBS_PATH, SUBMIT_PATH
from ratecard.submit._key import MASK
from ratecard_rules import one_line

DEEPEST = 100
"""An answer whose arrays and objects are nested deeper is not read."""

LONGEST_EXCERPT = 200
"""So much of a text from outside is shown."""

LONGEST_ID = 200
"""No job has a longer name."""

LAST_PORT = 65_535

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_ADDRESS = re.compile(
    rf"(?P<scheme>https?)://(?P<host>(?=[^/:]{{1,253}}(?![^/:])){_LABEL}(\.{_LABEL})*|\[(?P<ip>[0-9a-f:.]+)\])"
    r"(:(?P<port>[0-9]{1,5}))?"
    r"(/(?!\.\.?(/|$))[\w.~-]+)*/?",
    re.ASCII | re.IGNORECASE,
)


@frozen
class HttpRequest:
    """One HTTP request without its key: `method`, `url`, and `body`, JSON in UTF-8, or None.

    `str()` is the request as it would be sent, with the key masked.
    """

    method: str
    url: str
    body: bytes | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers apart from `Authorization` and those that the transport adds."""
        accepted = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return accepted if self.body is None else {**accepted, "Content-Type": "application/json"}

    def __str__(self) -> str:
        headers = {"Authorization": f"Bearer {MASK}", **self.headers}
        head = [f"{self.method} {self.url}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\n".join(head if self.body is None else [*head, "", one_line(self.body.decode())])


@frozen
class HttpAnswer:
    """One HTTP answer: `status`, `headers` in their order, `body`; `is_whole` is false where it was cut off."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    is_whole: bool = field(default=True, kw_only=True)

    def header(self, name: str) -> str | None:
        """Return the first header of this name, in whatever case, or None."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), None)

    @property
    def excerpt(self) -> str:
        """The beginning of the body on one line, for people."""
        return excerpt(self.body[: 4 * LONGEST_EXCERPT].decode(errors="replace"))


@frozen
class TransportFailure:
    """No answer: `cause` says why. `has_left` says whether any byte of the request can have left.

    `partial` is the beginning of an answer that was cut off.
    """

    cause: str
    has_left: bool
    partial: HttpAnswer | None = None


Reply: TypeAlias = HttpAnswer | TransportFailure


@frozen
class Send:
    """Asks for a request to be sent, once, and for its reply `within` so many seconds, or the client's own time-out."""

    request: HttpRequest
    within: float | None = None


@frozen
class Sleep:
    """Asks for a pause."""

    seconds: float


Effect: TypeAlias = Send | Sleep


class Repeated(Enum):
    """Stands for the value of a key that an object has more than once."""

    KEY = "a repeated key"


def excerpt(text: str) -> str:
    r"""Return the beginning of a text from outside, on one line and harmless for a terminal.

    >>> excerpt("<html>\x1b[2J")
    '<html>\\u001b[2J'
    """
    return one_line(text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT]}…")


def json_body(value: object) -> bytes:
    """Return plain JSON data as UTF-8; equal data gives equal bytes. Raises ValueError for what JSON cannot carry.

    >>> json_body({"b": "né", "a": 1.5}).decode()
    '{"a":1.5,"b":"né"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def read_json(body: bytes) -> Any:
    """Return the JSON value of a body; numbers with a point or an exponent are Decimals. Raises ValueError.

    >>> read_json(b'{"costMicroCents": 6.3e5, "jobId": "a", "jobId": "b"}')
    {'costMicroCents': Decimal('6.3E+5'), 'jobId': <Repeated.KEY: 'a repeated key'>}
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_float=_decimal, parse_constant=_no_number, object_pairs_hook=_object
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [value]
    for _ in range(DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return value
    raise ValueError(f"it is nested more than {DEEPEST} levels deep")


def _children(node: object) -> list[object]:
    return [*node.values()] if isinstance(node, dict) else node if isinstance(node, list) else []


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text, Context(traps=[InvalidOperation]))  # else the caller's context would decide
    except InvalidOperation:
        raise ValueError("it holds a number beyond all bounds") from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        found[key] = Repeated.KEY if key in found else value
    return found


def checked_base_url(base_url: str) -> str:
    """Return the address of an API without a slash at its end. Raises ValueError for one that the key may not go to.

    That is every address but https, and http to this machine itself; with a user, a query or a fragment; or
    of a form that two readers could read in two ways.

    >>> checked_base_url("http://127.0.0.1:8000/")
    'http://127.0.0.1:8000'
    """
    parts = _ADDRESS.fullmatch(base_url)
    if parts is None or int(parts["port"] or 0) > LAST_PORT or not _is_ip(parts["ip"] or "::"):
        # It is not repeated: it may hold a password.
        raise ValueError("the base URL is not of the form https://host[:port][/path]")
    if parts["scheme"].lower() != "https" and not _is_loopback(parts["host"].lower()):
        raise ValueError("the base URL must be https, or the key could be read on its way; http is for loopback alone")
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_ip(host) and ip_address(host.strip("[]")).is_loopback)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def submit_request(base_url: str, body: bytes) -> HttpRequest:
    """Return the request that creates a job."""
    return HttpRequest("POST", base_url + SUBMIT_PATH, body)


def job_request(base_url: str, job_id: str) -> HttpRequest:
    """Return the request for one job."""
    return HttpRequest("GET", f"{base_url}{JOBS_PATH}/{_segment(job_id)}")


def cancel_request(base_url: str, job_id: str) -> HttpRequest:
    """Return the request that cancels one job."""
    return HttpRequest("POST", f"{base_url}{JOBS_PATH}/{_segment(job_id)}/cancel")


def page_request(base_url: str, query: dict[str, str]) -> HttpRequest:
    """Return the request for one page of jobs."""
    return HttpRequest("GET", f"{base_url}{JOBS_PATH}?{urlencode(query)}")


def is_job_id(value: object) -> TypeGuard[str]:
    """Return whether a value can be the name of a job: short visible text that cannot lead to another address."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_ID
        and value.isprintable()
        and bool(value.strip())
        and value not in (".", "..")
    )


def _segment(job_id: str) -> str:
    if not is_job_id(job_id):
        raise ValueError(f"not the name of a job: {excerpt(str(job_id))!r}")
    return percent_encoded(job_id, safe="")
