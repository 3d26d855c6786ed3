"""The commands that talk to the API: `submit`, `job`, `cancel` and `jobs`.

What they do is in `_job_actions`, which is imported when one of them runs: no other command needs the submitter. There
is no option for the key: it would stay in the history of the shell, and in every list of processes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from attrs import field, frozen

from ratecard._api import BASE_URL, JOB_STATUSES
from ratecard._cli import _output
from ratecard._cli._options import budget, json_option, measured_option, strict_option, tables_option, takes_requests

if TYPE_CHECKING:
    from fractions import Fraction

    from ratecard import Catalog
    from ratecard._cli._input import Requests
    from ratecard._cli._job_actions import ApiCommand

MAX_WAIT = 7 * 24 * 3600
"""The maximum of `--timeout`, in seconds."""

_DEFAULT_WAIT = 3600
_DEFAULT_LIMIT = 20


def _stdin_is_terminal() -> bool:
    return sys.stdin.isatty()


@frozen
class CliContext:
    """What comes from the machine; tests replace it.

    Attributes:
        can_ask: Whether a question can be answered.
        client: Further arguments of the client, such as its clock.
    """

    can_ask: Callable[[], bool] = _stdin_is_terminal
    client: Mapping[str, Any] = field(factory=dict)


_with_context = click.make_pass_decorator(CliContext, ensure=True)


def _base_url(_: click.Context, __: click.Parameter, address: str) -> str:
    from ratecard.submit import checked_base_url

    try:
        return checked_base_url(address)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _job_id(_: click.Context, __: click.Parameter, text: str) -> str:
    from ratecard.submit import is_job_id

    if not is_job_id(text):
        raise click.BadParameter("not a job ID")
    return text


def _api_command(action: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that talks to the API; `action` gets the `ApiCommand` as its first argument."""

    @wraps(action)
    def run(context: CliContext, /, *requests: Requests, base_url: str, as_json: bool, **options: Any) -> None:
        from ratecard._cli._job_actions import ApiCommand

        _output.outlive_connections()
        api = ApiCommand(base_url=base_url, as_json=as_json, can_ask=context.can_ask, client_options=context.client)
        api.run(lambda: action(api, *requests, **options))

    return json_option(_base_url_option(_with_context(run)))


_base_url_option = click.option(
    "--base-url",
    metavar="URL",
    default=BASE_URL,
    callback=_base_url,
    envvar="RATECARD_BASE_URL",
    help="The address of the API, such as that of `ratecard fake-api`. [env: RATECARD_BASE_URL]",
)
_job_argument = click.argument("job_id", metavar="JOB", callback=_job_id)
_wait_option = click.option("--wait", is_flag=True, help="Wait until the job ends, and show its result.")
_timeout_option = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(1, MAX_WAIT),
    help=f"The longest time to wait; {_DEFAULT_WAIT:,} by default.",
)


def _seconds(*, wait: bool, timeout: int | None) -> int | None:
    """Return how long to wait; None for not at all."""
    if timeout is not None and not wait:
        raise click.UsageError("--timeout needs --wait")
    return (timeout or _DEFAULT_WAIT) if wait else None


@takes_requests
@strict_option
@measured_option
@click.option("--max-usd", metavar="AMOUNT", callback=budget, help="Exit with 5 and send nothing if it costs more.")
@click.option("--dry-run", is_flag=True, help="Print the HTTP request and the quote, and send nothing; needs no key.")
@click.option("-y", "--yes", is_flag=True, help="Submit without confirmation.")
@_wait_option
@_timeout_option
@tables_option
@_api_command
def submit(
    api: ApiCommand,
    requests: Requests,
    *,
    tables: Catalog,
    strict: bool,
    measured: dict[str, object],
    max_usd: Fraction | None,
    dry_run: bool,
    yes: bool,
    wait: bool,
    timeout: int | None,
) -> None:
    """Submit one request, once, at the quoted price.

    Shows the price and asks for confirmation before it spends anything; if stdin is not a terminal, it needs --yes. The
    key is read from the environment variable PIXELBYTE_API_KEY.

    A submission whose outcome is unknown is never repeated: the command exits with 7, says when the request was sent,
    and lists the jobs that may have come of it.
    """
    from ratecard._cli._job_actions import SubmitArgs

    if len(requests.entries) != 1:
        raise click.UsageError(f"submit takes one request, not {len(requests.entries)}")
    args = SubmitArgs(entry=requests.entries[0], tables=tables, strict=strict, measured=measured, max_micros=max_usd)
    seconds = _seconds(wait=wait, timeout=timeout)
    if dry_run:
        api.dry_run(args)
        return
    if not (yes or api.can_ask()):
        raise click.UsageError("stdin is not a terminal; pass --yes to submit without confirmation")
    api.submit(args, confirm=not yes, wait_seconds=seconds)


@_job_argument
@_wait_option
@_timeout_option
@_api_command
def job(api: ApiCommand, *, job_id: str, wait: bool, timeout: int | None) -> None:
    """Show a job, or wait for it.

    With --wait, it exits with 8 if JOB failed or was cancelled, and with 10 if it is still running after the time-out.
    """
    api.job(job_id, _seconds(wait=wait, timeout=timeout))


@_job_argument
@_api_command
def cancel(api: ApiCommand, *, job_id: str) -> None:
    """Cancel a pending job, and show the refund."""
    api.cancel(job_id)


@click.option("--status", type=click.Choice(JOB_STATUSES), help="Only jobs with this status.")
@click.option("--model", metavar="MODEL", help="Only jobs of this model.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=_DEFAULT_LIMIT, show_default=True, help="The most jobs to list."
)
@_api_command
def jobs(api: ApiCommand, *, status: str | None, model: str | None, limit: int) -> None:
    """List jobs, newest first."""
    api.jobs(status=status, model=model, limit=limit)


COMMANDS: dict[Callable[..., None], str] = {
    submit: """\b
Examples:
  ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --dry-run
  ratecard submit -f request.json --max-usd 1 --wait""",
    job: "\b\nExamples:\n  ratecard job job_1\n  ratecard job job_1 --wait --timeout 600",
    cancel: "\b\nExample:\n  ratecard cancel job_1",
    jobs: "\b\nExamples:\n  ratecard jobs --status failed\n  ratecard jobs --limit 100 --json",
}
"""Each command, and the end of its help."""
