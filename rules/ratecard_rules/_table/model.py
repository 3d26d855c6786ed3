"""What one table says: the value types that a table file is read into.

Rule 1  A table is data. Nothing here knows a model, and no model needs code.
Rule 2  Everything is immutable, hashable and ordered; the order in the file is the order in every report.
Rule 3  Every rule has its evidence. Left out, it is `documented`: the model's own page states it.
Rule 4  Money is a whole number of millionths of a US dollar; a multiplier is an exact fraction.

Every quote defines these classes first, so they are the cheapest that attrs makes: see `_value`, and without slots.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from attrs import evolve, field, frozen

from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

Evidence: TypeAlias = Literal["documented", "implied", "sibling", "assumed"]
"""How sure a rule is, strongest first.

`documented`: the model's own page states it. `implied`: its price table, default-cost line, request skeleton or
example says so. `sibling`: the page of another model of the family states it. `assumed`: nobody states it.
"""

CERTAIN: frozenset[Evidence] = frozenset({"documented", "implied"})
"""Breaking a rule with this evidence is an error; with any other it is a warning."""

FieldType: TypeAlias = Literal["string", "number", "boolean", "array", "object"]
"""The JSON type of a field."""

Format: TypeAlias = Literal["url", "https"]
"""`url`: an http or https address. `https`: an https address."""

Unavailable: TypeAlias = Literal["not_yet_effective", "retired"]
"""Why a model of the catalogue cannot be used at an instant."""

Unit: TypeAlias = Literal["second", "image", "request", "video"]
"""What the label on a page says that the base price is for."""

FORMATS: dict[Format, str] = {"url": "an http or https address", "https": "an https address"}
"""The formats in words."""

MICROS_PER_USD = 1_000_000
"""Amounts are whole millionths of a US dollar: what the API calls micro-cents."""

UNIT_FIELDS: dict[Unit, str] = {"second": "duration", "image": "num_images"}
"""The priced field that counts a unit. A label that names another unit than the formula counts is a conflict."""

Scalar: TypeAlias = str | bool | int | Decimal
"""A value as a table writes it."""

FIELD_RULES: tuple[str, ...] = (
    "name", "required", "type", "items", "allowed", "default", "format",
    "max_length", "min", "max", "min_items", "max_items",
)  # fmt: skip
"""The rules of a field that can have evidence of their own."""

PRICE_RULES: tuple[str, ...] = ("base_usd_micros", "factors", "rounding")
"""The rules of a price that can have evidence of their own."""

EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
"""The four words, strongest first."""


@frozen(eq=False, repr=False, slots=False)
class Evidenced(Value):
    """Something with rules, each of which says how it is known.

    `evidence` holds (rule, word) for every rule that is not `documented`; `sibling` is the model whose page states
    the rules with `sibling` evidence.
    """

    evidence: tuple[tuple[str, Evidence], ...] = ()
    sibling: str | None = None

    def evidence_of(self, rule: str) -> Evidence:
        """Return how sure `rule` is."""
        return dict(self.evidence).get(rule, "documented")


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Field(Evidenced):
    """What one field of a request may say.

    `name` the key in the request · `type` its JSON type · `items` the type of an array's items ·
    `required` · `allowed` the whole list of options · `default` what the API takes when the field is left out ·
    `format` for addresses · `max_length` in characters · `min`, `max` for numbers · `min_items`, `max_items` for
    arrays · `unknown` why the values cannot be checked, where nobody lists them (not the same as "anything goes") ·
    `note` for people.
    """

    name: str
    type: FieldType
    items: Literal["string", "object"] | None = None
    required: bool = False
    allowed: tuple[Scalar, ...] | None = None
    default: Scalar | None = None
    format: Format | None = None
    max_length: int | None = None
    min: int | Decimal | None = None
    max: int | Decimal | None = None
    min_items: int | None = None
    max_items: int | None = None
    unknown: str | None = None
    note: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Factor(Value):
    """One multiplier of the price, chosen by the value of `field`.

    `multipliers` holds (option, multiplier) in the order of the file; None means that the multiplier is the value
    itself: a duration of "5" multiplies by 5. Options are written as text: true is "true".
    """

    field: str
    multipliers: tuple[tuple[str, Fraction], ...] | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Price(Evidenced):
    """Base price times one multiplier for each factor; nothing is ever added.

    `base_usd_micros` millionths of a US dollar · `label` the unit that the page prints beside it · `printed_usd` the
    dollars that the page prints, as printed · `factors` in the order of the formula · `rounding` the rule for prices
    that are not whole millionths · `free` says that a price of zero is meant · `unknown` why there is no price.
    """

    base_usd_micros: int | None = None
    label: Unit | None = None
    printed_usd: str | None = None
    factors: tuple[Factor, ...] = ()
    rounding: Literal["half_up"] | None = None
    free: bool = False
    unknown: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class AtLeastOne(Value):
    """A request needs at least one of the fields `of`; `evidence` says how sure that is, `note` is for people."""

    of: tuple[str, ...]
    evidence: Evidence = "documented"
    note: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Example(Value):
    """A cost that the page prints: for `input`, `usd_micros` millionths of a dollar, shown as `printed_usd`.

    `kind` is `default` where the page calls it the default cost: its options are the defaults.
    """

    kind: Literal["default", "example"] = "default"
    input: tuple[tuple[str, Scalar], ...] = ()
    usd_micros: int
    printed_usd: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Conflict(Value):
    """A place where a page contradicts itself or a sibling.

    `about` is the key of the table that it touches, such as `price.label` or `input.duration`; `says` is the
    contradiction in words. A conflict about the price is shown with every quote.
    """

    about: str
    says: str


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Revision(Value):
    """The rules and the price of a model from one instant on.

    `checked` the day on which the pages were read · `source` their addresses · `typical_seconds` the processing time
    that the page gives · `fields_complete` whether the page's list of fields was seen whole · `effective` the instant
    from which it holds (None: since before records began) · `input` the fields · `measured` the priced quantities that
    cannot be sent but are measured, such as the length of a video · `at_least_one` the sets of fields of which one is
    needed · `price` · `examples` · `conflicts`.
    """

    checked: date
    source: tuple[str, ...]
    typical_seconds: int | None = None
    fields_complete: bool = False
    effective: datetime | None = None
    input: tuple[Field, ...]
    measured: tuple[Field, ...] = ()
    at_least_one: tuple[AtLeastOne, ...] = ()
    price: Price
    examples: tuple[Example, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    known_digest: str | None = field(default=None, eq=False)  # from when it was bundled; `digest` is what to ask

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical form of this revision: it changes with every rule, price and word of it."""
        if self.known_digest is not None:
            return self.known_digest
        from ratecard_rules._table.digest import digest_of  # noqa: PLC0415  costs imports that validation never needs

        return digest_of(self)

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.input}

    @cached_property
    def priced(self) -> dict[str, Field]:
        """The fields that the price depends on, sent or measured, by name and in the order of the formula."""
        known = {field.name: field for field in (*self.measured, *self.input)}
        return {one.field: known[one.field] for one in self.price.factors if one.field in known}


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Model(Value):
    """One table: a model's name in requests, its names for people, and its revisions.

    `model` the slug · `name`, `provider`, `capability` for people · `retired` the instant from which the model is gone
    (its table stays, so that the past can be priced) · `revisions` the newest last · `overlay` what it does to a table
    of the same model on which it is laid · `file` where it was read. The last two are no part of what the table says:
    they count neither for equality nor for digests.
    """

    model: str
    name: str
    provider: str
    capability: str
    retired: datetime | None = None
    revisions: tuple[Revision, ...]
    overlay: Literal["replace", "extend"] | None = field(default=None, eq=False)
    file: str | None = field(default=None, eq=False)

    @property
    def latest(self) -> Revision:
        """The newest revision."""
        return self.revisions[-1]

    def as_of(self, instant: datetime | None) -> Model:
        """Return the model as it was at an instant: `latest` is the revision in force then.

        A revision holds from its `effective` on (inclusive) until the next one's (exclusive). Before the first known
        start the first revision stands in; see `unavailable_at`.
        """
        if instant is None:
            return self
        begun = [one for one in self.revisions if one.effective is None or one.effective <= instant]
        return self if len(begun) == len(self.revisions) else evolve(self, revisions=tuple(begun) or self.revisions[:1])

    def unavailable_at(self, instant: datetime | None) -> Unavailable | None:
        """Return why the model cannot be used at an instant, or None; without an instant, in its newest state."""
        start = self.revisions[0].effective
        if instant is not None and start is not None and instant < start:
            return "not_yet_effective"
        return "retired" if self.retired is not None and (instant is None or instant >= self.retired) else None


def is_stated(part: Evidenced, rule: str) -> bool:
    """Return whether a field or a price states a rule. A field that is not required states nothing about it."""
    value = getattr(part, rule)
    return value is True if rule == "required" else value not in (None, ())


def revision_faults(model: Model) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the instants of a model: revisions rise, and nothing begins after the end."""
    if not model.revisions:
        yield "revision", "there is none: a table needs at least one [[revision]]"
    for number, (older, newer) in enumerate(pairwise(model.revisions), start=2):
        key = f"revision[{number}].effective"
        if newer.effective is None:
            yield key, "missing: only the first revision may leave it out"
        elif older.effective is not None and newer.effective <= older.effective:
            yield key, f"{newer.effective} is not after {older.effective}: the newest revision comes last"
    newest = model.revisions[-1].effective if model.revisions else None
    if model.retired is not None and newest is not None and model.retired <= newest:
        yield "retired", f"{model.retired}: it is gone before its newest revision begins"
