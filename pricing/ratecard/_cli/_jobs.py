"""The commands that talk to the API, and `fake-api`, which serves a fake of it.

What they do is in `_job_actions`, which is imported when one of them runs: no other command needs the submitter. There
is no option for the key: it would stay in the history of the shell, and in every list of processes.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ratecard._api import BASE_URL, JOB_STATUSES, KEY_VARIABLE
from ratecard._cli import _output
from ratecard._cli._completion import complete_model
from ratecard._cli._options import (
    budget_option,
    command,
    json_option,
    measured_option,
    parsed_by,
    tables_option,
    takes_requests,
)
from ratecard._cli._output import Exit
from ratecard._cli._signals import guarded
from ratecard._money import usd_shown
from ratecard_rules import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard import Catalog
    from ratecard._cli._format_jobs import Section
    from ratecard._cli._input import Requests
    from ratecard._cli._job_actions import ApiCommand
    from ratecard.testing import FakeAnswer, FakeRequest

FAKE_KEY = "pb_test"
"""The key that the fake accepts; not a secret."""

_DEFAULT_WAIT = 3600
_MAX_WAIT = 7 * 24 * 3600
_DEFAULT_LIMIT = 20
_SECONDS = click.IntRange(0, 10**9)
_MAX_PORT = 65_535
_FIRST_ERROR = 400
_LOOK_SECONDS = 0.25


def can_ask() -> bool:
    """Return whether a question can be answered."""
    return sys.stdin.isatty()


def _base_url(address: str) -> str:
    from ratecard.submit import checked_base_url

    return checked_base_url(address)


def _job_id(text: str) -> str:
    from ratecard.submit import is_job_id

    if not is_job_id(text):
        raise ValueError("not a job ID")
    return text


def _timeout(context: click.Context, _: click.Parameter, seconds: int | None) -> int:
    if seconds is not None and not context.params["wait"]:
        raise click.UsageError("--timeout needs --wait")
    return seconds or _DEFAULT_WAIT


_base_url_option = click.option(
    "--base-url",
    metavar="URL",
    default=BASE_URL,
    callback=parsed_by(_base_url),
    envvar="RATECARD_BASE_URL",
    help="The address of the API, such as that of `ratecard fake-api`. [env: RATECARD_BASE_URL]",
)
_job_argument = click.argument("job_id", metavar="JOB", callback=parsed_by(_job_id))
_wait_option = click.option("--wait", is_flag=True, is_eager=True, help="Wait until the job ends, and show its result.")
_timeout_option = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(1, _MAX_WAIT),
    callback=_timeout,
    help=f"Maximum time to wait; {_DEFAULT_WAIT:,} by default.",
)


def _api_command(action: Callable[..., Iterator[Section]]) -> Callable[..., None]:
    """Add the options of every command that talks to the API, and write the answer.

    The command gets an `ApiCommand` as its first argument, and returns one of its actions. Tests pass further
    attributes of it as the object of click's context.
    """

    @wraps(action)
    def run(
        attributes: dict[str, Any] | None, /, *requests: Requests, base_url: str, as_json: bool, **options: Any
    ) -> NoReturn:
        from ratecard._cli._job_actions import ApiCommand

        _output.outlive_connections()
        api = ApiCommand(base_url, **(attributes or {}))
        api.run(action(api, *requests, **options), as_json=as_json)

    return json_option(_base_url_option(click.pass_obj(run)))


@command(
    'ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --dry-run',
    "ratecard submit request.json --max-usd 1 --wait",
    "ratecard submit request.json --yes --ledger spend.db --hold-key order-17",
)
@takes_requests
@measured_option
@budget_option("Exit with 5 and send nothing if it costs more.")
@click.option("--dry-run", is_flag=True, help="Print the HTTP request and the quote, and send nothing; needs no key.")
@click.option("-y", "--yes", is_flag=True, help="Submit without confirmation.")
@click.option(
    "--ledger",
    metavar="FILE",
    help="Hold the price in a ledger first, and send nothing if it is over the limit there; see `ratecard ledger`.",
)
@click.option("--hold-key", metavar="KEY", help="The name of this purchase in the ledger. It is sent at most once.")
@tables_option
@_wait_option
@_timeout_option
@_api_command
def submit(api: ApiCommand, requests: Requests, *, dry_run: bool, yes: bool, **options: Any) -> Iterator[Section]:
    """Submit one request, once, at the quoted price.

    Shows the price and asks for confirmation before it spends anything; if stdin is not a terminal, it needs --yes. The
    key is read from the environment variable PIXELBYTE_API_KEY.

    A submission whose outcome is unknown is never repeated: the command exits with 7, says when the request was sent,
    and lists the jobs that may have come of it.
    """
    entries = [*requests.entries]
    if len(entries) != 1:
        raise click.UsageError(f"submit takes one request, not {len(entries)}")
    if options["hold_key"] is not None and options["ledger"] is None:
        raise click.UsageError("--hold-key needs --ledger")
    if not (dry_run or yes or can_ask()):
        raise click.UsageError("stdin is not a terminal; pass --yes to submit without confirmation")
    return api.submit(entries[0], dry_run=dry_run, confirm=not yes, **options)


@command("ratecard job job_1", "ratecard job job_1 --wait --timeout 600")
@_job_argument
@_wait_option
@_timeout_option
@_api_command
def job(api: ApiCommand, *, job_id: str, wait: bool, timeout: int) -> Iterator[Section]:
    """Show a job, or wait for it.

    With --wait, it exits with 8 if JOB failed or was cancelled, and with 10 if it is still running after the timeout.
    """
    return api.job(job_id, wait=wait, timeout=timeout)


@command("ratecard cancel job_1")
@_job_argument
@_api_command
def cancel(api: ApiCommand, *, job_id: str) -> Iterator[Section]:
    """Cancel a pending job, and show the refund."""
    return api.cancel(job_id)


@command("ratecard jobs --status failed", "ratecard jobs --limit 100 --json")
@click.option("--status", type=click.Choice(JOB_STATUSES), help="Only jobs with this status.")
@click.option("--model", metavar="MODEL", shell_complete=complete_model, help="Only jobs of this model.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=_DEFAULT_LIMIT,
    show_default=True,
    help="Maximum number of jobs to list.",
)
@_api_command
def jobs(api: ApiCommand, *, status: str | None, model: str | None, limit: int) -> Iterator[Section]:
    """List jobs, newest first."""
    return api.jobs(status=status, model=model, limit=limit)


@command("ratecard fake-api --port 8000", "ratecard fake-api --balance-usd 1 --seconds-processing 10")
@click.option(
    "--port", type=click.IntRange(0, _MAX_PORT), default=0, help="The port to listen on; a free one by default."
)
@click.option("--balance-usd", metavar="AMOUNT", default="100.00", show_default=True, help="The balance at the start.")
@click.option(
    "--seconds-pending", metavar="N", type=_SECONDS, default=5, show_default=True, help="How long a job is pending."
)
@click.option(
    "--seconds-processing",
    metavar="N",
    type=_SECONDS,
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
        api = FakeApi(
            catalog=tables, now=datetime.now(UTC), clock=time.monotonic, key=FAKE_KEY, on_request=_log, **options
        )
    except ValueError as error:
        raise click.UsageError(f"--balance-usd: {error}") from None
    _output.outlive_connections()
    with suppress(KeyboardInterrupt), guarded(), ExitStack() as stack:
        try:
            address = stack.enter_context(api.serve(port))
        except ImportError as error:
            _output.stop(Exit.FAILURE, str(error))
        except OSError as error:
            _output.stop(Exit.USAGE, f"cannot listen on port {port}: {error.strerror}")
        _introduce(address)
        while True:
            time.sleep(_LOOK_SECONDS)  # a signal that arrives just before a wait begins does not end that wait
    amounts = {"charged": api.charged_micros, "refunded": api.refunded_micros, "balance": api.balance_micros}
    parts = (f"{name} {usd_shown(micros)}" for name, micros in amounts.items())
    _output.say([(", ".join([counted(len(api.jobs), "job"), *parts]), "")])


def _introduce(address: str) -> None:
    _output.say([(address, "bold green")])
    lines = (
        "nothing here costs money; Ctrl-C stops it; in another terminal:",
        f"  export {KEY_VARIABLE}={FAKE_KEY} RATECARD_BASE_URL={address}",
        '  ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --wait',
    )
    _output.say(((line, "") for line in lines), err=True)


def _log(request: FakeRequest, answer: FakeAnswer) -> None:
    """Write one line for a request, without its headers and the key in them."""
    code = f" {answer.data['error']['code']}" if answer.status >= _FIRST_ERROR else ""
    _output.say([(f"{request.method} {request.target}  {answer.status}{code}", "yellow" if code else "")], err=True)
