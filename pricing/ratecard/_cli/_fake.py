"""The command `fake-api`: the fake API as a server on this machine, to try the other commands without spending."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ratecard._api import KEY_VARIABLE
from ratecard._cli import _output
from ratecard._cli._answers import Exit
from ratecard._cli._options import command, tables_option
from ratecard._cli._signals import guarded
from ratecard._money import usd_shown

if TYPE_CHECKING:
    from ratecard import Catalog
    from ratecard.testing import FakeAnswer, FakeApi, FakeRequest

KEY = "pb_test"
"""The key that it accepts; not a secret."""

_MAX_SECONDS = 10**9
_MAX_PORT = 65_535
_FIRST_ERROR = 400
_LOOK_SECONDS = 0.25


@command("ratecard fake-api --port 8000", "ratecard fake-api --balance-usd 1 --seconds-processing 10")
@click.option(
    "--port", type=click.IntRange(0, _MAX_PORT), default=0, help="The port to listen on; a free one by default."
)
@click.option("--balance-usd", metavar="AMOUNT", default="100.00", show_default=True, help="The balance at the start.")
@click.option(
    "--seconds-pending",
    metavar="N",
    type=click.IntRange(0, _MAX_SECONDS),
    default=5,
    show_default=True,
    help="How long a job is pending.",
)
@click.option(
    "--seconds-processing",
    metavar="N",
    type=click.IntRange(0, _MAX_SECONDS),
    help="How long a job is processing; the typical time of its model by default.",
)
@tables_option
def fake_api(port: int, *, tables: Catalog, **options: Any) -> None:
    """Run a fake API on this machine.

    It validates and prices with the same tables, keeps jobs and a balance, moves jobs through their states and refunds
    them. Nothing is generated, and nothing costs money. The first line on stdout is its address. Ctrl-C stops it and
    prints the balance.
    """
    from ratecard.testing import FakeApi

    try:
        api = FakeApi(catalog=tables, now=datetime.now(UTC), clock=time.monotonic, keys=KEY, **options)
    except ValueError as error:
        raise click.UsageError(f"--balance-usd: {error}") from None
    _output.outlive_connections()
    with suppress(KeyboardInterrupt), guarded() as guard, ExitStack() as stack:
        try:
            address = stack.enter_context(api.serve(port, on_request=_log))
        except ImportError as error:
            _output.stop(Exit.FAILURE, str(error))
        except OSError as error:
            _output.stop(Exit.USAGE, f"cannot listen on port {port}: {error.strerror}")
        _introduce(address)
        guard.arm()
        while True:
            time.sleep(_LOOK_SECONDS)  # a signal that arrives just before a wait begins does not end that wait
    _output.say([(_books(api), "")])


def _introduce(address: str) -> None:
    _output.say([(address, "bold green")])
    lines = (
        "nothing here costs money; Ctrl-C stops it; in another terminal:",
        f"  export {KEY_VARIABLE}={KEY} RATECARD_BASE_URL={address}",
        '  ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --wait',
    )
    _output.say(((line, "") for line in lines), err=True)


def _log(request: FakeRequest, answer: FakeAnswer) -> None:
    """Write one line for a request, without its headers and the key in them."""
    is_error = answer.status >= _FIRST_ERROR
    line = f"{request.method} {request.target}  {answer.status}"
    with suppress(OSError):  # whoever read standard error may be gone
        _output.say([(f"{line} {answer.data['error']['code']}", "yellow") if is_error else (line, "")], err=True)


def _books(api: FakeApi) -> str:
    amounts = {"charged": api.charged_micros, "refunded": api.refunded_micros, "balance": api.balance_micros}
    parts = (f"{name} {usd_shown(micros)}" for name, micros in amounts.items())
    return ", ".join([_output.counted(len(api.jobs), "job"), *parts])
