"""Never run: a type checker reads it, so that the public types stay what users see."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import assert_type

from ratecard import Catalog, Declined, Problem, Quote, Report, price_sheet, quote, try_quote, validate
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

    assert_type(Catalog.load("tables")["acme/loop"], Model)
