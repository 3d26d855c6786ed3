"""The command `ledger`: the spending limit that `submit --ledger` holds prices against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import asdict
from attrs.filters import include

from ratecard import Ledger, LedgerError
from ratecard._cli._options import answers, command
from ratecard._cli._output import Exit, Result, Table, stop
from ratecard._money import usd_text, whole_usd_micros

if TYPE_CHECKING:
    from ratecard import Hold

_SHOWN = include("key", "state", "model", "held_micros", "created", "quote_digest")


@command(
    "ratecard ledger spend.db --limit-usd 50",
    "ratecard ledger spend.db --settle order-17 0.25",
    "ratecard ledger spend.db --release order-18",
)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False))
@click.option("--limit-usd", metavar="AMOUNT", help="Create FILE with this limit, or raise its limit.")
@click.option("--settle", metavar="KEY AMOUNT", nargs=2, help="End a hold with what was charged.")
@click.option("--release", metavar="KEY", help="End a hold that was not charged.")
@answers()
def ledger(file: str, limit_usd: str | None, settle: tuple[str, str] | None, release: str | None) -> Result:
    """Show a spending limit, what is held and settled, and the holds that have not ended.

    A hold that was sent stays until its outcome is known: settle it if its job was charged, release it if there is no
    such job.
    """
    try:
        books = _opened(file, limit_usd)
        if settle is not None:
            _held(books, settle[0]).settle(whole_usd_micros(settle[1]))
        if release is not None:
            _held(books, release).release()
        balance, holds = books.balance(), books.open_holds()
    except ValueError as error:  # LedgerError is one
        stop(Exit.USAGE, str(error), code="ledger_error")
    amounts = {name: getattr(balance, f"{name}_micros") for name in ("limit", "held", "settled", "available")}
    data = {
        **{f"{name}_micros": micros for name, micros in amounts.items()},
        **{f"{name}_usd": usd_text(micros) for name, micros in amounts.items()},
        "holds": [{**asdict(hold, filter=_SHOWN), "held_usd": usd_text(hold.held_micros)} for hold in holds],
    }
    rows = [(hold.key, hold.state, hold.held_micros, hold.model, hold.created.isoformat()) for hold in holds]
    table = Table(("key", "state", "price", "model", "created"), rows, spare=("created", "model"))
    return Result(lambda: data, lambda: [(f"of {balance}", "bold"), table], records="holds", table=lambda: table)


def _opened(file: str, limit_usd: str | None) -> Ledger:
    """Return a ledger, created or with a raised limit if one is given."""
    if limit_usd is None:
        return Ledger(file)
    try:
        return Ledger(file, limit_usd=limit_usd)
    except LedgerError:
        books = Ledger(file)
        books.raise_limit(limit_usd)
        return books


def _held(books: Ledger, key: str) -> Hold:
    hold = books.get(key)
    if hold is None:
        raise ValueError(f"{books.path} has no hold {key!r:.200}")
    return hold
