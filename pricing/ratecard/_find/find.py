"""Which models can do what is wanted, and what that costs.

Rule 1  The answer is exact and complete: every row of the price sheet of every candidate is compared.
Rule 2  An offer is certain: its request is valid, and its quote is the quote of that request.
Rule 3  Each candidate is in one group. A certain fact decides: a model that certainly cannot do one thing is not listed
        among those whose page does not state another.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import frozen

from ratecard._errors import Declined
from ratecard._find.candidates import candidates
from ratecard._find.match import match_options
from ratecard._find.offers import NotOffered, Offer, Offers, Upgrade
from ratecard._money import usd_micros_of, usd_shown
from ratecard._quote.example import example_request
from ratecard._quote.price import try_quote
from ratecard._quote.sheet import price_sheet
from ratecard_rules import Scalar, catalog_at, literal, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from ratecard._find.match import Match
    from ratecard._quote.quote import Quote
    from ratecard_rules import Catalog, Model

_FLOAT_BITS = 1024
"""The width of the largest integer that a float can hold."""

Sort: TypeAlias = Literal["price", "time", "name"]
"""How offers are ranked. Of equally good ones, the cheaper is first, then the one whose slug is."""


def find(
    text: str | None = None,
    *,
    capability: str | None = None,
    options: Mapping[str, str | float | Decimal] | None = None,
    sound: bool | None = None,
    max_usd: str | int | Decimal | None = None,
    provider: str | None = None,
    catalog: Catalog | None = None,
    at: date | None = None,
    sort: Sort = "price",
) -> Offers:
    """Return which models can do what is wanted, ranked by price, and why the others cannot.

    Args:
        text: Words that must all occur in the slug, the name, the provider or the capability of a model.
        capability: What a model does, such as "image-to-video".
        options: The wanted values of fields, by name. They are compared by their text, so 10, "10" and "10s" are the
            same duration.
        sound: Whether the output must have sound (True) or must not (False).
        max_usd: The highest price of a request, in US dollars.
        provider: The provider as in the slug, such as "kling-plus", or by its name; case does not matter.
        catalog: The tables; the bundled ones by default.
        at: The instant whose rules and prices apply, as in `quote`.
        sort: How the offers are ranked: by "price", by processing "time" or by "name", that is, by slug.

    `text`, `capability` and `provider` choose the candidates. For each of them, there is either one offer with its
    cheapest options, or it is in `not_stated` or `cannot` with a reason. Models whose price depends on something that
    is not part of the request cannot be compared, so they are in `cannot`.

    Raises ValueError for a capability, a provider or a sort that does not exist, for an option that is out of range
    and for an amount that is not plain dollars, and TypeError for arguments of another type.

    >>> offers = find(capability="image-to-video", options={"duration": 10}, sound=True, max_usd="0.50")
    >>> for offer in offers:
    ...     print(offer)
    $0.40  kling/kling-2.6-i2v/image-to-video  duration 10  about 4 min
    """
    if sort not in _RANKS:
        raise ValueError(f"unknown sort {literal(sort)}; use one of {', '.join(_RANKS)}")
    _expect_types(text=text, capability=capability, provider=provider)
    tables = catalog_at(catalog, at)
    wanted = _Wanted(_options(options), _sound(sound), None if max_usd is None else usd_micros_of(max_usd))
    answers = [_answer(model, wanted, tables) for model in candidates(tables, text, capability, provider)]
    others = [answer for answer in answers if isinstance(answer, NotOffered)]
    return Offers(
        offers=tuple(sorted((answer for answer in answers if isinstance(answer, Offer)), key=_RANKS[sort])),
        not_stated=tuple(other for other in others if other.group == "not_stated"),
        cannot=tuple(other for other in others if other.group == "cannot"),
    )


@frozen
class _Wanted:
    """What is wanted of a model.

    Attributes:
        options: The wanted values of fields, by name.
        sound: Whether there must be sound; None if it does not matter.
        limit_micros: The highest price in millionths of a US dollar, or None.
    """

    options: dict[str, Scalar]
    sound: bool | None
    limit_micros: Fraction | None


def _by_price(offer: Offer) -> tuple[int, str]:
    return offer.quote.usd_micros, offer.model


def _by_time(offer: Offer) -> tuple[bool, int, int, str]:
    seconds = offer.quote.typical_seconds
    return seconds is None, seconds or 0, *_by_price(offer)


def _by_name(offer: Offer) -> str:
    return offer.model


_RANKS: dict[str, Callable[[Offer], Any]] = {"price": _by_price, "time": _by_time, "name": _by_name}


# one model


def _answer(model: Model, wanted: _Wanted, catalog: Catalog) -> Offer | NotOffered:
    """Return the offer of a model, or why it has none."""
    if (reason := _why_not_priced(model, catalog)) is not None:
        return NotOffered(model.slug, "cannot", reason)
    match = match_options(model, wanted.options, catalog, sound=wanted.sound)
    if match.refused:
        return NotOffered(model.slug, "cannot", "; ".join(match.refused))
    rows = [row for row in price_sheet(model.slug, catalog=catalog) if match.priced.items() <= _options_of(row).items()]
    cheapest = min(rows, key=lambda row: (row.usd_micros, _changes(row, model)))
    if wanted.limit_micros is not None and cheapest.usd_micros > wanted.limit_micros:
        says = f"over {usd_shown(int(wanted.limit_micros))}: the cheapest costs {usd_shown(cheapest.usd_micros)}"
        return NotOffered(model.slug, "cannot", says)
    if match.unclear:
        return NotOffered(model.slug, "not_stated", "; ".join(match.unclear))
    return _offer(model, cheapest, rows, match, catalog)


def _why_not_priced(model: Model, catalog: Catalog) -> str | None:
    """Return why no request to a model has a price that can be compared, or None."""
    if (code := catalog.unavailable(model)) is not None:
        return _UNAVAILABLE[code]
    if model.latest.price.unknown is not None:
        return f"its price is not known: {model.latest.price.unknown}"
    if model.latest.measured:
        names = ", ".join(field.name for field in model.latest.measured)
        return f"its price depends on what is measured and not part of the request: {names}"
    return None


_UNAVAILABLE = {"retired": "it is retired", "not_yet_effective": "it is not available yet"}


def _options_of(row: Quote) -> dict[str, Scalar]:
    return {factor.field: factor.value for factor in row.factors}


def _changes(row: Quote, model: Model) -> int:
    """Return how many options of a row are not the default: of equally cheap rows, the most usual one is offered."""
    return sum(factor.value != model.latest.priced[factor.field].default for factor in row.factors)


def _offer(model: Model, cheapest: Quote, rows: list[Quote], match: Match, catalog: Catalog) -> Offer | NotOffered:
    """Return the offer of the cheapest row, as the quote of a request with its options."""
    request = example_request(model.slug, catalog=catalog)
    fields = {**request["input"], **_options_of(cheapest), **match.others}
    request["input"] = {name: fields[name] for name in model.latest.fields if name in fields}
    quote = try_quote(request, catalog=catalog)
    if isinstance(quote, Declined):
        return NotOffered(model.slug, "cannot", quote.message)
    upgrades = sorted(_upgrades(cheapest, rows), key=lambda upgrade: upgrade.more_usd_micros)
    return Offer(quote=quote, request=request, next_better=tuple(upgrades))


def _upgrades(cheapest: Quote, rows: list[Quote]) -> Iterator[Upgrade]:
    """Yield the next more expensive option of each factor; the rows have all wanted options."""
    for place, factor in enumerate(cheapest.factors):
        others = [
            row
            for row in rows
            if row.usd_micros > cheapest.usd_micros and _without(row, place) == _without(cheapest, place)
        ]
        if others:
            better = min(others, key=lambda row: row.usd_micros)
            more = better.usd_micros - cheapest.usd_micros
            yield Upgrade(factor.field, better.factors[place].value, better.usd_micros, more)


def _without(row: Quote, place: int) -> tuple[object, ...]:
    return row.factors[:place] + row.factors[place + 1 :]


# arguments


def _expect_types(**texts: object) -> None:
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} must be text, got {type(value).__name__}")


def _options(options: Mapping[str, Any] | None) -> dict[str, Scalar]:
    """Return wanted options with plain values. Raises TypeError for anything but scalars by name."""
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise TypeError(f"options must be a mapping of values by name, got {type(options).__name__}")
    _expect_types(**{f"the name {name!r} of an option": name for name in options})
    return {name: _scalar(name, plain(value)) for name, value in options.items()}


def _scalar(name: str, value: Any) -> Scalar:
    if isinstance(value, float):
        return Decimal(repr(value))
    if not isinstance(value, str | int | Decimal):  # True and False are ints
        raise TypeError(f"the option {name} must be text, a number, true or false, got {type(value).__name__}")
    if isinstance(value, int) and value.bit_length() > _FLOAT_BITS:  # larger ones cannot even be shown
        raise ValueError(f"the option {name} is out of range")
    return value


def _sound(sound: object) -> bool | None:
    if sound is None or isinstance(sound, bool):
        return sound
    raise TypeError(f"sound must be True, False or None, got {type(sound).__name__}")
