"""Options as text: the columns that select a price, and the answer for a row of them.

Rule 1  A row is a model and the text of some options: `5` stands for "5" and for 5, `true` for true. The table of the
        model says which type an option has in a request. A field without a value is left out.
Rule 2  The answer for a row is that of `price` for these options. Nothing here computes a price.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ratecard._errors import Declined, NotPriced
from ratecard._quote.partial import price
from ratecard._quote.price import try_quote
from ratecard._quote.quote import Quote
from ratecard._sale.adjust import Adjustment, adjust
from ratecard_rules import Catalog, InvalidRequest, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ratecard_rules import Field, Model, Scalar


@frozen
class Refusal:
    """Why a row is not a request that could be asked for.

    Attributes:
        code: What stands in the column `declined`.
        reason: The code of the problem.
        message: The problem in words.
    """

    code: str
    reason: str
    message: str


Answer: TypeAlias = Quote | Declined | Refusal
"""The answer to a row."""


def histories(catalog: Catalog) -> Iterator[Model]:
    """Yield every model of a catalogue with all its revisions."""
    return filter(None, map(catalog.history, catalog.models))


def key_fields(catalog: Catalog) -> tuple[str, ...]:
    """Return the fields and measured quantities on which the price of some model depends, sorted.

    Raises ValueError if one has the name of another column.
    """
    revisions = (revision for model in histories(catalog) for revision in model.revisions)
    names = {name for revision in revisions for name in revision.priced}
    if taken := names & OTHER_COLUMNS:
        raise ValueError(f"a priced field has the name of another column: {', '.join(sorted(taken))}")
    return tuple(sorted(names))


OTHER_COLUMNS = frozenset(
    {
        *("era", "model", "usd_micros", "sale_usd_micros", "exact_numerator", "exact_denominator", "evidence"),
        *("assumptions", "valid_from", "valid_to", "revision", "declined"),
    }
)
"""The columns of rate tables and of priced frames besides the options."""


@frozen
class Period:
    """A time in which the rules, the price and the availability of a model do not change.

    Attributes:
        revision: The revision in force.
        start: The first instant, or None.
        end: The first instant after it, or None.
    """

    revision: Revision
    start: datetime | None
    end: datetime | None

    @property
    def instant(self) -> datetime | None:
        """An instant of the period; None if every instant is part of it."""
        return self.end - timedelta(microseconds=1) if self.start is None and self.end is not None else self.start

    def contains(self, instant: datetime) -> bool:
        """Return whether an instant is part of the period."""
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)


def periods(model: Model) -> Iterator[Period]:
    """Yield the period of each revision of a model."""
    bounds = pairwise([*(revision.effective for revision in model.revisions), model.retired])
    for revision, (start, end) in zip(model.revisions, bounds, strict=True):
        yield Period(revision, start, end)


def changes(catalog: Catalog) -> tuple[datetime, ...]:
    """Return the instants at which a price or the availability of a model changes, earliest first."""
    bounds = (
        bound for model in histories(catalog) for period in periods(model) for bound in (period.start, period.end)
    )
    return tuple(sorted({bound for bound in bounds if bound is not None}))


def combinations_of(revision: Revision, names: Sequence[str]) -> Iterator[dict[str, Scalar]]:
    """Yield every combination of the listed options of some fields, without those that are left out.

    They include fields of the model that do not affect its price: a row of a table may have an option for them.
    """
    known = {**revision.fields, **revision.priced}
    listed = ((None, *(known[name].allowed or ())) if name in known else (None,) for name in names)
    for options in product(*listed):
        yield {name: option for name, option in zip(names, options, strict=True) if option is not None}


def answer_for(slug: str | None, options: Mapping[str, object], catalog: Catalog) -> Quote | Declined:
    """Return the answer to a request with these options, which are values, or their text."""
    model = None if slug is None else catalog.get(slug)
    if model is None:
        return try_quote({"input": {}} if slug is None else {"model": slug, "input": {}}, catalog=catalog)
    fields = model.latest.fields
    measured_fields = {field.name: field for field in model.latest.measured if field.name not in fields}
    sent: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    for name, option in options.items():
        if name in measured_fields:
            measured[name] = _value(measured_fields[name], option)
        else:
            sent[name] = _value(fields.get(name), option)
    try:
        return price(model.slug, sent, catalog=catalog, measured=measured)
    except InvalidRequest as error:
        return Declined(code="invalid_request", report=error.report)
    except NotPriced as error:
        return Declined(code=error.code, message=error.message, report=error.report)


NO_INSTANT = "no_instant"
"""The code of a row that has no price because it has no instant."""

NULL_INSTANT = Refusal(NO_INSTANT, NO_INSTANT, "the instant is null")


@frozen(slots=False)
class Terms:
    """What the rows of a table are priced with.

    Attributes:
        catalog: The tables, at the instant of the whole table if there is one.
        adjustments: The steps to the sale price.
        by_row: Whether each row has an instant of its own.
    """

    catalog: Catalog
    adjustments: tuple[Adjustment, ...]
    by_row: bool

    @property
    def outputs(self) -> tuple[str, ...]:
        """The columns to add: amounts, and why there is no price."""
        return ("usd_micros", *(["sale_usd_micros"] if self.adjustments else []), "declined")

    @cached_property
    def changes(self) -> tuple[datetime, ...]:
        """The instants at which prices change, if each row has an instant."""
        return changes(self.catalog) if self.by_row else ()

    @cached_property
    def views(self) -> tuple[Catalog, ...]:
        """The catalogue in each era: before the first change, after it, after the second, and so on."""
        if not self.changes:
            return (self.catalog,)
        instants = (self.changes[0] - timedelta(microseconds=1), *self.changes)
        return tuple(self.catalog.at(instant) for instant in instants)

    def answer(self, slug: str | None, options: Mapping[str, object], era: int | None) -> Answer:
        """Return the answer to a row. Without an era, it has no price."""
        if era is None:
            return NULL_INSTANT
        return answer_for(slug, options, self.views[era])

    def outcome(self, answer: Answer) -> tuple[object, ...]:
        """Return the values of the columns to add for an answer."""
        if isinstance(answer, Quote):
            return (
                answer.usd_micros,
                *([adjust(answer, self.adjustments).usd_micros] if self.adjustments else []),
                None,
            )
        return (*[None] * (len(self.outputs) - 1), answer.code)


def option_columns(columns: Mapping[str, str | None], there: Sequence[str], terms: Terms) -> dict[str, str]:
    """Return the column of each option that has one. Raises ValueError for a name that is not an option."""
    names = key_fields(terms.catalog)
    if unknown := columns.keys() - set(names):
        raise ValueError(f"no price depends on {', '.join(sorted(unknown))}; options: {', '.join(names)}")
    found = {name: columns.get(name, name if name in there else None) for name in names}
    return {name: column for name, column in found.items() if column is not None}


def check_columns(there: Sequence[str], needed: Iterable[str], terms: Terms, *, owner: str) -> None:
    """Raise ValueError if a column is missing, or occurs twice, or would be overwritten."""
    for name in needed:
        if name not in there:
            raise ValueError(f"{owner} has no column {name!r}; it has {', '.join(map(repr, there))}")
        if there.count(name) > 1:
            raise ValueError(f"{owner} has two columns {name!r}")
    for name in terms.outputs:
        if name in there:
            raise ValueError(f"{owner} has a column {name!r} already; rename or drop it")


_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,300})(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")


def _value(field: Field | None, option: object) -> object:
    """Return an option as the type of its field if text stands for such a value, or else unchanged."""
    if field is None or type(option) is not str:
        return option
    if field.type == "boolean":
        return {"true": True, "false": False}.get(option, option)
    if field.type == "number" and (number := _JSON_NUMBER.fullmatch(option)):
        value = float(option) if number[2] or number[3] else int(option)
        # What a float would round, perhaps to an option, is left to the judge as text.
        return value if type(value) is int or Decimal(repr(value)) == Decimal(option) else option
    return option
