"""What a charge means, read backwards: the prices of a model are a finite list.

Rule 1  All amounts are exact. A charge is explained by an amount that it equals, never by one that it is close to.
Rule 2  "impossible" is the explanation if and only if there is no other.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import define, field, frozen

from ratecard._money import fraction_text, half_up, usd_shown, usd_text
from ratecard._quote.price import quote_selection
from ratecard._quote.quote import Quote
from ratecard._quote.stored import plain_data
from ratecard_rules import (
    Choice,
    Displayed,
    Scalar,
    catalog_at,
    combinations,
    exact_usd_micros,
    multiplier_of,
    option_text,
    plain,
    plain_object,
    rounded_usd_micros,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from ratecard_rules import Catalog, Display, Model, Revision

Kind: TypeAlias = Literal[
    "quoted", "default", "option", "revision", "unit", "multiple", "rounding", "factor", "impossible"
]
"""What explains a charge, best first.

- `quoted`: it is the quote.
- `default`: another option was applied for a field that the request leaves out.
- `option`: another option was applied for a field that the request sets. For a model without a request: these options.
- `revision`: the price of another revision was applied.
- `unit`: the quote was multiplied or divided by a power of ten.
- `multiple`: the quote was charged several times, or for each item of a list in the request.
- `rounding`: the quote was rounded to a coarser unit.
- `factor`: the quote was multiplied by a number that other rows of a bill share; only `reconcile` finds it.
- `impossible`: none of these.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)

_Options: TypeAlias = tuple[tuple[str, Scalar], ...]

_SLIPS = {
    **{Fraction(10**power): f"times {10**power:,}" for power in range(1, 10)},
    **{Fraction(1, 10**power): f"divided by {10**power:,}" for power in range(1, 10)},
}
_MOST_TIMES = 10
_STEPS = {1: "micros", 1_000: "tenths of a cent", 10_000: "cents"}


@frozen
class Substitution:
    """An option that was applied in place of another.

    Attributes:
        field: The priced field.
        requested: The option that was quoted; None if the request leaves the field out and it has no known default.
        charged: The option that was charged.
        was_given: Whether the request sets the field.
    """

    field: str
    requested: Scalar | None
    charged: Scalar
    was_given: bool

    def __str__(self) -> str:
        instead = f", not {option_text(self.requested)}" if self.requested is not None and self.was_given else ""
        return f"{self.field} counted as {option_text(self.charged)}{instead or ' where left out'}"


@frozen(kw_only=True)
class Explanation:
    """One way in which a charge comes about. Two charges with equal `kind` and `says` have the same cause.

    Attributes:
        kind: What kind of explanation it is.
        says: The explanation in words, on one line.
        options: The options that this is the price of, as pairs (field, option); empty if it is not about options.
        changes: Those of the options that are not the quoted ones.
        revision: The number of the revision that this is a price of, if it is one.
        ratio: What the quote was multiplied by, if it was.
    """

    kind: Kind
    says: str
    options: _Options = ()
    changes: tuple[Substitution, ...] = ()
    revision: int | None = None
    ratio: Fraction | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain JSON data; exact numbers are text."""
        data: dict[str, Any] = plain_data(self)
        return {**data, "options": dict(self.options)}

    def __str__(self) -> str:
        return self.says


@frozen
class Explanations(Displayed):
    """Every explanation of a charge, best first.

    They are in the order of `Kind`. Within a kind, those with fewer changes to what the request sets come first, then
    those with fewer changes at all, then newer revisions, then the order of the table.

    Attributes:
        model: The slug of the model.
        charged_micros: The charge, in millionths of a US dollar.
        quoted_micros: The quote; None if there is none.
        explanations: The explanations; there is at least one.
    """

    model: str
    charged_micros: int
    quoted_micros: int | None
    explanations: tuple[Explanation, ...]

    @property
    def best(self) -> Explanation:
        """The first of the best explanations."""
        return self.explanations[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the explanations as plain JSON data."""
        return {
            "model": self.model,
            "charged_micros": self.charged_micros,
            "charged_usd": usd_text(self.charged_micros),
            "quoted_micros": self.quoted_micros,
            "explanations": [explanation.to_dict() for explanation in self.explanations],
        }

    def display(self) -> Display:
        """Return what a notebook shows: the charge, the quote and the explanations."""
        from ratecard_rules import Display  # only texts need it

        quoted = "" if self.quoted_micros is None else f", quoted {usd_shown(self.quoted_micros)}"
        rows = tuple((each.kind, each.says) for each in self.explanations)
        return Display(f"{usd_shown(self.charged_micros)}{quoted}  {self.model}", ("kind", "explanation"), rows)

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self.explanations)

    def __str__(self) -> str:
        return self.display().to_text()


@frozen(cache_hash=True)
class Basis:
    """What a charge is compared with: the model, and what was quoted of it.

    Attributes:
        model: The slug.
        usd_micros: The quote, or None.
        exact: The quote before rounding, or None.
        revision: The digest of the revision that it is based on.
        choices: The options that were quoted; None if there is no request, so that no option is a change.
        counts: The lists in the request with two or more items, and their lengths.
    """

    model: str
    usd_micros: int | None
    exact: Fraction | None
    revision: str
    choices: tuple[Choice, ...] | None = None
    counts: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of_quote(cls, quote: Quote, counts: tuple[tuple[str, int], ...] = ()) -> Basis:
        """Return the basis for a charge of a quoted request."""
        choices = tuple(Choice(factor.field, factor.value, factor.origin) for factor in quote.factors)
        return cls(quote.model, quote.usd_micros, quote.exact, quote.revision.digest, choices, counts)


def counts_of(request: object) -> tuple[tuple[str, int], ...]:
    """Return the lists in the input of a request that have two or more items, with their lengths."""
    given = object_of((object_of(request) or {}).get("input")) or {}
    lists = [(name, plain(value)) for name, value in given.items() if type(value) is not str]
    return tuple((name, len(value)) for name, value in lists if type(value) is list and len(value) > 1)


def object_of(value: object) -> dict[str, Any] | None:
    """Return an object with keys that are strings, or None; what JSON parsers return is not copied."""
    return value if type(value) is dict and {*map(type, value)} <= {str} else plain_object(value)


def decode(
    charged_micros: int,
    request: object,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    measured: Mapping[str, object] | None = None,
) -> Explanations:
    """Return what explains a charge, best first: see `Kind` and `Explanations`.

    Args:
        charged_micros: The charge, in millionths of a US dollar, which the API calls micro-cents.
        request: The request, which may be incomplete; its `Quote`; or the slug of its model alone.
        catalog: The tables; the bundled ones by default.
        at: The instant whose price applies, as in `quote`. The prices of all revisions are compared in any case.
        measured: The priced quantities that are not part of the request, as in `quote`.

    Raises UnknownModel (a LookupError) if the catalogue does not have the model, and TypeError if the charge is not a
    whole number.

    >>> slug = "kling-plus/kling-o3-standard/image-to-video"
    >>> request = {"model": slug, "input": {"image_url": "https://example.com/cat.jpg", "duration": "10"}}
    >>> decode(1_260_000, request).best.says
    'has_sound counted as true where left out'
    >>> print(decode(84_000_000, request))
    $84.00, quoted $0.84  kling-plus/kling-o3-standard/image-to-video
      unit  the quote times 100
    """
    if type(charged_micros) is not int:
        raise TypeError(f"the charge must be a whole number of micros, got {type(charged_micros).__name__}")
    tables = catalog_at(catalog, at)
    basis = _basis(request, tables, measured or {})
    found = Decoder(tables).explanations(charged_micros, basis)
    return Explanations(basis.model, charged_micros, basis.usd_micros, found)


def _basis(request: Any, tables: Catalog, measured: Mapping[str, object]) -> Basis:
    if isinstance(request, Quote):
        return Basis.of_quote(request)
    parts = object_of(request)
    slug = plain(request if parts is None else parts.get("model"))
    model = tables[slug if type(slug) is str else ""]
    if parts is None:
        return Basis(model.slug, None, None, model.latest.digest)
    counts = counts_of(parts)
    choices, without = select(model, object_of(parts.get("input")) or {}, measured)
    if without or model.latest.price.base_usd_micros is None:
        return Basis(model.slug, None, None, model.latest.digest, choices, counts)
    return Basis.of_quote(quote_selection(model, choices, tables), counts)


@define
class Decoder:
    """Explains charges with one catalogue. It computes the prices of each revision once.

    Attributes:
        catalog: The tables.
    """

    catalog: Catalog
    _prices: dict[str, dict[int, list[tuple[_Options, Fraction]]]] = field(init=False, factory=dict)

    def explanations(self, charged: int, basis: Basis) -> tuple[Explanation, ...]:
        """Return the explanations of a charge, best first."""
        found: list[Explanation] = []
        if (model := self.catalog.history(basis.model)) is not None:
            found += self._by_price(charged, basis, model)
        if basis.exact is not None:
            found += _by_amount(charged, basis, basis.exact)
        elif basis.choices is None:
            for priced in self._priced(self.catalog[basis.model].latest).values():
                for options, exact in priced:
                    found += _slips(charged, exact, f"the price of {_listed(options)}", options)
        return tuple(sorted(found, key=_rank)) or (impossible(basis.model),)

    def _priced(self, revision: Revision) -> dict[int, list[tuple[_Options, Fraction]]]:
        """Return every combination of options of a revision, and its exact price, by its price."""
        if revision.digest not in self._prices:
            price, priced = revision.price, self._prices.setdefault(revision.digest, {})
            for values in () if price.base_usd_micros is None else combinations(revision):
                exact = exact_usd_micros(price, map(multiplier_of, price.factors, values))
                options = tuple(zip(revision.priced, values, strict=True))
                priced.setdefault(rounded_usd_micros(price, exact), []).append((options, exact))
        return self._prices[revision.digest]

    def _by_price(self, charged: int, basis: Basis, model: Model) -> Iterator[Explanation]:
        """Yield the combinations of options that cost the charge, newest revision first."""
        for number, revision in reversed([*enumerate(model.revisions, start=1)]):
            is_other, where = revision.digest != basis.revision, f"revision {number} of {model.slug}"
            for options, _ in self._priced(revision).get(charged, ()):
                changes = () if basis.choices is None else tuple(_changes(options, basis.choices))
                kind: Kind = "revision" if is_other else "option"
                if basis.choices is None:
                    says = f"the price of {_listed(options)}{f' in {where}' if is_other else ''}"
                elif changes:
                    says = ", ".join([*map(str, changes), *([f"with the price of {where}"] if is_other else [])])
                    if not is_other and not any(change.was_given for change in changes):
                        kind = "default"
                elif charged == basis.usd_micros:
                    kind, says = "quoted", "the charge is the quote"
                else:
                    kind, says = "revision", f"the price of {where}"
                yield Explanation(kind=kind, says=says, options=options, changes=changes, revision=number)


def _changes(options: _Options, choices: tuple[Choice, ...]) -> Iterator[Substitution]:
    known = {choice.field: choice for choice in choices}
    for name, value in options:
        choice = known.get(name)
        if choice is None or option_text(choice.value) != option_text(value):
            was_given = choice is not None and choice.origin != "default"
            yield Substitution(name, None if choice is None else choice.value, value, was_given)


def _listed(options: _Options) -> str:
    return ", ".join(f"{name} {option_text(value)}" for name, value in options) or "every request"


def _slips(charged: int, exact: Fraction, what: str, options: _Options = ()) -> Iterator[Explanation]:
    """Yield the explanation by a slip of the unit, if the charge is one."""
    ratio = charged / exact if exact else Fraction(0)
    if ratio in _SLIPS:
        yield Explanation(kind="unit", says=f"{what} {_SLIPS[ratio]}", options=options, ratio=ratio)


def _by_amount(charged: int, basis: Basis, exact: Fraction) -> Iterator[Explanation]:
    """Yield the explanations by a quote that was changed as a whole."""
    ratio = charged / exact if exact else Fraction(0)
    yield from _slips(charged, exact, "the quote")
    if ratio.denominator == 1 and 1 < ratio <= _MOST_TIMES:
        yield Explanation(kind="multiple", says=f"the quote charged {ratio} times", ratio=ratio)
    for name, count in basis.counts:
        if ratio == count:
            yield Explanation(kind="multiple", says=f"the quote charged for each item of {name}", ratio=ratio)
    for step, name in _STEPS.items() if charged != basis.usd_micros else ():
        steps = exact / step
        for way, number in (("", half_up(steps)), ("up ", ceil(steps)), ("down ", floor(steps))):
            if number * step == charged:
                yield Explanation(kind="rounding", says=f"the quote rounded {way}to whole {name}")


def _rank(explanation: Explanation) -> tuple[int, int, int]:
    given = sum(change.was_given for change in explanation.changes)
    return KINDS.index(explanation.kind), given, len(explanation.changes)


@cache
def impossible(slug: str) -> Explanation:
    """Return the explanation of charges that have no other; it is one for all, because there may be many."""
    return Explanation(kind="impossible", says=f"impossible under any known price of {slug}")


def by_factor(ratio: Fraction) -> Explanation:
    """Return the explanation by a factor that other rows share."""
    return Explanation(kind="factor", says=f"the quote times {fraction_text(ratio)}", ratio=ratio)
