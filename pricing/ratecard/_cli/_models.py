"""The commands about models: `models`, `show` and `sheet`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ratecard import NotPriced, UnknownModel, price_sheet
from ratecard._cli import _format_tables as tables
from ratecard._cli._options import TABLE_FORMATS, answers, catalog_options, command
from ratecard._cli._output import Exit, Result, say, stop

if TYPE_CHECKING:
    from ratecard import Catalog
    from ratecard_rules import Model


@command("ratecard models kling", "ratecard models --capability text-to-video --json")
@click.argument("text", required=False, default="")
@click.option("--provider", metavar="P", help="Only list models of this provider.")
@click.option("--capability", metavar="C", help="Only list models with this capability.")
@click.option(
    "--uncertain", is_flag=True, help="List the rules that are assumed or taken from the page of a similar model."
)
@answers(*TABLE_FORMATS)
@catalog_options
def models(text: str, *, provider: str | None, capability: str | None, catalog: Catalog, uncertain: bool) -> Result:
    """List models and their prices.

    TEXT filters by slug and name. The prices are those of the cheapest and the most expensive options.
    """
    listed = [
        model
        for model in catalog
        if any(text.casefold() in name.casefold() for name in (model.model, model.name))
        and _same(provider, model.provider)
        and _same(capability, model.capability)
    ]
    if not listed:
        say([("no models match; run `ratecard models` to list them all", "yellow")], err=True)
    if uncertain:
        rules = tables.uncertain(listed, catalog)
        return Result(lambda: tables.uncertain_data(rules), lambda: [tables.uncertain_table(rules)])
    return Result(lambda: tables.models_data(listed, catalog), lambda: [tables.models_table(listed, catalog)])


def _same(wanted: str | None, name: str) -> bool:
    return wanted is None or wanted.casefold() == name.casefold()


def _model(slug: str, catalog: Catalog) -> Model:
    try:
        return catalog[slug]
    except UnknownModel as error:
        stop(Exit.INVALID, str(error), code="unknown_model")


@command("ratecard show kling-plus/kling-o3-standard/image-to-video")
@click.argument("slug", metavar="MODEL")
@answers()
@catalog_options
def show(slug: str, *, catalog: Catalog) -> Result:
    """Show the fields, prices and sources of a model.

    Includes the evidence for each rule, and where and when it was read.
    """
    model = _model(slug, catalog)
    return Result(lambda: tables.show_data(model, catalog), lambda: tables.show_tables(model, catalog))


@command("ratecard sheet kling/kling-text2video-v25/text-to-video --format csv > prices.csv")
@click.argument("slug", metavar="MODEL")
@answers(*TABLE_FORMATS)
@catalog_options
def sheet(slug: str, *, catalog: Catalog) -> Result:
    """Print all prices of a model.

    Prints a row for each combination of the options that the price of MODEL depends on.
    """
    model = _model(slug, catalog)
    try:
        quotes = price_sheet(slug, catalog=catalog)
    except NotPriced as error:
        stop(Exit.NOT_PRICED, error.message, code=error.code)
    return Result(
        lambda: tables.sheet_data(model, quotes, catalog),
        lambda: [tables.sheet_table(model, quotes)],
        notes=[(doubt, "yellow") for doubt in tables.doubts(quotes)],
    )
