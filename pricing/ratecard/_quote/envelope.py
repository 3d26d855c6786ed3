"""A quote as it is kept: with what only one purchase has, which a quote that equal requests share cannot have."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from attrs import field, frozen
from attrs.validators import instance_of, optional

from ratecard._quote.quote import FORMAT, Quote, digest_of_stored, stored_form, stored_quote_schema
from ratecard._quote.stored import checked, object_schema, parsed, schema_of
from ratecard_rules import instant_of

ENVELOPE_FORMAT = 2
"""The version of the stored form of a `StoredQuote`; that of a quote alone is 1."""


def _utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant_of(instant).astimezone(UTC)


@frozen(kw_only=True)
class StoredQuote:
    """A quote, and for which purchase it was asked. Its stored form has the whole stored form of the quote inside.

    Attributes:
        quote: The quote.
        asked_at: The instant whose price it is, as passed to `quote` in `at`; in UTC. None if it is not known, which is
            so for a quote that was stored alone.
        currency: The currency of all amounts.
        request_digest: SHA-256 of the request in hexadecimal, such as `Plan.digest`, or None.
        reference: The caller's name for the purchase, such as the number of an order, or None.

    >>> from datetime import UTC, datetime
    >>> import ratecard
    >>> quote = ratecard.quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> stored = StoredQuote(quote=quote, asked_at=datetime(2026, 12, 1, 9, 30, tzinfo=UTC), reference="order 17")
    >>> data = stored.to_dict()
    >>> data["asked_at"], data["currency"], data["reference"], data["quote"]["usd"]
    ('2026-12-01T09:30:00+00:00', 'USD', 'order 17', '0.25')
    >>> StoredQuote.from_dict(data) == stored
    True
    """

    quote: Quote = field(validator=instance_of(Quote))
    asked_at: datetime | None = field(converter=_utc)
    currency: Literal["USD"] = field(default="USD", init=False)
    request_digest: str | None = field(default=None, validator=optional(instance_of(str)))
    reference: str | None = field(default=None, validator=optional(instance_of(str)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data with a digest of its own, in format 2. `verify` checks it."""
        data = {
            "format": ENVELOPE_FORMAT,
            "asked_at": self.asked_at and self.asked_at.isoformat(),
            "currency": self.currency,
            "request_digest": self.request_digest,
            "reference": self.reference,
            "quote": self.quote.to_dict(),
        }
        return {**data, "digest": digest_of_stored(data)}

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> StoredQuote:
        """Return what `to_dict` wrote, or a quote that was stored alone (format 1).

        Raises ValueError for anything else, as `Quote.from_dict` does.
        """
        if type(stored) is dict and stored.get("format") == FORMAT:
            return StoredQuote(quote=Quote.from_dict(stored), asked_at=None)
        try:
            data = checked(stored, envelope_form())
            asked_at = parsed(datetime | None, data["asked_at"])
            own = {name: data[name] for name in ("request_digest", "reference")}
            found = StoredQuote(quote=Quote.from_dict(data["quote"]), asked_at=asked_at, **own)
        except ValueError as error:
            raise ValueError(f"not a stored quote: {str(error).removeprefix('not a stored quote: ')}") from error
        if found.to_dict() != data:
            raise ValueError("not a stored quote: it was changed, or an instant is not in the form that to_dict writes")
        return found

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema of what `to_dict` writes.

        >>> StoredQuote.json_schema()["properties"]["currency"]
        {'const': 'USD'}
        """
        words = stored_quote_schema()
        head = {"title": "A quote of ratecard as it is kept", "description": words["description"]}
        return {"$schema": words["$schema"], **head, **envelope_form()}


@cache
def envelope_form() -> dict[str, Any]:
    """Return the JSON Schema of the stored form of a `StoredQuote`, without its words."""
    text, text_or_null = schema_of(str), schema_of(str | None)
    return object_schema(
        {
            "format": {"const": ENVELOPE_FORMAT},
            "asked_at": text_or_null,
            "currency": {"const": "USD"},
            "request_digest": text_or_null,
            "reference": text_or_null,
            "quote": stored_form(),
            "digest": text,
        }
    )
