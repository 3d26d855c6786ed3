"""The commands that talk to the API: `submit`, `job`, `cancel` and `jobs`.

What they do is in `_job_actions`, which is imported when one of them runs: no other command needs the submitter. There
is no option for the key: it would stay in the history of the shell, and in every list of processes.
"""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ratecard._api import BASE_URL, JOB_STATUSES
from ratecard._cli import _output
from ratecard._cli._options import (
    budget,
    command,
    json_option,
    measured_option,
    parsed_by,
    strict_option,
    tables_option,
    takes_requests,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from ratecard._cli._input import Requests
    from ratecard._cli._job_actions import ApiCommand

MAX_WAIT = 7 * 24 * 3600
"""The maximum of `--timeout`, in seconds."""

_DEFAULT_WAIT = 3600
_DEFAULT_LIMIT = 20


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


def _api_command(action: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that talks to the API; `action` gets the `ApiCommand` as its first argument.

    The object of click's context may hold further arguments of the client, for tests.
    """

    @wraps(action)
    def run(client_options: dict[str, Any] | None, /, *requests: Requests, **options: Any) -> None:
        from ratecard._cli._job_actions import ApiCommand

        _output.outlive_connections()
        api = ApiCommand(options.pop("base_url"), as_json=options.pop("as_json"), client_options=client_options or {})
        api.run(lambda: action(api, *requests, **options))

    return json_option(_base_url_option(click.pass_obj(run)))


_base_url_option = click.option(
    "--base-url",
    metavar="URL",
    default=BASE_URL,
    callback=parsed_by(_base_url),
    envvar="RATECARD_BASE_URL",
    help="The address of the API, such as that of `ratecard fake-api`. [env: RATECARD_BASE_URL]",
)
_job_argument = click.argument("job_id", metavar="JOB", callback=parsed_by(_job_id))


def _wait_options(action: Callable[..., None]) -> Callable[..., None]:
    """Add `--wait` and `--timeout`; `action` gets how long to wait as `wait_seconds`, None for not at all."""

    @wraps(action)
    def run(*args: Any, wait: bool, timeout: int | None, **options: Any) -> None:
        if timeout is not None and not wait:
            raise click.UsageError("--timeout needs --wait")
        action(*args, wait_seconds=(timeout or _DEFAULT_WAIT) if wait else None, **options)

    text = f"The longest time to wait; {_DEFAULT_WAIT:,} by default."
    timeout_option = click.option("--timeout", metavar="SECONDS", type=click.IntRange(1, MAX_WAIT), help=text)
    wait_option = click.option("--wait", is_flag=True, help="Wait until the job ends, and show its result.")
    return wait_option(timeout_option(run))


@command(
    'ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --dry-run',
    "ratecard submit -f request.json --max-usd 1 --wait",
)
@takes_requests
@strict_option
@measured_option
@click.option("--max-usd", metavar="AMOUNT", callback=budget, help="Exit with 5 and send nothing if it costs more.")
@click.option("--dry-run", is_flag=True, help="Print the HTTP request and the quote, and send nothing; needs no key.")
@click.option("-y", "--yes", is_flag=True, help="Submit without confirmation.")
@tables_option
@_api_command
@_wait_options
def submit(
    api: ApiCommand,
    requests: Requests,
    *,
    max_usd: Fraction | None,
    dry_run: bool,
    yes: bool,
    **options: Any,
) -> None:
    """Submit one request, once, at the quoted price.

    Shows the price and asks for confirmation before it spends anything; if stdin is not a terminal, it needs --yes. The
    key is read from the environment variable PIXELBYTE_API_KEY.

    A submission whose outcome is unknown is never repeated: the command exits with 7, says when the request was sent,
    and lists the jobs that may have come of it.
    """
    if len(requests.entries) != 1:
        raise click.UsageError(f"submit takes one request, not {len(requests.entries)}")
    if not (dry_run or yes or can_ask()):
        raise click.UsageError("stdin is not a terminal; pass --yes to submit without confirmation")
    api.submit(requests.entries[0], max_micros=max_usd, dry_run=dry_run, confirm=not yes, **options)


@command("ratecard job job_1", "ratecard job job_1 --wait --timeout 600")
@_job_argument
@_api_command
@_wait_options
def job(api: ApiCommand, *, job_id: str, wait_seconds: int | None) -> None:
    """Show a job, or wait for it.

    With --wait, it exits with 8 if JOB failed or was cancelled, and with 10 if it is still running after the time-out.
    """
    api.job(job_id, wait_seconds)


@command("ratecard cancel job_1")
@_job_argument
@_api_command
def cancel(api: ApiCommand, *, job_id: str) -> None:
    """Cancel a pending job, and show the refund."""
    api.cancel(job_id)


@command("ratecard jobs --status failed", "ratecard jobs --limit 100 --json")
@click.option("--status", type=click.Choice(JOB_STATUSES), help="Only jobs with this status.")
@click.option("--model", metavar="MODEL", help="Only jobs of this model.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=_DEFAULT_LIMIT, show_default=True, help="The most jobs to list."
)
@_api_command
def jobs(api: ApiCommand, *, status: str | None, model: str | None, limit: int) -> None:
    """List jobs, newest first."""
    api.jobs(status=status, model=model, limit=limit)
