"""The commands `find` and `price`, which answer before there is a complete request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from ratecard import InvalidRequest, NotPriced, missing_fields
from ratecard import find as find_offers
from ratecard import price as price_of
from ratecard._cli import _input
from ratecard._cli._answers import Answer
from ratecard._cli._batch import QUOTE, Batch
from ratecard._cli._completion import complete_model, complete_wanted
from ratecard._cli._input import Entry, Requests
from ratecard._cli._options import (
    NO_MATCH,
    answers,
    budget_option,
    catalog_options,
    command,
    count_option,
    fields_argument,
    measured_option,
    parsed_by,
    takes_candidates,
)
from ratecard._cli._output import Exit, Note, Result, Table, say
from ratecard._money import usd_micros_of
from ratecard._quote.quote import duration_text
from ratecard_rules import counted, option_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from ratecard import Catalog, Offer, Offers
    from ratecard._cli._output import Part, Row
    from ratecard_rules import Problem

_NO_OFFER = "no model can do what is wanted"
_MOST_REASONS = 3


def _amount(text: str) -> str:
    usd_micros_of(text)  # raises ValueError for anything but plain dollars
    return text


@command(
    "ratecard find --capability image-to-video --with duration=10 --sound",
    "ratecard find kling --max-usd 0.50 --sort time --all",
)
@takes_candidates
@click.option(
    "--with",
    "wanted",
    metavar="KEY=TEXT",
    multiple=True,
    callback=parsed_by(_input.pairs),
    shell_complete=complete_wanted,
    help="The wanted value of a field, such as duration=10; may be repeated.",
)
@click.option("--sound/--no-sound", default=None, help="Only models whose output has sound, or has none.")
@click.option("--max-usd", metavar="AMOUNT", callback=parsed_by(_amount), help="The highest price of a request.")
@click.option(
    "--sort", type=click.Choice(("price", "time", "name")), default="price", help="The order; by price by default."
)
@click.option("--all", "every", is_flag=True, help="Also list the other models, with the reasons.")
@answers()
@catalog_options
def find(text: str, *, wanted: dict[str, Any], every: bool, **criteria: Any) -> Result:
    """Find the models that can do what is wanted, and their prices.

    TEXT filters by slug, name, provider and capability. Each model is listed with its cheapest options and the next
    better one. Models whose page does not state what is wanted are counted, but never ranked. If no model can do it,
    the command exits with 4.
    """
    try:
        offers = find_offers(text, options=wanted, **criteria)
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    if offers:
        return Result(offers.to_dict, lambda: _offer_lines(offers, every=every), records="offers")
    message = _NO_OFFER if offers.not_stated or offers.cannot else NO_MATCH
    say([(message, "red")], err=True)
    document = {"ok": False, "code": "no_offer", "message": message}
    return Result(lambda: document | offers.to_dict(), lambda: _offer_lines(offers, every=every), exit=Exit.NOT_PRICED)


def _offer_lines(offers: Offers, *, every: bool) -> Iterator[Part]:
    """Yield the offers, and the other models with the reasons, or how many there are."""
    header = ("model", "price", "options", "time", "next better")
    yield Table(header, tuple(map(_offer_row, offers)), spare=header[:1:-1])
    for offer in offers:
        changes = (assumption.says for assumption in offer.quote.assumptions if assumption.about == "at")
        yield from (Note(f"{offer.model}: ", says, "yellow") for says in changes)
    groups = {"not stated": offers.not_stated, "cannot": offers.cannot}
    if every:
        rows = tuple((other.model, group, other.reason) for group, others in groups.items() for other in others)
        yield Table(("model", "group", "reason"), rows, "other models", spare=("reason", "group"))
        return
    for group, others in groups.items():
        if others:
            yield f"{group}: {counted(len(others), 'model')} (--all shows the reasons)"
        if not offers:
            for reason, number in Counter(other.reason for other in others).most_common(_MOST_REASONS):
                yield Note(f"  {counted(number, 'model')}: ", reason)


def _offer_row(offer: Offer) -> Row:
    options = ", ".join(f"{name} {option_text(value)}" for name, value in offer.options.items())
    seconds = offer.quote.typical_seconds
    time = "" if seconds is None else duration_text(seconds)
    better = str(offer.next_better[0]) if offer.next_better else ""
    return offer.model, offer.quote.usd_micros, options, time, better


@command(
    "ratecard price kling-plus/kling-o3-standard/image-to-video duration=10 has_sound=true",
    "ratecard price kling-plus/kling-o3-standard/image-to-video --count 300",
)
@click.argument("model", shell_complete=complete_model)
@fields_argument
@measured_option
@count_option
@budget_option("Exit with 5 if the total exceeds AMOUNT.")
@answers()
@catalog_options
def price(
    model: str,
    *,
    fields: dict[str, Any],
    measured: dict[str, object],
    catalog: Catalog,
    count: int | None,
    max_usd: Fraction | None,
) -> Result:
    """Price options without a complete request.

    KEY=TEXT sets a field to text, KEY:=JSON to any JSON value. Fields that are left out have their defaults. Below the
    price are the fields that a request still needs.
    """

    def answer(entry: Entry) -> Answer:
        try:
            return Answer(entry, price=price_of(model, fields, catalog=catalog, measured=measured), count=count)
        except (InvalidRequest, NotPriced) as error:
            return Answer(entry, error.report, refusal=error)

    requests = Requests([Entry({"model": model, "input": fields})])
    batch = Batch(requests=requests, answer=answer, kind=QUOTE, catalog=catalog, count=count, max_usd=max_usd)

    def missing() -> Iterable[Problem]:
        return () if batch.exit else missing_fields(model, fields, catalog=catalog)

    def text() -> Iterator[Part]:
        yield from batch.prices()
        yield from _missing_lines(missing())

    result = batch.result(text)
    return evolve(result, data=lambda: dict(result.data()) | {"missing": [problem.to_dict() for problem in missing()]})


def _missing_lines(missing: Iterable[Problem]) -> Iterator[Note]:
    """Yield what a request still needs, and what it probably needs."""
    for severity, title in (("error", "still missing for a request"), ("warning", "probably missing too")):
        names = [_missing_name(problem) for problem in missing if problem.severity == severity]
        if names:
            yield Note(f"{title}: ", ", ".join(names), "yellow")


def _missing_name(problem: Problem) -> str:
    if problem.code == "missing_one_of":
        return " or ".join(map(str, problem.allowed or ()))
    return problem.pointer.rpartition("/")[2]
