"""Requests and answers as data. A request never holds the key: the client adds it when the bytes leave."""

from __future__ import annotations

import json
import os
import re
from ipaddress import ip_address
from typing import Any, TypeAlias, TypeGuard
from urllib.parse import quote as percent_encoded

from attrs import field, frozen

from ratecard._api import BASE_URL, JOBS_PATH
from ratecard_rules import one_line

Json: TypeAlias = Any
"""Any JSON value."""

MAX_EXCERPT = 200
MAX_JOB_ID = 200

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>(?![^/:]{254})LABEL(\.LABEL)*|\[[0-9a-f:.]+\])"
    r"(:(?P<port>[0-9]{1,5}))?(/(?!\.\.?(/|$))[\w.~-]+)*/?".replace("LABEL", "(?!-)[a-z0-9_-]{1,63}(?<!-)"),
    re.ASCII | re.IGNORECASE,
)


@frozen
class HttpRequest:
    """One HTTP request without its key; `str()` shows it with the key masked.

    Attributes:
        method: GET or POST.
        url: The whole address.
        body: JSON in UTF-8, or None.
    """

    method: str
    url: str
    body: bytes | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers, without `Authorization` and those that the transport adds."""
        accepted = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return accepted if self.body is None else {**accepted, "Content-Type": "application/json"}

    def __str__(self) -> str:
        headers = {"Authorization": "Bearer ***", **self.headers}
        head = [f"{self.method} {self.url}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\n".join(head if self.body is None else [*head, "", one_line(self.body.decode())])


@frozen
class HttpAnswer:
    """What came back for one HTTP request.

    Attributes:
        status: The status code; None where no answer came.
        headers: Names and values, in their order.
        body: The bytes, as far as they were read.
        fault: Why there is no answer, or why its body is not whole; None for a whole answer.
        has_left: Whether any byte of the request may have left.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    fault: str | None = None
    has_left: bool = True

    def header(self, name: str) -> str:
        """Return the first header of this name, in any case, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  2xx

    @property
    def is_transient(self) -> bool:
        """Whether asking again may help: no whole answer, 429, 408 (which comes from an intermediary) or 5xx."""
        return self.status is None or self.fault == CUT_OFF or self.status in (408, 429) or self.status >= 500  # noqa: PLR2004


CUT_OFF = "the answer was cut off"


def excerpt(text: str) -> str:
    r"""Return the beginning of a text from outside, on one line and harmless for a terminal.

    >>> excerpt("<html>\x1b[2J")
    '<html>\\u001b[2J'
    """
    return one_line(text if len(text) <= MAX_EXCERPT else f"{text[:MAX_EXCERPT]}…")


def json_body(value: Json) -> bytes:
    """Return JSON data as UTF-8; equal data gives equal bytes."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def checked_base_url(base_url: str | None = None) -> str:
    """Return the address of an API, without a trailing slash; None means RATECARD_BASE_URL, or else the public API.

    Raises ValueError for an address that the key must not be sent to: anything but https, and http on this machine;
    with a user, a query or a fragment; or spelled in a way that two parsers could read differently.

    >>> checked_base_url("http://127.0.0.1:8000/")
    'http://127.0.0.1:8000'
    """
    address = os.environ.get("RATECARD_BASE_URL") or BASE_URL if base_url is None else base_url
    parts = _ADDRESS.fullmatch(address)
    if parts is None or int(parts["port"] or 0) > 65_535 or (parts["host"][0] == "[" and not _is_ip(parts["host"])):  # noqa: PLR2004
        # The address is not repeated: it may hold a password.
        raise ValueError("the base URL must have the form https://host[:port][/path]")
    is_loopback = parts["host"].lower() == "localhost" or _is_ip(parts["host"], loopback=True)
    if parts["scheme"].lower() != "https" and not is_loopback:
        raise ValueError("the base URL must use https, or anyone could read the key; http is for loopback only")
    return address.rstrip("/")


def _is_ip(host: str, *, loopback: bool = False) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback or not loopback
    except ValueError:
        return False


def is_job_id(value: object) -> TypeGuard[str]:
    """Return whether a value can be the ID of a job: short visible text that cannot lead to another address."""
    return isinstance(value, str) and len(value) <= MAX_JOB_ID and value.isprintable() and value.strip(" .") != ""


def job_url(base_url: str, job_id: str) -> str:
    """Return the address of a job. Raises ValueError for text that cannot be the ID of a job."""
    if not is_job_id(job_id):
        raise ValueError(f"not the ID of a job: {excerpt(str(job_id))!r}")
    return f"{base_url}{JOBS_PATH}/{percent_encoded(job_id, safe='')}"
