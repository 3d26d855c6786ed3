"""Never run: a type checker reads it, so that the public types stay what users see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, assert_type

from ratecard import (
    Add,
    Budget,
    Catalog,
    Declined,
    Diff,
    Offer,
    Offers,
    PriceSheet,
    Problem,
    Quote,
    QuoteRange,
    RateTable,
    Report,
    Sale,
    Summary,
    Total,
    Verification,
    adjust,
    diff,
    example_request,
    find,
    frames,
    missing_fields,
    price,
    price_sheet,
    quote,
    quote_many,
    quote_range,
    rate_table,
    summarize,
    try_quote,
    validate,
    verify,
)
from ratecard.submit import (
    AsyncClient,
    Attempt,
    Client,
    Job,
    JobEnded,
    Plan,
    Receipt,
    SubmissionUncertain,
    parse_webhook,
    plan,
)
from ratecard.testing import FakeAnswer, FakeApi, FakeFault, FakeJob, error
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
    assert_type(price_sheet("acme/loop"), PriceSheet)
    assert_type(price_sheet("acme/loop")[0], Quote)
    assert_type(report.raise_for_errors(), Report)
    assert_type(quoted * 300 + quoted, Total)
    assert_type(300 * (quoted + quoted), Total)
    assert_type(min(quoted, quoted), Quote)
    assert_type(price("acme/loop", {"duration": "5"}), Quote)
    assert_type(missing_fields("acme/loop"), tuple[Problem, ...])
    table = rate_table(adjustments=[Add(name="fee", usd_micros=1)])
    assert_type(table, RateTable)
    assert_type(table.rows[0].sale_usd_micros, int | None)
    assert_type(table.to_dict(), dict[str, list[Any]])
    assert_type(frames.price(table), RateTable)  # the same type as the frame
    offers = find("loop", options={"duration": 5, "sound": True}, max_usd="2.00", sort="time")
    assert_type(offers, Offers)
    assert_type(offers[0], Offer)
    assert_type([offer.quote.usd for offer in offers], list[Decimal])

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
    assert_type(Budget("1.00").charge(quoted), Budget)
    assert_type(verify(quoted), Verification)
    assert_type(quote_range({}), QuoteRange)
    assert_type(diff(Catalog.bundled(), Catalog.bundled()), Diff)
    assert_type(Catalog.load("tables")["acme/loop"], Model)


def never_sent(client: Client, failed: JobEnded, uncertain: SubmissionUncertain) -> None:
    """Say what the client returns, and what its errors carry."""
    planned = plan({}, max_usd="0.25", base_url="https://example.com")
    assert_type(planned, Plan)
    assert_type(planned.url, str)
    assert_type(planned.quote, Quote)

    with client as same:
        assert_type(same, Client)
    receipt = client.submit({}, max_usd=Decimal("0.25"), expect=planned.quote)
    assert_type(receipt, Receipt)
    assert_type(receipt.charged_micros, int)
    assert_type(receipt.drift_micros, int)
    assert_type(receipt.estimated_completion, datetime | None)
    assert_type(client.wait(receipt, timeout=60), Job)
    assert_type(client.job(receipt.job_id).output, str | None)
    assert_type(client.cancel(receipt.job_id), Job)
    assert_type(client.jobs(status="failed"), Iterator[Job])
    assert_type(client.find(uncertain.attempt), Iterator[Job])

    assert_type(failed.job, Job)
    assert_type(uncertain.attempt, Attempt)
    assert_type(parse_webhook(b""), Job)


async def never_awaited(client: AsyncClient) -> None:
    """Say that the other client returns the same."""
    async with client as same:
        assert_type(same, AsyncClient)
    receipt = await client.submit({})
    assert_type(receipt, Receipt)
    assert_type(await client.wait(receipt), Job)
    assert_type(await client.job("job_1"), Job)
    assert_type(await client.cancel("job_1"), Job)
    assert_type(client.jobs(), AsyncIterator[Job])
    assert_type([job async for job in client.jobs()], list[Job])


def never_served() -> None:
    """Say what the fake returns."""
    api = FakeApi(balance_usd="1.00", seconds_pending=1)
    assert_type(api.jobs, tuple[FakeJob, ...])
    assert_type(api.balance_micros, int)
    assert_type(api.answer("GET", "/v1/jobs", {}), FakeAnswer)
    assert_type(error("INTERNAL_ERROR"), FakeFault)
    assert_type(example_request("acme/loop"), dict[str, Any])
    with api.serve() as address:
        assert_type(address, str)
