"""What would be sent, and what it costs, before anything leaves.

Rule 1  The request is copied once, in its plain JSON form, before it is judged. That copy is judged, priced and sent:
        neither a method of the caller's objects nor another thread can replace it.
Rule 2  Options that the quote takes from the table's defaults are written out, so that the charge does not depend on a
        default that is only implied. Measured options are not sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, TypedDict

from attrs import field, frozen

from ratecard import Catalog, InvalidRequest, Quote, Report, quote
from ratecard._api import SUBMIT_PATH
from ratecard._money import usd_micros_of, usd_shown
from ratecard.submit._errors import OverMaximum, QuoteChanged
from ratecard.submit._http import HttpRequest, Json, checked_base_url, json_body
from ratecard_rules import Problem, Shortened, literal, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

MAX_DEPTH = 110
"""Deeper values are not copied; they are invalid anyway."""

MAX_SIZE = 64 * 2**20
"""Maximum characters and values of a request: an array that holds another one many times grows without bounds."""


def utc_now() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


class PlanOptions(TypedDict, total=False):
    """What a caller may ask of a submission.

    Attributes:
        max_usd: The most that it may cost, in US dollars: an int, a Decimal or plain decimal text, never a float.
        expect: The quote that it must have.
        measured: As for `ratecard.quote`.
        strict: As for `ratecard.quote`.
    """

    max_usd: int | Decimal | str | None
    expect: Quote | None
    measured: Mapping[str, object] | None
    strict: bool


@frozen(kw_only=True)
class Plan:
    """A submission that has not been sent. `Client.submit` takes it in place of a request.

    Attributes:
        quote: What it costs.
        http_request: The HTTP request, without the key.
        body: The bytes of its body.
    """

    quote: Quote
    http_request: HttpRequest
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the body, in hexadecimal; equal requests have equal digests."""
        return sha256(self.body).hexdigest()


def plan(  # noqa: PLR0913  each is an option of its own
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

    See PlanOptions for the first four options; `catalog` and `at` are as for `ratecard.quote`; `base_url` is that of
    RATECARD_BASE_URL or the public API, if left out.

    Raises InvalidRequest or NotPriced as `ratecard.quote` does, OverMaximum, QuoteChanged; ValueError or TypeError for
    a maximum that is not a plain amount, and for an address that is not secure.

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
    maximum = None if max_usd is None else max_micros_of(max_usd)
    address = checked_base_url(base_url)
    copied = _Copy().of(request)
    quoted = quote(copied, catalog=catalog, at=at or utc_now(), measured=measured, strict=strict)
    if maximum is not None and quoted.usd_micros > maximum:
        message = f"{quoted.model} costs {usd_shown(quoted.usd_micros)}, above the maximum of {usd_shown(int(maximum))}"
        raise OverMaximum(message, quote=quoted, max_usd_micros=maximum)
    if expect is not None and (changes := tuple(_changes(expect, quoted))):
        raise QuoteChanged(
            f"the quote has changed: {'; '.join(changes)}", expected=expect, quoted=quoted, changes=changes
        )
    defaults = {factor.field: factor.value for factor in quoted.factors if factor.origin == "default"}
    body = json_body({**copied, "input": {**copied["input"], **defaults}})
    return Plan(quote=quoted, http_request=HttpRequest("POST", address + SUBMIT_PATH, body), body=body)


def max_micros_of(max_usd: int | Decimal | str) -> Fraction:
    """Return dollars in millionths, exactly. Raises TypeError for a float or a boolean, ValueError for no plain amount.

    >>> max_micros_of("0.25"), max_micros_of(5)
    (Fraction(250000, 1), Fraction(5000000, 1))
    """
    if isinstance(max_usd, bool) or not isinstance(max_usd, int | Decimal | str):
        raise TypeError(f"expected dollars as an int, a Decimal or text, got a {type(max_usd).__name__}")
    return usd_micros_of(str(max_usd))


class _Copy:
    """Makes one plain copy of a request, and counts its size. What JSON cannot carry stays, for the judge to refuse."""

    def __init__(self) -> None:
        self._size = 0

    def of(self, value: object, depth: int = 0) -> Json:
        node = plain(value)
        self._size += len(node) if isinstance(node, str | list | dict) else 1
        if self._size > MAX_SIZE:
            problem = Problem(code="not_json", pointer="", value=Shortened("a request that is too large"))
            raise InvalidRequest(Report((problem,)))
        if depth > MAX_DEPTH:
            return node
        if type(node) is list:
            return [self.of(item, depth + 1) for item in [*node]]  # another thread may change the list meanwhile
        if type(node) is dict:
            return {plain(key): self.of(item, depth + 1) for key, item in dict(node).items()}
        return node


def _changes(expected: Quote, quoted: Quote) -> Iterator[str]:
    """Yield what differs between two quotes: the model, the price, or the options behind it."""
    if expected.model != quoted.model:
        yield f"the model is {quoted.model}, not {expected.model}"
    if (expected.usd_micros, expected.exact) != (quoted.usd_micros, quoted.exact):
        yield f"the price is {usd_shown(quoted.usd_micros)}, not {usd_shown(expected.usd_micros)}"
    before, after = ({factor.field: literal(factor.value) for factor in side.factors} for side in (expected, quoted))
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield f"{name} is {after.get(name, 'unset')}, not {before.get(name, 'unset')}"
