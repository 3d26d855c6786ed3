"""The rate table: all prices of a catalogue as rows with unique keys.

Rule 1  A row has the text of each option that selects its price; None stands for a field that is left out.
Rule 2  No row means no price. There is no row with an amount that is not the answer of `price`.
Rule 3  The table depends on the catalogue, the adjustments and `at` alone, never on the clock.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any

from attrs import evolve, frozen

from ratecard._quote.quote import CatalogRef, Quote, assumption_text
from ratecard._relation import export
from ratecard._relation.options import answer_for, combinations_of, histories, key_fields, periods
from ratecard._sale.adjust import adjust
from ratecard_rules import EVIDENCE, Evidence, catalog_at, option_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from os import PathLike

    import pyarrow as pa

    from ratecard._relation.options import Period
    from ratecard._sale.adjust import Adjustment
    from ratecard_rules import Catalog, Revision


@frozen(kw_only=True)
class Rate:
    """A row of a rate table: what these options cost, and when.

    All money is in millionths of a US dollar.

    Attributes:
        model: The slug of the model.
        options: The text of each option, in the order of the table's `fields`; None for a field that is left out.
        usd_micros: The price.
        sale_usd_micros: The sale price; None without adjustments.
        exact: The price before rounding.
        evidence: The weakest evidence of the rules that the price follows from.
        assumptions: What the price assumes, as text.
        valid_from: The first instant at which the price applies; None if it has no known start.
        valid_to: The first instant at which it no longer applies; None if no end is known.
        revision: The digest of the revision that the price is based on.
        era: The number of price changes in the catalogue before the row; None unless the table is divided by era.
    """

    model: str
    options: tuple[str | None, ...]
    usd_micros: int
    sale_usd_micros: int | None
    exact: Fraction
    evidence: Evidence
    assumptions: tuple[str, ...]
    valid_from: datetime | None
    valid_to: datetime | None
    revision: str
    era: int | None = None


@frozen(kw_only=True)
class RateTable:
    """The prices of a catalogue as a relation, for joins with tables of any engine.

    Attributes:
        fields: The names of the options, in the order of `Rate.options`.
        rows: The rows, sorted by model, then as the table of the model lists its options.
        catalog: The catalogue.
        adjusted: Whether the rows have sale prices.
        by_era: Whether the rows are divided by era.
    """

    fields: tuple[str, ...]
    rows: tuple[Rate, ...]
    catalog: CatalogRef
    adjusted: bool = False
    by_era: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that select a row: no two rows that are valid at the same time have the same key."""
        return ("era",) * self.by_era + ("model", *self.fields)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns: the key first, then `usd_micros`."""
        sale = ("sale_usd_micros",) * self.adjusted
        exact = ("exact_numerator", "exact_denominator")
        return (
            *(*self.key, "usd_micros", *sale, *exact),
            *("evidence", "assumptions", "valid_from", "valid_to", "revision"),
        )

    @property
    def changes(self) -> tuple[datetime, ...]:
        """The instants at which prices change: era 0 ends at the first, era 1 at the second, and so on."""
        return tuple(sorted({date for row in self.rows for date in (row.valid_from, row.valid_to) if date is not None}))

    def eras(self) -> RateTable:
        """Return the same prices with a row for each era, instead of a row for each period with a start and an end.

        An equality join on `era`, the number of `changes` at or before an instant, replaces the range of dates.
        """
        changes = self.changes
        rows = (evolve(row, era=era) for row in self.rows for era in _eras_of(row, changes))
        return evolve(self, rows=tuple(rows), by_era=True)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a dict by column, with `assumptions` on one line; None if there are none."""
        for row in self.rows:
            yield {
                **({"era": row.era} if self.by_era else {}),
                "model": row.model,
                **dict(zip(self.fields, row.options, strict=True)),
                "usd_micros": row.usd_micros,
                **({"sale_usd_micros": row.sale_usd_micros} if self.adjusted else {}),
                "exact_numerator": row.exact.numerator,
                "exact_denominator": row.exact.denominator,
                "evidence": row.evidence,
                "assumptions": "; ".join(row.assumptions) or None,
                "valid_from": row.valid_from,
                "valid_to": row.valid_to,
                "revision": row.revision,
            }

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as lists by name, which `polars.DataFrame` and `pandas.DataFrame` take as they are."""
        records = list(self.records())
        return {name: [record[name] for record in records] for name in self.columns}

    def to_csv(self) -> str:
        """Return the table as CSV. Null is an empty cell; no text is empty."""
        return export.csv_text(self.columns, self.records())

    def to_json(self) -> str:
        """Return the table as a JSON document with the catalogue, the `key` and the `rows`, which are objects."""
        return export.json_text(self.catalog, self.key, self.records())

    def to_sql(self, name: str = "rates") -> str:
        """Return statements that create a table and fill it, for duckdb, PostgreSQL and SQLite."""
        return export.sql_text(self.catalog, name, self.columns, self.records())

    def to_macro(self, name: str = "usd_micros_of", *, table: str = "rates") -> str:
        """Return a statement for duckdb that creates a function from a model and named options to `usd_micros` or null.

        The function reads the table of `to_sql`, which must be that of one instant.
        """
        return export.macro_text(name, table, self.fields)

    def to_arrow(self) -> pa.Table:
        """Return the table for Arrow, with the catalogue as metadata. Raises ImportError without pyarrow."""
        return export.arrow_table(self.catalog, self.columns, self.records())

    def write_parquet(self, path: str | PathLike[str] | IO[bytes]) -> None:
        """Write the table as a Parquet file, with the catalogue as metadata. Raises ImportError without pyarrow."""
        table = self.to_arrow()
        from pyarrow.parquet import write_table

        write_table(table, path)


def rate_table(
    catalog: Catalog | None = None, *, adjustments: Iterable[Adjustment] = (), at: date | None = None
) -> RateTable:
    """Return all prices of a catalogue as a table with a row for each combination of options.

    The rows have every option that a column of requests can hold: the listed options of all fields that select the
    price of some model, and null for fields that are left out, if the price is known without them. The price of a
    request without a row is not known from the table; it is never zero. `try_quote` tells why.

    Args:
        catalog: The tables; the bundled ones by default.
        adjustments: The steps to the sale price, as in `adjust`. Without any, the table has no sale prices.
        at: The instant whose prices apply, as in `quote`. By default the table has all prices, past and announced, and
            `valid_from` and `valid_to` say when each applies.

    Raises ValueError if the catalogue is not fit for a table: a priced field has the name of another column, or an
    amount does not fit into 64 bits.

    >>> from datetime import date
    >>> table = rate_table(at=date(2026, 11, 20))
    >>> table.fields
    ('duration', 'fps', 'generate_audio', 'has_sound', 'num_images', 'quality', 'resolution')
    >>> [(row["duration"], row["usd_micros"]) for row in table.records()
    ...  if row["model"] == "kling-plus/kling-o1-standard/text-to-video"]
    [(None, 250000), ('5', 250000), ('10', 500000)]
    """
    tables = catalog_at(catalog, at)
    steps = tuple(adjustments)
    fields = key_fields(tables)
    return RateTable(
        fields=fields,
        rows=tuple(_rows(tables, fields, steps)),
        catalog=CatalogRef(tables.version, tables.digest),
        adjusted=bool(steps),
    )


def _rows(tables: Catalog, fields: tuple[str, ...], steps: tuple[Adjustment, ...]) -> Iterator[Rate]:
    for model in histories(tables):
        for period in periods(model):
            if tables.instant is None or period.contains(tables.instant):
                view = tables.whole.at(period.instant)
                for options in combinations_of(period.revision, fields):
                    quote = answer_for(model.slug, options, view)
                    if isinstance(quote, Quote):
                        texts = tuple(option_text(options[name]) if name in options else None for name in fields)
                        yield _rate(quote, period, texts, steps)


def _rate(quote: Quote, period: Period, options: tuple[str | None, ...], steps: tuple[Adjustment, ...]) -> Rate:
    sale = adjust(quote, steps).usd_micros if steps else None
    for amount in (quote.usd_micros, sale or 0, quote.exact.numerator, quote.exact.denominator):
        if amount.bit_length() > _INTEGER_BITS:
            raise ValueError(f"{quote.model}: {amount} does not fit into a column of 64-bit integers")
    return Rate(
        model=quote.model,
        options=options,
        usd_micros=quote.usd_micros,
        sale_usd_micros=sale,
        exact=quote.exact,
        evidence=_weakest(quote, period.revision),
        assumptions=tuple(assumption_text(assumed) for assumed in quote.assumptions if assumed.about != "at"),
        valid_from=period.start,
        valid_to=period.end,
        revision=quote.revision.digest,
    )


_INTEGER_BITS = 63


def _weakest(quote: Quote, revision: Revision) -> Evidence:
    """Return the weakest evidence of the rules of the price, and of the options that it is for."""
    found = {revision.price.evidence_of(rule) for rule in ("base_usd_micros", "factors")}
    if quote.rounding is not None:
        found.add(revision.price.evidence_of("rounding"))
    for factor in quote.factors:
        rules = ("name", "allowed", "default") if factor.origin == "default" else ("name", "allowed")
        found |= {revision.priced[factor.field].evidence_of(rule) for rule in rules}
    return max(found, key=EVIDENCE.index)


def _eras_of(row: Rate, changes: tuple[datetime, ...]) -> range:
    """Return the eras in which a row is valid; era n begins with the n-th change."""
    first = 0 if row.valid_from is None else bisect_right(changes, row.valid_from)
    last = len(changes) if row.valid_to is None else bisect_right(changes, row.valid_to) - 1
    return range(first, last + 1)
