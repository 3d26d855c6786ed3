"""The contents of a table: the value types that a table file is read into.

Rule 1  A table is data. Nothing here is specific to a model, and no model needs code.
Rule 2  Everything is immutable, hashable and ordered; reports follow the order of the file.
Rule 3  Every rule has evidence. By default it is `documented`: the model's own page states the rule.
Rule 4  Money is a whole number of millionths of a US dollar, and multipliers are exact fractions.

Every process that quotes defines these classes. To start fast they derive from `Value` and have no slots, so that attrs
compiles no methods for them.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import evolve, field, frozen

from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

Evidence: TypeAlias = Literal["documented", "implied", "sibling", "assumed"]
"""How certain a rule is, strongest first.

- `documented`: the model's own page states it.
- `implied`: its price table, default-cost line, request skeleton or example shows it.
- `sibling`: the page of another model of the family states it.
- `assumed`: no page states it.
"""

CERTAIN: frozenset[Evidence] = frozenset({"documented", "implied"})
"""Breaking a rule with this evidence is an error; otherwise it is a warning."""

FieldType: TypeAlias = Literal["string", "number", "boolean", "array", "object"]
"""The JSON type of a field."""

Format: TypeAlias = Literal["url", "https"]
"""`url`: an http or https URL. `https`: an https URL."""

Unavailable: TypeAlias = Literal["not_yet_effective", "retired"]
"""Why a model in the catalogue is unavailable at an instant."""

Unit: TypeAlias = Literal["second", "image", "request", "video"]
"""The unit of the base price, according to the label on the page."""

FORMATS: dict[Format, str] = {"url": "an http or https URL", "https": "an https URL"}
"""The formats in words."""

SILENT_CAPABILITIES: frozenset[str] = frozenset({"text-to-image", "image-to-image", "edit-image"})
"""The capabilities that never produce sound, because the output is an image. No page has to say so."""

MICROS_PER_USD = 1_000_000
"""Amounts are whole millionths of a US dollar, which the API calls micro-cents."""

UNIT_FIELDS: dict[Unit, str] = {"second": "duration", "image": "num_images"}
"""The priced field that counts a unit. A label with a unit that the formula does not count is a conflict."""

Scalar: TypeAlias = str | bool | int | Decimal
"""A scalar in a table."""


class RuleKind:
    """A kind of rule that a field can state.

    Attributes:
        types: The types of the fields that can have it; empty if every field can.
        words: The rule in words, with a place for its value; empty if the value needs no words.
        keyword: The keyword of JSON Schema that expresses it, after a dot if it is about items; empty if none does.
        has_evidence: Whether the rule can have evidence of its own.
    """

    __slots__ = ("has_evidence", "keyword", "types", "words")

    def __init__(self, *types: FieldType, words: str = "", keyword: str = "", has_evidence: bool = True) -> None:
        self.types = types
        self.words = words
        self.keyword = keyword
        self.has_evidence = has_evidence


FIELD_RULES: dict[str, RuleKind] = {
    "name": RuleKind(),
    "required": RuleKind(),
    "type": RuleKind(keyword="type"),
    "items": RuleKind("array", keyword="items.type"),
    "allowed": RuleKind(keyword="enum"),
    "default": RuleKind(keyword="default"),
    "format": RuleKind("string", keyword="pattern"),
    "item_format": RuleKind("array", keyword="items.pattern"),
    "max_length": RuleKind("string", words="at most {:,} characters", keyword="maxLength"),
    "min": RuleKind("number", words="at least {:,}", keyword="minimum"),
    "max": RuleKind("number", words="at most {:,}", keyword="maximum"),
    "min_items": RuleKind("array", words="at least {:,} in the list", keyword="minItems"),
    "max_items": RuleKind("array", words="at most {:,} in the list", keyword="maxItems"),
    "unknown": RuleKind(has_evidence=False),
}
"""Every rule that a field can state, by attribute. A new kind of rule is declared here and in `Field`."""

EVIDENCED_RULES: tuple[str, ...] = tuple(name for name, rule in FIELD_RULES.items() if rule.has_evidence)
"""The rules of a field that can have evidence of their own."""

PRICE_RULES: tuple[str, ...] = ("base_usd_micros", "factors", "rounding")
"""The rules of a price that can have evidence of their own."""

EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
"""The four kinds of evidence, strongest first."""


@frozen(eq=False, repr=False, slots=False)
class Evidenced(Value):
    """Base of what states rules with evidence: fields and prices.

    Attributes:
        evidence: The pairs (rule, evidence) for all rules that are not `documented`.
        sibling: The slug of the model whose page states the rules with `sibling` evidence.
    """

    evidence: tuple[tuple[str, Evidence], ...] = ()
    sibling: str | None = None

    def evidence_of(self, rule: str) -> Evidence:
        """Return the evidence of a rule."""
        return dict(self.evidence).get(rule, "documented")


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Field(Evidenced):
    """The rules for one field of a request.

    Attributes:
        name: The key in the request.
        type: The JSON type.
        items: The type of an array's items.
        required: Whether the field is required; False if the page says that it is optional, None if it says neither.
        allowed: The complete list of options.
        default: The value that the API uses if the field is left out.
        format: The format of a string that holds a URL.
        item_format: The format of the strings in an array.
        max_length: The maximum length of a string, in characters.
        min: The minimum of a number.
        max: The maximum of a number.
        min_items: The minimum length of an array.
        max_items: The maximum length of an array.
        unknown: Why values cannot be checked, if no page lists them. This does not mean that any value is allowed.
        note: A remark for readers.
    """

    name: str
    type: FieldType
    items: Literal["string", "object"] | None = None
    required: bool | None = None
    allowed: tuple[Scalar, ...] | None = None
    default: Scalar | None = None
    format: Format | None = None
    item_format: Format | None = None
    max_length: int | None = None
    min: int | Decimal | None = None
    max: int | Decimal | None = None
    min_items: int | None = None
    max_items: int | None = None
    unknown: str | None = None
    note: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Factor(Value):
    """One multiplier of the price, chosen by the value of a field.

    Attributes:
        field: The name of the field.
        multipliers: The pairs (option, multiplier) in the order of the file, with options as text: true is "true".
            None if the multiplier is the value itself: a duration of "5" multiplies by 5.
    """

    field: str
    multipliers: tuple[tuple[str, Fraction], ...] | None = None

    @cached_property
    def by_option(self) -> dict[str, Fraction]:
        """The multipliers by option; empty if the multiplier is the value itself."""
        return dict(self.multipliers or ())


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Price(Evidenced):
    """A base price, times one multiplier for each factor. Nothing is ever added.

    Attributes:
        base_usd_micros: The base price in millionths of a US dollar.
        label: The unit that the page prints beside the base price.
        printed_usd: The base price in dollars as the page prints it.
        factors: The factors in the order of the formula.
        rounding: How prices that are not whole millionths are rounded.
        free: Whether a price of zero is intended.
        unknown: Why the price is not known, if it is not.
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
    """A set of fields of which a request needs at least one.

    Attributes:
        of: The names of the fields.
        evidence: The evidence of the rule.
        note: A remark for readers.
    """

    of: tuple[str, ...]
    evidence: Evidence = "documented"
    note: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Sound(Value):
    """Whether the output has sound, and what decides it. Exactly one of `field` and `always` is set.

    Attributes:
        field: The name of the field that decides: the output has sound if and only if it is true.
        always: True if the output always has sound, False if it never has.
        evidence: The evidence of the rule.
    """

    field: str | None = None
    always: bool | None = None
    evidence: Evidence = "documented"


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Example(Value):
    """A cost that the page prints.

    Attributes:
        kind: `default` if the page calls it the default cost; its options are then the defaults.
        input: The pairs (field, option) that it applies to.
        usd_micros: The cost in millionths of a US dollar.
        printed_usd: The cost in dollars as the page prints it.
    """

    kind: Literal["default", "example"] = "default"
    input: tuple[tuple[str, Scalar], ...] = ()
    usd_micros: int
    printed_usd: str | None = None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Conflict(Value):
    """A contradiction within a page or between pages. Conflicts about the price are shown with every quote.

    Attributes:
        about: The key of the table in question, such as `price.label` or `input.duration`.
        says: The contradiction in words.
    """

    about: str
    says: str


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Revision(Value):
    """The rules and the price of a model from some instant on.

    Attributes:
        checked: The day on which the pages were read.
        source: The addresses of the pages.
        typical_seconds: The processing time that the page states.
        fields_complete: Whether the page's list of fields was seen in full.
        effective: The instant from which the revision is in force; None for a first revision whose start is not known.
        input: The fields of a request.
        measured: The priced quantities that are measured and not part of the request, such as the length of a video.
        at_least_one: The sets of fields of which a request needs one.
        sound: Whether the output has sound; None if the page does not say.
        price: The price.
        examples: The costs that the page prints.
        conflicts: The contradictions on the page.
    """

    checked: date
    source: tuple[str, ...]
    typical_seconds: int | None = None
    fields_complete: bool = False
    effective: datetime | None = None
    input: tuple[Field, ...]
    measured: tuple[Field, ...] = ()
    at_least_one: tuple[AtLeastOne, ...] = ()
    sound: Sound | None = None
    price: Price
    examples: tuple[Example, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    known_digest: str | None = field(default=None, eq=False)  # set by the bundle; read `digest` instead

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the canonical form of this revision."""
        if self.known_digest is not None:
            return self.known_digest
        from ratecard_rules._table.digest import digest_of

        return digest_of(self)

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.input}

    @cached_property
    def priced(self) -> dict[str, Field]:
        """The fields that the price depends on, including measured ones, by name and in the order of the formula."""
        known = {field.name: field for field in (*self.measured, *self.input)}
        return {factor.field: known[factor.field] for factor in self.price.factors if factor.field in known}


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Model(Value):
    """One table: the names of a model and its revisions.

    Attributes:
        slug: The model's name in requests; also available as `model`, as table files call it.
        name: The display name.
        provider: The display name of the provider.
        capability: What the model does, such as "text-to-video".
        retired: The instant from which the model is no longer available. Its table is kept, so that past requests can
            be priced.
        revisions: The revisions, newest last.
        overlay: How the table applies to one of the same model when catalogues are combined. Ignored by equality and
            digests.
        file: The file of the table. Ignored by equality and digests.
    """

    slug: str = field(metadata={"key": "model"})
    name: str
    provider: str
    capability: str
    retired: datetime | None = None
    revisions: tuple[Revision, ...]
    overlay: Literal["replace", "extend"] | None = field(default=None, eq=False)
    file: str | None = field(default=None, eq=False)

    @property
    def model(self) -> str:
        """The slug."""
        return self.slug

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain JSON data with the keys of its file; the schema is that of table files.

        Fields and factors are objects by name in their order, multipliers that are not whole are ratios such as "3/2",
        and dates are ISO 8601. What the table leaves out is left out.

        >>> from ratecard_rules import Catalog
        >>> model = Catalog.bundled()["kling-plus/kling-o3-standard/image-to-video"]
        >>> model.to_dict()["revision"][0]["price"]["factors"]
        {'duration': 'value', 'has_sound': {'false': 1, 'true': '3/2'}}
        """
        from ratecard_rules._table.data import file_data, json_value

        data: dict[str, Any] = file_data(self, json_value)
        return data

    @property
    def latest(self) -> Revision:
        """The newest revision."""
        return self.revisions[-1]

    @cached_property
    def is_dated(self) -> bool:
        """Whether the rules, price or availability of the model depend on the instant."""
        return self.retired is not None or any(revision.effective is not None for revision in self.revisions)

    def as_of(self, instant: datetime) -> Model:
        """Return the model as it was at an instant: `latest` is the revision in force then.

        A revision is in force from its `effective` (inclusive) until that of the next one (exclusive). Before the first
        known start the first revision applies; see `unavailable_at`.
        """
        begun = tuple(rev for rev in self.revisions if rev.effective is None or rev.effective <= instant)
        return self if begun == self.revisions else evolve(self, revisions=begun or self.revisions[:1])

    def unavailable_at(self, instant: datetime) -> Unavailable | None:
        """Return why the model is unavailable at an instant, or None if it is available."""
        start = self.revisions[0].effective
        if start is not None and instant < start:
            return "not_yet_effective"
        return "retired" if self.retired is not None and instant >= self.retired else None


def is_stated(part: Evidenced, rule: str) -> bool:
    """Return whether a field or a price states a rule. `required = false` is a statement; no `required` is not."""
    return getattr(part, rule) not in (None, ())


def revision_faults(model: Model) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the dates of a model: revisions must be in order, and start before it is retired."""
    if not model.revisions:
        yield "revision", "missing: a table needs at least one [[revision]]"
    for number, (older, newer) in enumerate(pairwise(model.revisions), start=2):
        key = f"revision[{number}].effective"
        if newer.effective is None:
            yield key, "missing: only the first revision may leave it out"
        elif older.effective is not None and newer.effective <= older.effective:
            yield key, f"{newer.effective} is not after {older.effective}: the newest revision comes last"
    newest = model.revisions[-1].effective if model.revisions else None
    if model.retired is not None and newest is not None and model.retired <= newest:
        yield "retired", f"{model.retired} is not after the start of the newest revision"
