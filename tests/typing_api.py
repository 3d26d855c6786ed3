"""Never run: a type checker reads it, so that the public types stay what users see."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import assert_type

from ratecard import (
    Add,
    Budget,
    Catalog,
    Declined,
    Diff,
    Problem,
    Quote,
    QuoteRange,
    Report,
    Sale,
    Summary,
    Verification,
    adjust,
    diff,
    price_sheet,
    quote,
    quote_many,
    quote_range,
    summarize,
    try_quote,
    validate,
    verify,
)
from ratecard_rules import Model


def never_called() -> None:
    """Say what the public names return."""
    report = validate({"model": "acme/loop"}, catalog=Catalog.bundled(), strict=True)
    assert_type(report, Report)
    assert_type(report.problems, tuple[Problem, ...])

    quoted = quote({})
    assert_type(quoted, Quote)
    assert_type(quoted.usd, Decimal)
    assert_type(quoted.exact, Fraction)
    assert_type(quoted.usd_micros, int)
    assert_type(price_sheet("acme/loop"), tuple[Quote, ...])

    answer = try_quote({})
    assert_type(answer, Quote | Declined)
    if isinstance(answer, Declined):
        assert_type(answer.message, str)
    else:
        assert_type(answer, Quote)

    sale = adjust(quoted, [Add(name="handling", usd_micros=1)])
    assert_type(sale, Sale)
    assert_type(sale.margin, Fraction | None)
    assert_type(quote_many([{}]), Iterator[Quote | Declined])
    assert_type(summarize([quoted, sale, answer]), Summary)
    assert_type(Budget(1).charge(quoted), Budget)
    assert_type(verify(quoted), Verification)
    assert_type(quote_range({}), QuoteRange)
    assert_type(diff(Catalog.bundled(), Catalog.bundled()), Diff)
    assert_type(Catalog.load("tables")["acme/loop"], Model)
