"""What would be sent, and what it costs: judged, priced and written down before anything leaves.

Rule 1  One copy of the request is taken, in its plain JSON form, before it is judged. That copy is judged, priced and
        sent: neither a method of the caller's objects nor another thread can put something else in its place.
Rule 2  Options that the quote takes from the table's defaults are written out, so that what is charged does not hang
        on a default that is only implied. What is measured is not sent.
Rule 3  The price is that of the instant of sending, so an announced later one does not count yet.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ratecard import Catalog, InvalidRequest, Quote, Report, quote, validate
from ratecard._api import BASE_URL
from ratecard._money import usd_micros_of, usd_shown
from ratecard.submit._clock import utc_now
from ratecard.submit._errors import OverMaximum, QuoteChanged
from ratecard.submit._wire import HttpRequest, checked_base_url, json_body, submit_request
from ratecard_rules import MICROS_PER_USD, Problem, Shortened, catalog_at, literal, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

DEEPEST = 110
"""A copy goes no deeper; the judge refuses long before."""

LARGEST = 64 * 2**20
"""So many characters and parts may a request have: an array that holds another one many times grows without bounds."""

WIDEST_EXPONENT = 30
"""No maximum has more places, before or after its point."""


@frozen(kw_only=True)
class Plan:
    """A submission that was not sent: its `quote`, and its `http_request`, which does not hold the key."""

    quote: Quote
    http_request: HttpRequest
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 over the body, in hexadecimal; equal requests have equal ones."""
        return sha256(self.body).hexdigest()


def plan(  # noqa: PLR0913  each is an option of its own
    request: object,
    *,
    max_usd: int | Decimal | str | None = None,
    expect: Quote | None = None,
    measured: Mapping[str, object] | None = None,
    strict: bool = False,
    catalog: Catalog | None = None,
    base_url: str = BASE_URL,
    now: Callable[[], datetime] = utc_now,
) -> Plan:
    """Return what would be sent, and what it costs, without sending it; no key is needed.

    `max_usd` the most that it may cost, in dollars · `expect` the quote that it must have · `measured`, `strict`,
    `catalog` as for `ratecard.quote` · `base_url` the address of the API · `now` the clock.
    Raises InvalidRequest or NotPriced as `ratecard.quote` does, OverMaximum, QuoteChanged; ValueError or TypeError for
    a maximum that is no plain amount, and for an address that is not secure.

    >>> planned = plan({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> planned.quote.usd
    Decimal('0.25')
    >>> print(planned.http_request)
    POST https://api.muvi.video/v1/jobs/submit
    Authorization: Bearer ***
    Accept: application/json
    Accept-Encoding: identity
    Content-Type: application/json
    <BLANKLINE>
    {"input":{"duration":"5","prompt":"a cat"},"model":"kling-plus/kling-o1-standard/text-to-video"}
    """
    most = None if max_usd is None else max_micros_of(max_usd)
    address = checked_base_url(base_url)
    tables = catalog_at(catalog, now())
    taken = _copied(request, tables)
    quoted = quote(taken, catalog=tables, strict=strict, measured=None if measured is None else dict(measured))
    if most is not None and quoted.usd_micros > most:
        raise OverMaximum(quoted, most)
    if expect is not None and (changes := tuple(_changes(expect, quoted))):
        raise QuoteChanged(expect, quoted, changes)
    body = json_body(_with_defaults(taken, quoted))
    return Plan(quote=quoted, http_request=submit_request(address, body), body=body)


def max_micros_of(max_usd: int | Decimal | str) -> Fraction:
    """Return dollars in millionths, exactly. Raises TypeError for a float or a boolean, ValueError for no plain amount.

    >>> max_micros_of("0.25"), max_micros_of(5)
    (Fraction(250000, 1), Fraction(5000000, 1))
    """
    if isinstance(max_usd, bool) or not isinstance(max_usd, int | Decimal | str):
        raise TypeError(f"expected dollars as an int, a Decimal or text, got a {type(max_usd).__name__}")
    if isinstance(max_usd, str):
        return usd_micros_of(max_usd)
    if isinstance(max_usd, Decimal):
        exponent = max_usd.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > WIDEST_EXPONENT:
            raise ValueError("expected dollars as a plain decimal such as 1.26")
    if max_usd < 0:
        raise ValueError("a maximum cannot be below zero")
    return Fraction(max_usd) * MICROS_PER_USD


class _NotPlain(Exception):
    """A request that has no plain copy of a reasonable size."""


def _copied(request: object, tables: Catalog) -> Any:
    """Return the plain JSON form of a request. Raises InvalidRequest where it has none."""
    try:
        return _Copy().of(request)
    except _NotPlain:
        report = validate(request, catalog=tables)  # it knows better words for a loop or a key that is no string
    if report.ok:
        what = Shortened("a request that is nested too deeply, too large, or has a key twice")
        report = Report((Problem(code="not_json", pointer="", value=what),))
    raise InvalidRequest(report)


class _Copy:
    """Makes one plain copy, counting what it has taken."""

    def __init__(self) -> None:
        self._size = 0

    def of(self, value: object, depth: int = 0) -> Any:
        node = plain(value)
        is_container = type(node) in (dict, list)
        self._size += len(node) if type(node) is str or is_container else 1
        if self._size > LARGEST or (is_container and depth > DEEPEST):
            raise _NotPlain
        if type(node) is list:
            return [self.of(item, depth + 1) for item in [*node]]  # a copy at once: another thread may change it
        if type(node) is dict:
            return self._object(dict(node), depth)
        return node

    def _object(self, entries: dict[Any, Any], depth: int) -> dict[str, Any]:
        copied: dict[str, Any] = {}
        for key, item in entries.items():
            name = str.__str__(key) if issubclass(type(key), str) else None
            if name is None or name in copied:
                raise _NotPlain
            self._size += len(name)
            copied[name] = self.of(item, depth + 1)
        return copied


def _with_defaults(taken: dict[str, Any], quoted: Quote) -> dict[str, Any]:
    defaults = {one.field: one.value for one in quoted.factors if one.origin == "default"}
    return {**taken, "input": {**taken["input"], **defaults}}


def _changes(expected: Quote, quoted: Quote) -> list[str]:
    """Return what differs between two quotes: the model, the amount, or the options that it rests on."""
    changes = []
    if expected.model != quoted.model:
        changes.append(f"the model is {quoted.model}, not {expected.model}")
    if (expected.usd_micros, expected.exact) != (quoted.usd_micros, quoted.exact):
        changes.append(f"the price is {usd_shown(quoted.usd_micros)}, not {usd_shown(expected.usd_micros)}")
    before, after = ({one.field: literal(one.value) for one in one.factors} for one in (expected, quoted))
    return changes + [
        f"{name} is {after.get(name, 'no factor')}, not {before.get(name, 'no factor')}"
        for name in dict.fromkeys([*after, *before])
        if before.get(name) != after.get(name)
    ]
