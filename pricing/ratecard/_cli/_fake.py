"""The command `fake-api`: the fake of the API as a server on this machine, to try the others without spending."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ratecard._api import KEY_VARIABLE
from ratecard._cli import _output
from ratecard._cli._answers import Exit
from ratecard._cli._options import tables_option
from ratecard._money import usd_shown

if TYPE_CHECKING:
    from ratecard import Catalog
    from ratecard.testing import FakeAnswer, FakeApi, FakeRequest

KEY = "pb_test"
"""The key that it takes; no secret."""

EXAMPLES = "\b\nExamples:\n  ratecard fake-api --port 8000\n  ratecard fake-api --balance-usd 1 --seconds-processing 10"

_MOST_SECONDS = 10**9
_LAST_PORT = 65_535
_FIRST_ERROR = 400


@click.option("--port", type=click.IntRange(0, _LAST_PORT), default=0, help="Where to listen; a free port if left out.")
@click.option("--balance-usd", metavar="AMOUNT", default="100.00", show_default=True, help="The balance at the start.")
@click.option(
    "--seconds-pending",
    metavar="N",
    type=click.IntRange(0, _MOST_SECONDS),
    default=5,
    show_default=True,
    help="So long a job is pending.",
)
@click.option(
    "--seconds-processing",
    metavar="N",
    type=click.IntRange(0, _MOST_SECONDS),
    help="So long it is processing; what is typical of its model if left out.",
)
@tables_option
def fake_api(
    port: int, balance_usd: str, seconds_pending: int, seconds_processing: int | None, *, tables: Catalog
) -> None:
    """Run a fake of the API on this machine.

    It validates and prices by the same tables, keeps jobs and a balance, moves jobs through their states and refunds
    them. Nothing is generated, and nothing costs money. The first line on standard output is its address; Ctrl-C ends
    it with its books.
    """
    from ratecard.testing import FakeApi

    try:
        api = FakeApi(
            balance_usd=balance_usd,
            catalog=tables,
            now=datetime.now(UTC),
            clock=time.monotonic,
            seconds_pending=seconds_pending,
            seconds_processing=seconds_processing,
            keys=KEY,
        )
    except ValueError as error:
        raise click.UsageError(f"--balance-usd: {error}") from None
    _output.outlive_connections()
    try:
        api.run(port, on_start=_introduce, on_request=_log)
    except OSError as error:
        _output.stop(Exit.USAGE, f"cannot listen on port {port}: {error.strerror}")
    _output.say([(_books(api), "")])


def _introduce(address: str) -> None:
    _output.say([(address, "bold green")])
    told = (
        "nothing here costs money; Ctrl-C ends it; in another terminal:",
        f"  export {KEY_VARIABLE}={KEY} RATECARD_BASE_URL={address}",
        '  ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --wait',
    )
    _output.say(((line, "") for line in told), err=True)


def _log(request: FakeRequest, answer: FakeAnswer) -> None:
    """Tell one line of a request; its headers, and the key in them, are none of it."""
    failed = answer.status >= _FIRST_ERROR
    said = f"{request.method} {request.target}  {answer.status}"
    _output.say([(f"{said} {answer.data['error']['code']}", "yellow") if failed else (said, "")], err=True)


def _books(api: FakeApi) -> str:
    count = len(api.jobs)
    amounts = {"charged": api.charged_micros, "refunded": api.refunded_micros, "balance": api.balance_micros}
    told = (f"{name} {usd_shown(micros)}" for name, micros in amounts.items())
    return ", ".join([f"{count} job{'' if count == 1 else 's'}", *told])


COMMANDS = {fake_api: EXAMPLES}
