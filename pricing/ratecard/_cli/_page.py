"""The command `page`, which writes the price list as a web page."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratecard._cli._options import answers, catalog_options, command
from ratecard._cli._output import Result, writing, written
from ratecard._page.render import llms_text, page_html
from ratecard._replace import replacing

if TYPE_CHECKING:
    from ratecard import Catalog

_LLMS = "llms.txt"


@command("ratecard page", "ratecard page -o public/prices.html --tables prices.toml --at 2027-01-01")
@click.option(
    "-o", "--output", metavar="FILE", default="ratecard.html", help="The file to write; ratecard.html by default."
)
@answers()
@catalog_options
def page(output: str, *, catalog: Catalog) -> Result:
    """Write the price list as one HTML file that works offline.

    The page finds, compares and prices models in the browser. It looks prices up and never computes them. A file
    llms.txt with the same prices, for language models, is written beside it.
    """
    file = Path(output)
    if file.name in {"", _LLMS}:
        raise click.UsageError(f"cannot write the page to {output}: give a file name other than {_LLMS}")
    if catalog.instant is None and any(model.is_dated for model in catalog):
        catalog = catalog.at(datetime.now(UTC))  # the page says which instant its prices are for
    texts = {file: page_html(catalog), file.with_name(_LLMS): llms_text(catalog)}
    with writing(output), ExitStack() as stack:  # all take the place of others when the last one is complete
        for name, text in reversed(texts.items()):  # the first is renamed first
            stack.enter_context(replacing(name)).write(text.encode())
    return written(texts)
