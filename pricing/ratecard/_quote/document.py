"""Quotes for requests that are still JSON text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ratecard._quote.price import PATHS, try_quote, unwrap
from ratecard_rules import Catalog, catalog_at, literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ratecard._errors import Declined
    from ratecard._quote.quote import Quote


def quote_json(
    body: bytes | str,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
) -> Quote:
    """Return what a request in JSON costs, exactly, without sending it.

    The answer is that of `quote` for the parsed request, several times faster if msgspec is installed (the extra
    `msgspec`). Bytes are UTF-8. The other arguments and errors are those of `quote`. Also raises ValueError for text
    that is not JSON, or that parsers read differently because it has duplicate keys, NaN or infinity.

    >>> body = b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}'
    >>> quote_json(body).usd
    Decimal('0.25')
    """
    return unwrap(try_quote_json(body, catalog=catalog, at=at, strict=strict, measured=measured))


def try_quote_json(
    body: bytes | str,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
) -> Quote | Declined:
    """Return what a request in JSON costs, or why it has no price.

    As `quote_json`, but like `try_quote` it raises only ValueError, for text that is not JSON.

    >>> lines = [
    ...     b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}',
    ...     b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {}}',
    ... ]
    >>> quoted, declined = map(try_quote_json, lines)
    >>> quoted.usd_micros, declined.code
    (250000, 'invalid_request')
    """
    decode = PATHS.decode
    if decode is not None and type(body) is bytes and measured is None and not strict:
        answer = None
        try:
            if at is None and (catalog is None or catalog is Catalog.bundled()):
                request = decode(body)
                check, find = PATHS.typed[type(request)]
                answer = check(request, body, find)
            else:
                answer = PATHS.ask_json(body, catalog_at(catalog, at))
        except ValueError:
            if PATHS.decoded.isdisjoint(body.split(b'"', 4)):  # they nearly always include the model
                answer = PATHS.ask_json(body, catalog_at(catalog, at))
        if answer is not None:
            return answer
    return try_quote(parse(body), catalog=catalog, at=at, strict=strict, measured=measured)


def parse(body: bytes | str, decoder: json.JSONDecoder | None = None) -> Any:
    """Return the value of strict JSON, as a `strict_decoder` reads it. Raises ValueError for anything else.

    >>> parse('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: duplicate key "a"
    """
    text = body if isinstance(body, str) else str(body, "utf-8")
    decoder = decoder or _DECODER
    try:
        if text.startswith("{") and text.endswith("}"):  # no white space around it, which `decode` looks for
            value, end = decoder.raw_decode(text)
            if end == len(text):
                return value
        return decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keyed = dict(pairs)
    if len(keyed) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {literal(next(key for key in keys if keys.count(key) > 1))}")
    return keyed


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not valid JSON")


def strict_decoder(**options: Any) -> json.JSONDecoder:
    """Return a decoder that refuses duplicate keys, NaN and infinity. `options` are further ones of JSONDecoder."""
    return json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse, **options)


_DECODER = strict_decoder()
EXACT = strict_decoder(parse_float=Decimal)
"""Reads numbers with a point or an exponent as Decimals."""
