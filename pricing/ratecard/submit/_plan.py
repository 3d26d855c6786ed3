"""What would be sent, and what it costs, before anything leaves.

Rule 1  The request is copied once, in its plain JSON form, before it is judged. That copy is judged, priced and sent:
        neither a method of the caller's objects nor another thread can replace it.
Rule 2  Options that the quote takes from the table's defaults are written out, so that the charge does not depend on a
        default that is only implied. Measured options are not sent.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from ratecard import Catalog, Quote, quote
from ratecard._api import BASE_URL, SUBMIT_PATH
from ratecard._money import usd_micros_of, usd_shown
from ratecard.submit._errors import OverMaximum, QuoteChanged
from ratecard.submit._jobs import Plan
from ratecard_rules import literal, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

MAX_DEPTH = 110
"""Deeper values are not copied; they are invalid anyway."""

_LABEL = "[a-z0-9_-]{1,63}"
_ADDRESS = re.compile(
    rf"https?://({_LABEL}(\.{_LABEL})*|\[[0-9a-f:.]+\])(:[0-9]{{1,5}})?(/[\w~-][\w.~-]*)*/?", re.ASCII | re.IGNORECASE
)
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1")

utc_now = partial(datetime.now, UTC)


class PlanOptions(TypedDict, total=False):
    """What a caller may ask of a submission: see `plan`."""

    max_usd: int | Decimal | str | None
    expect: Quote | None
    measured: Mapping[str, object] | None
    strict: bool


def plan(
    request: object,
    *,
    max_usd: int | Decimal | str | None = None,
    expect: Quote | None = None,
    measured: Mapping[str, object] | None = None,
    strict: bool = False,
    catalog: Catalog | None = None,
    at: datetime | None = None,
    base_url: str | None = None,
) -> Plan:
    """Return what would be sent, and what it costs, without sending it. No key is needed.

    `max_usd` is the most that it may cost, in US dollars: an int, a Decimal or plain decimal text, never a float.
    `expect` is the quote that it must have. `base_url` is that of RATECARD_BASE_URL or the public API, if left out.
    The other options are as for `ratecard.quote`.

    Raises InvalidRequest or NotPriced as `ratecard.quote` does, OverMaximum, QuoteChanged; ValueError or TypeError for
    a maximum that is not a plain amount, and for an address that is not secure.

    >>> planned = plan({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> planned.quote.usd
    Decimal('0.25')
    >>> planned.body
    b'{"input":{"duration":"5","prompt":"a cat"},"model":"kling-plus/kling-o1-standard/text-to-video"}'
    """
    maximum = None if max_usd is None else usd_micros_of(max_usd)
    url = checked_base_url(base_url) + SUBMIT_PATH
    copied = _copy(request)
    quoted = quote(copied, catalog=catalog, at=at or utc_now(), measured=measured, strict=strict)
    if maximum is not None and quoted.usd_micros > maximum:
        message = f"{quoted.model} costs {usd_shown(quoted.usd_micros)}, above the maximum of {usd_shown(int(maximum))}"
        raise OverMaximum(message, quote=quoted, max_usd_micros=maximum)
    if expect is not None and (_summary(expect), expect.exact) != (_summary(quoted), quoted.exact):
        message = f"the quote has changed: it is {_summary(quoted)}, not {_summary(expect)}"
        raise QuoteChanged(message, expected=expect, quoted=quoted)
    defaults = {factor.field: factor.value for factor in quoted.factors if factor.origin == "default"}
    sent = {**copied, "input": {**copied["input"], **defaults}}
    text = json.dumps(sent, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return Plan(quote=quoted, url=url, body=text.encode())


def _copy(value: object, depth: int = 0) -> Any:
    """Return one plain copy of a value. What JSON cannot carry stays, for the judge to refuse."""
    node = plain(value)
    if type(node) is list and depth < MAX_DEPTH:
        return [_copy(item, depth + 1) for item in [*node]]  # another thread may change the list meanwhile
    if type(node) is dict and depth < MAX_DEPTH:
        return {plain(key): _copy(item, depth + 1) for key, item in dict(node).items()}
    return node


def _summary(quoted: Quote) -> str:
    options = ", ".join(f"{factor.field}={literal(factor.value)}" for factor in quoted.factors)
    return f"{quoted.model} ({options}) for {usd_shown(quoted.usd_micros)}"


def checked_base_url(base_url: str | None = None) -> str:
    """Return the address of an API, without a trailing slash; None means RATECARD_BASE_URL, or else the public API.

    Raises ValueError for an address that the key must not be sent to: anything but https, and http on this machine;
    with a user, a query or a fragment; or spelled in a way that two parsers could read differently.

    >>> checked_base_url("http://127.0.0.1:8000/")
    'http://127.0.0.1:8000'
    """
    address = os.environ.get("RATECARD_BASE_URL") or BASE_URL if base_url is None else base_url
    try:
        parts = urlsplit(address)
        is_valid = _ADDRESS.fullmatch(address) is not None and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:  # the address is not repeated: it may hold a password
        raise ValueError("the base URL must have the form https://host[:port][/path]")
    if parts.scheme != "https" and not _LOOPBACK.fullmatch(parts.hostname or ""):
        raise ValueError("the base URL must use https, or anyone could read the key; http is for loopback only")
    return address.rstrip("/")
