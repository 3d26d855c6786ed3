"""The commands about models: `models`, `show` and `sheet`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ratecard import NotPriced, UnknownModel, price_sheet
from ratecard._cli import _format_tables
from ratecard._cli._answers import Exit
from ratecard._cli._options import catalog_options, command, format_option, json_option
from ratecard._cli._output import FORMATS, say_json, show, stop, warn, write

if TYPE_CHECKING:
    from ratecard import Catalog
    from ratecard_rules import Model

_table_formats = format_option("table", "json", *FORMATS)


@command("ratecard models kling", "ratecard models --capability text-to-video --json")
@click.argument("text", required=False, default="")
@click.option("--provider", metavar="P", help="Only list models of this provider.")
@click.option("--capability", metavar="C", help="Only list models with this capability.")
@click.option(
    "--uncertain", is_flag=True, help="List the rules that are assumed or taken from the page of a similar model."
)
@_table_formats
@catalog_options
def models(
    text: str, *, provider: str | None, capability: str | None, catalog: Catalog, uncertain: bool, form: str
) -> None:
    """List models and their prices.

    TEXT filters by slug and name. The prices are those of the cheapest and the most expensive options.
    """
    listed = [
        model
        for model in catalog
        if any(text.casefold() in name.casefold() for name in (model.slug, model.name))
        and _same(provider, model.provider)
        and _same(capability, model.capability)
    ]
    if not listed:
        warn("no models match; run `ratecard models` to list them all")
    if uncertain:
        as_table, as_data = _format_tables.uncertain_table, _format_tables.uncertain_data
    else:
        as_table, as_data = _format_tables.models_table, _format_tables.models_data
    write(form, lambda: as_table(listed, catalog), lambda: as_data(listed, catalog))


def _same(wanted: str | None, name: str) -> bool:
    return wanted is None or wanted.casefold() == name.casefold()


def _model(slug: str, catalog: Catalog) -> Model:
    try:
        return catalog[slug]
    except UnknownModel as error:
        stop(Exit.INVALID, str(error), code="unknown_model")


@command("ratecard show kling-plus/kling-o3-standard/image-to-video", name="show")
@click.argument("model")
@json_option
@catalog_options
def show_(model: str, *, catalog: Catalog, as_json: bool) -> None:
    """Show the fields, prices and sources of a model.

    Includes the evidence for each rule, and where and when it was read.
    """
    table = _model(model, catalog)
    if as_json:
        say_json({"ok": True, **_format_tables.show_data(table, catalog)})
    else:
        show(*_format_tables.show_tables(table, catalog))


@command("ratecard sheet kling/kling-text2video-v25/text-to-video --format csv > prices.csv")
@click.argument("model")
@_table_formats
@catalog_options
def sheet(model: str, *, catalog: Catalog, form: str) -> None:
    """Print all prices of a model.

    Prints a row for each combination of the options that the price of MODEL depends on.
    """
    table = _model(model, catalog)
    try:
        quotes = price_sheet(model, catalog=catalog)
    except NotPriced as error:
        stop(Exit.NOT_PRICED, error.message, code=error.code)
    if form != "json":
        for doubt in _format_tables.doubts(quotes):
            warn(doubt)
    write(
        form,
        lambda: _format_tables.sheet_table(table, quotes),
        lambda: _format_tables.sheet_data(table, quotes, catalog),
    )
