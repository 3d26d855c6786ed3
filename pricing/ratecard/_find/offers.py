"""What `find` returns: ranked offers, and the models that are not offered with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from ratecard._money import usd_decimal, usd_shown, usd_text
from ratecard._quote.quote import Quote, duration_text
from ratecard_rules import Displayed, Scalar, one_line, option_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ratecard_rules import Display


@frozen
class Upgrade:
    """The next more expensive option of one field of an offer, all others being equal.

    Attributes:
        field: The name of the field.
        value: The option.
        usd_micros: The price with this option.
        more_usd_micros: How much more than the offer that is.
    """

    field: str
    value: Scalar
    usd_micros: int
    more_usd_micros: int

    @property
    def usd(self) -> Decimal:
        """The price with this option in US dollars."""
        return usd_decimal(self.usd_micros)

    @property
    def more_usd(self) -> Decimal:
        """How much more than the offer that is, in US dollars."""
        return usd_decimal(self.more_usd_micros)

    def to_dict(self) -> dict[str, Any]:
        """Return the upgrade as plain JSON data."""
        return {
            "field": self.field,
            "value": self.value,
            "usd_micros": self.usd_micros,
            "usd": usd_text(self.usd_micros),
            "more_usd_micros": self.more_usd_micros,
            "more_usd": usd_text(self.more_usd_micros),
        }

    def __str__(self) -> str:
        return f"{_option(self.field, self.value)} costs {usd_shown(self.more_usd_micros)} more"


@frozen(repr=False)
class Offer:
    """The cheapest way to get what is wanted from one model.

    Attributes:
        quote: The exact price.
        request: A valid request with these options. Only the fields that it needs otherwise, such as the prompt, have
            example values.
        next_better: The next more expensive option of each field that may still be chosen, cheapest first.
    """

    quote: Quote
    request: dict[str, Any]
    next_better: tuple[Upgrade, ...]

    @property
    def model(self) -> str:
        """The slug of the model."""
        return self.quote.model

    @property
    def options(self) -> dict[str, Scalar]:
        """The option of every priced field, in the order of the formula."""
        return {factor.field: factor.value for factor in self.quote.factors}

    def to_dict(self) -> dict[str, Any]:
        """Return the offer as plain JSON data."""
        return {
            "model": self.model,
            "usd_micros": self.quote.usd_micros,
            "usd": usd_text(self.quote.usd_micros),
            "typical_seconds": self.quote.typical_seconds,
            "options": self.options,
            "request": self.request,
            "next_better": [upgrade.to_dict() for upgrade in self.next_better],
            "quote": self.quote.to_dict(),
        }

    def __repr__(self) -> str:
        return f"<Offer {self}>"

    def __str__(self) -> str:
        return "  ".join(filter(None, _cells(self)))


@frozen
class NotOffered:
    """A model that is not offered.

    Attributes:
        model: The slug of the model.
        group: `cannot` if it cannot do what is wanted, or has no price for it; `not_stated` if its page does not say.
        reason: Why, in words.
    """

    model: str
    group: Literal["cannot", "not_stated"]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the model and the reason as plain JSON data."""
        return {"model": self.model, "reason": self.reason}

    def __str__(self) -> str:
        return f"{self.model}: {self.reason}"


@frozen(repr=False)
class Offers(Displayed):
    """The result of `find`: each candidate model is in exactly one of the three groups.

    Its length is the number of offers, and iterating over it yields them. It is falsy if there is none.

    Attributes:
        offers: One offer for each model that can do what is wanted, ranked.
        not_stated: The models whose page does not say whether they can, by slug. They are never ranked.
        cannot: The models that cannot, or have no price for it, by slug.
    """

    offers: tuple[Offer, ...]
    not_stated: tuple[NotOffered, ...]
    cannot: tuple[NotOffered, ...]

    def __iter__(self) -> Iterator[Offer]:
        return iter(self.offers)

    def __len__(self) -> int:
        return len(self.offers)

    def __getitem__(self, place: int) -> Offer:
        return self.offers[place]

    def to_dict(self) -> dict[str, Any]:
        """Return all three groups as plain JSON data."""
        return {
            "offers": [offer.to_dict() for offer in self.offers],
            "not_stated": [model.to_dict() for model in self.not_stated],
            "cannot": [model.to_dict() for model in self.cannot],
        }

    def display(self) -> Display:
        """Return what a notebook shows: the offers, what the next better options cost, and the other models."""
        from ratecard_rules import Display  # only notebooks need it

        header = ("price", "model", "options", "processing time")
        notes = [f"{offer.model}: {upgrade}" for offer in self for upgrade in offer.next_better]
        for title, models in (("not stated", self.not_stated), ("cannot", self.cannot)):
            notes += (f"{title}: {reason}: {', '.join(slugs)}" for reason, slugs in _by_reason(models).items())
        return Display(self._counts(), header, tuple(map(_cells, self)), tuple(notes))

    def _counts(self) -> str:
        return f"{len(self)} ranked, {len(self.not_stated)} not stated, {len(self.cannot)} cannot"

    def __repr__(self) -> str:
        return f"<Offers {self._counts()}>"

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _lines(found: Offers) -> Iterator[str]:
    """Yield the offers as aligned text. The models that cannot are only counted, unless there is no offer."""
    rows = [_cells(offer) for offer in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for offer, (price, *texts) in zip(found, rows, strict=True):
        padded = (f"{text:<{width}}" for text, width in zip(texts, widths[1:], strict=True))
        yield f"{price:>{widths[0]}}  {'  '.join(padded)}".rstrip()
        if offer is found[0]:
            yield from (f"{'':{widths[0]}}  {upgrade}" for upgrade in offer.next_better)
    if not rows:
        yield "no offers"
    yield from _grouped("not stated", found.not_stated)
    if not rows:
        yield from _grouped("cannot", found.cannot)
    elif found.cannot:
        yield f"cannot: {len(found.cannot)} more"


def _grouped(title: str, models: tuple[NotOffered, ...]) -> Iterator[str]:
    """Yield models under their reasons, each reason once."""
    for reason, slugs in _by_reason(models).items():
        yield f"{title}: {one_line(reason)}"
        yield from (f"  {slug}" for slug in slugs)


def _by_reason(models: tuple[NotOffered, ...]) -> dict[str, list[str]]:
    slugs: dict[str, list[str]] = {}
    for model in models:
        slugs.setdefault(model.reason, []).append(model.model)
    return slugs


def _cells(offer: Offer) -> tuple[str, str, str, str]:
    """Return the price, the model, its options and the processing time of an offer."""
    options = ", ".join(_option(name, value) for name, value in offer.options.items())
    seconds = offer.quote.typical_seconds
    time = "" if seconds is None else f"about {duration_text(seconds)}"
    return usd_shown(offer.quote.usd_micros), offer.model, options, time


def _option(name: str, value: Scalar) -> str:
    return one_line(f"{name} {option_text(value)}")
