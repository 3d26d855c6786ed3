"""Costs and prices in the columns of FOCUS 1.2, the FinOps Open Cost and Usage Specification.

Rule 1  ListUnitPrice x PricingQuantity is ListCost to the last digit; so is ContractedUnitPrice, and ContractedCost.
Rule 2  BilledCost is what was charged, and 0 for a quote: it must add up to invoices.
Rule 3  No record is left out. One that is no cost, or has no instant, raises ValueError with its number.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any

from attrs import frozen

from ratecard._errors import NotPriced
from ratecard._money import fraction_of
from ratecard._quote.envelope import StoredQuote
from ratecard._quote.quote import Quote
from ratecard._quote.sheet import price_sheet
from ratecard._sale.adjust import Sale
from ratecard_rules import EVIDENCE, MICROS_PER_USD, Evidence, catalog_at, instant_of, option_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    import pyarrow as pa

    from ratecard._quote.quote import QuotedFactor
    from ratecard_rules import Catalog

VERSION = "1.2"
"""The version of the specification."""

PROVIDER = "PixelByte"
"""Who makes the models available and issues the invoices."""

PLACES = 12
"""The maximum number of decimal places of a unit price."""

_SECOND = timedelta(seconds=1)


@frozen
class FocusTable:
    """Rows in the columns of FOCUS.

    Attributes:
        rows: Each row by column: amounts are Decimals, instants are in UTC, everything else is text or None.
    """

    rows: tuple[dict[str, Any], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; empty without rows."""
        return tuple(self.rows[0]) if self.rows else ()

    def records(self) -> Iterator[dict[str, str | None]]:
        """Yield each row as text, as in CSV, with None for null."""
        for row in self.rows:
            yield {name: None if value is None else _text(value) for name, value in row.items()}

    def to_csv(self) -> str:
        """Return the rows as CSV under a header: null is an empty cell, and amounts have a decimal point."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records())
        return text.getvalue()

    def to_arrow(self) -> pa.Table:
        """Return the rows as a table of Arrow: amounts are decimals. Raises ImportError without pyarrow."""
        try:
            import pyarrow as pa
        except ModuleNotFoundError:
            raise ImportError('Arrow and Parquet need pyarrow: pip install "ratecard[bulk]"') from None
        kinds = {Decimal: pa.decimal128(38, PLACES), datetime: pa.timestamp("us", "UTC")}
        first = self.rows[0] if self.rows else {}
        schema = pa.schema([(name, kinds.get(type(value), pa.string())) for name, value in first.items()])
        return pa.Table.from_pylist(list(self.rows), schema)

    def write_parquet(self, path: str | PathLike[str] | IO[bytes]) -> None:
        """Write the rows as a Parquet file. Raises ImportError without pyarrow."""
        table = self.to_arrow()
        from pyarrow.parquet import write_table

        write_table(table, path)


@frozen(kw_only=True)
class _Cost:
    """One record: a quote with what was charged for it.

    Attributes:
        quote: The quote.
        contracted: The price after adjustments, in micros.
        billed: What was charged, in micros; 0 if nothing was.
        digest: The digest of the quote.
        at: The instant.
        sign: -1 for the reversal of a quote.
        is_correction: Whether it corrects an earlier record.
        job_id: The ID of the job, or None.
        reference: The caller's name for the purchase, or None.
    """

    quote: Quote
    contracted: int
    billed: int = 0
    digest: str
    at: datetime
    sign: int = 1
    is_correction: bool = False
    job_id: str | None = None
    reference: str | None = None


def costs(
    records: Iterable[object], *, at: date | None = None, account: str = "default", provider: str = PROVIDER
) -> FocusTable:
    """Return a row for each quote or charge.

    Args:
        records: Quotes, sales, `StoredQuote`s and receipts, or plain data with their stored forms: that of a quote, a
            sale or a `StoredQuote`; objects with a `quote` and, if it was charged, `charged_micros` and `job_id`; and
            the reversals and corrections of `ratecard rerate`, after the records that they correct.
        at: The instant of records that do not name their own in `asked_at` or `time`; as in `quote`.
        account: The BillingAccountId.
        provider: The provider, and the issuer of the invoices.

    Raises ValueError, with the number of the record, for a record that is none of these, or has no instant.

    >>> import datetime, ratecard
    >>> quoted = ratecard.quote({
    ...     "model": "kling-plus/kling-o3-standard/image-to-video",
    ...     "input": {"image_url": "https://example.com/cat.jpg", "has_sound": "true"},
    ... })
    >>> (row,) = costs([quoted], at=datetime.date(2026, 12, 1)).rows
    >>> row["ListUnitPrice"], row["PricingQuantity"], row["PricingUnit"], row["ListCost"], row["BilledCost"]
    (Decimal('0.126'), Decimal('5.0'), 'Seconds', Decimal('0.63'), Decimal('0.0'))
    >>> row["SkuPriceId"]
    'kling-plus/kling-o3-standard/image-to-video?has_sound=true'
    """
    default = None if at is None else instant_of(at)
    known: dict[str, Quote] = {}
    rows = []
    for number, record in enumerate(records, start=1):
        try:
            cost = _read(record, default, known)
        except (KeyError, TypeError, ValueError) as error:
            missing = f"it has no {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"record {number}: {missing}") from error
        rows.append(_cost_row(cost, account, provider))
    return FocusTable(tuple(rows))


def prices(*, catalog: Catalog | None = None, at: date | None = None, provider: str = PROVIDER) -> FocusTable:
    """Return a row for each SkuPriceId of a catalogue, with its ListUnitPrice. Models without a price have no rows.

    >>> [(row["PricingUnit"], str(row["ListUnitPrice"])) for row in prices().rows if "o1-standard/text" in row["SkuId"]]
    [('Seconds', '0.05')]
    """
    tables = catalog_at(catalog, at)
    rows: dict[str, dict[str, Any]] = {}
    for slug in tables.models:
        try:
            sheet = price_sheet(slug, catalog=tables)
        except NotPriced:
            continue
        for quoted in sheet:
            row = _price_row(quoted, quoted.usd_micros, provider)
            listed = {
                name: value for name, value in row.items() if name not in ("ContractedUnitPrice", "PricingQuantity")
            }
            rows.setdefault(row["SkuPriceId"], listed)
    return FocusTable(tuple(rows.values()))


# Records


def _read(record: Any, default: datetime | None, known: dict[str, Quote]) -> _Cost:
    """Return what a record says. `known` has the quotes that were read before, by their digests."""
    match record:
        case Quote():
            return _cost(record, record.usd_micros, default)
        case Sale():
            return _cost(record.quote, record.usd_micros, default)
        case StoredQuote():
            return _cost(record.quote, record.quote.usd_micros, record.asked_at or default, reference=record.reference)
        case Mapping():
            return _read_data(dict(record), default, known)
    quoted = getattr(record, "quoted", None)
    if not isinstance(quoted, Quote):
        raise TypeError(f"expected a quote, a sale, a receipt or their stored form, got a {type(record).__name__}")
    return _cost(quoted, quoted.usd_micros, default, billed=record.charged_micros, job_id=record.job_id)


def _read_data(data: dict[str, Any], default: datetime | None, known: dict[str, Quote]) -> _Cost:
    data = data.get("receipt") or data
    time = data.get("asked_at") or data.get("time")
    at = default if time is None else instant_of(datetime.fromisoformat(time))
    own: dict[str, Any] = {"job_id": data.get("job_id"), "reference": data.get("reference")}
    if data.get("type") == "reversal":
        quoted = known[data["reversed_digest"]]
        return _cost(quoted, quoted.usd_micros, at, sign=-1, is_correction=True, digest=data["reversed_digest"], **own)
    quoted, contracted, inner = _quote_in(data)
    own["digest"] = quoted.to_dict()["digest"]
    known[own["digest"]] = quoted
    own["reference"] = own["reference"] or inner.reference
    billed = data.get("charged_micros") or 0
    return _cost(
        quoted, contracted, inner.asked_at or at, billed=billed, is_correction=data.get("type") == "correction", **own
    )


def _quote_in(data: dict[str, Any]) -> tuple[Quote, int, StoredQuote]:
    """Return the quote of a record, what it costs after adjustments, and the quote as it was kept."""
    if "lines" in data:
        sale = Sale.from_dict(data)
        return sale.quote, sale.usd_micros, StoredQuote(quote=sale.quote, asked_at=None)
    form = data if "format" in data else data.get("quote") or data.get("quoted")
    if form is None:
        raise ValueError(f"it has no quote{': ' + str(data['code']) if data.get('code') else ''}")
    if "lines" in form:
        return _quote_in(form)
    kept = StoredQuote.from_dict(form)
    return kept.quote, kept.quote.usd_micros, kept


def _cost(quoted: Quote, contracted: int, at: datetime | None, **others: Any) -> _Cost:
    if at is None:
        raise ValueError("it has no instant: pass `at`, or store quotes with the instant that they were asked for")
    digest = others.pop("digest", None) or quoted.to_dict()["digest"]
    cost = _Cost(quote=quoted, contracted=contracted, at=at.astimezone(UTC), digest=digest, **others)
    if type(cost.billed) is not int:
        raise TypeError(f"charged_micros must be a whole number, got {cost.billed!r:.40}")
    return cost


# Rows


def _cost_row(cost: _Cost, account: str, provider: str) -> dict[str, Any]:
    start = cost.at.replace(microsecond=0)
    month = start.replace(day=1, hour=0, minute=0, second=0)
    price = _price_row(cost.quote, cost.contracted, provider)
    list_cost = _dollars(cost.sign * Fraction(cost.quote.usd_micros))
    billed = _dollars(Fraction(cost.billed))
    row = {
        "BilledCost": billed,
        "BillingAccountId": account,
        "BillingAccountName": account,
        "BillingAccountType": "Account",
        "BillingPeriodEnd": (month + timedelta(days=32)).replace(day=1),
        "BillingPeriodStart": month,
        "ChargeCategory": "Usage",
        "ChargeClass": "Correction" if cost.is_correction else None,
        "ChargeDescription": f"{cost.quote.model}{' (reversed)' if cost.sign < 0 else ''}",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": start + _SECOND,
        "ChargePeriodStart": start,
        "ConsumedQuantity": price["PricingQuantity"],
        "ConsumedUnit": price["PricingUnit"],
        "CommitmentDiscountStatus": None,
        "ContractedCost": _dollars(cost.sign * Fraction(cost.contracted)),
        "EffectiveCost": billed,
        "InvoiceId": None,
        "InvoiceIssuerName": provider,
        "ListCost": list_cost,
        **price,
        "PricingCurrency": price["BillingCurrency"],
        "PricingCurrencyContractedUnitPrice": price["ContractedUnitPrice"],
        "PricingCurrencyEffectiveCost": billed,
        "PricingCurrencyListUnitPrice": price["ListUnitPrice"],
        "x_JobId": cost.job_id,
        "x_QuoteDigest": cost.digest,
        "x_Reference": cost.reference,
    }
    return dict(sorted(row.items(), key=lambda item: (item[0].startswith("x_"), item[0])))


def _price_row(quoted: Quote, contracted: int, provider: str) -> dict[str, Any]:
    """Return the columns about the price of a quote, without its costs."""
    counted = _seconds(quoted, contracted)
    quantity = Fraction(1) if counted is None else counted.multiplier
    options = {factor.field: option_text(factor.value) for factor in quoted.factors if factor is not counted}
    chosen = "&".join(f"{name}={text}" for name, text in options.items())
    return {
        "BillingCurrency": "USD",
        "ContractedUnitPrice": _dollars(contracted / quantity),
        "ListUnitPrice": _dollars(quoted.usd_micros / quantity),
        "PricingCategory": "Standard",
        "PricingQuantity": _decimal(quantity),
        "PricingUnit": "Generations" if counted is None else "Seconds",
        "ProviderName": provider,
        "PublisherName": quoted.model.partition("/")[0],
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": quoted.model.rpartition("/")[2],
        "ServiceSubcategory": "Generative AI",
        "SkuId": quoted.model,
        "SkuMeter": "Generations" if counted is None else "Seconds",
        "SkuPriceDetails": json.dumps({_property(name): text for name, text in options.items()}),
        "SkuPriceId": f"{quoted.model}?{chosen}" if chosen else quoted.model,
        "x_CatalogDigest": quoted.catalog.digest,
        "x_Evidence": _evidence(quoted),
    }


def _seconds(quoted: Quote, contracted: int) -> QuotedFactor | None:
    """Return the factor that counts seconds, if the price of one second is exact."""
    for factor in quoted.factors:
        if factor.field == "duration" and factor.multiplier and _number(factor) == factor.multiplier:
            units = [amount / factor.multiplier / MICROS_PER_USD for amount in (quoted.usd_micros, contracted)]
            is_exact = quoted.exact.denominator == 1 and all((10**PLACES * unit).denominator == 1 for unit in units)
            return factor if is_exact else None
    return None


def _number(factor: QuotedFactor) -> Fraction | None:
    try:
        return fraction_of(option_text(factor.value))
    except ValueError:
        return None


def _evidence(quoted: Quote) -> Evidence:
    """Return the weakest evidence of what the quote assumes."""
    found = {assumption.evidence for assumption in quoted.assumptions if assumption.evidence is not None}
    return max(found, key=EVIDENCE.index, default="documented")


def _property(name: str) -> str:
    """Return the name of a field as a property that FOCUS does not define: `x_HasSound` of `has_sound`."""
    return "x_" + "".join(map(str.capitalize, name.split("_")))


def _dollars(usd_micros: Fraction) -> Decimal:
    return _decimal(usd_micros / MICROS_PER_USD)


def _decimal(number: Fraction) -> Decimal:
    """Return a number of at most `PLACES` decimal places exactly, with at least one: 2.0, for what reads CSV."""
    whole, places = divmod(abs(number) * 10**PLACES, 10**PLACES)
    text = f"{whole}.{int(places):0{PLACES}d}".rstrip("0")
    return Decimal(f"{'-' if number < 0 else ''}{text}{'0' if text.endswith('.') else ''}")


def _text(value: object) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)
