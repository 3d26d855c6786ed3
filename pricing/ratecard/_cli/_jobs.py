"""The commands that talk to the API: `submit`, `job`, `cancel` and `jobs`.

What they do stands in `_sending`, which is imported when one of them runs, and httpx with it: no other command needs
either. There is no option for the key: it would stay in the history of the shell, and in every list of processes.
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
    from ratecard._cli._sending import Session

LONGEST_WAIT = 7 * 24 * 3600
"""So many seconds `--timeout` may ask for at most."""

_DEFAULT_WAIT = 3600
_DEFAULT_LIMIT = 20


def _someone_is_there() -> bool:
    return sys.stdin.isatty()


@frozen
class Surroundings:
    """What comes from the machine: whether someone can be asked, and further arguments of the client (its clocks…)."""

    can_ask: Callable[[], bool] = _someone_is_there
    client: Mapping[str, Any] = field(factory=dict)


_in_surroundings = click.make_pass_decorator(Surroundings, ensure=True)


def _base_url(_: click.Context, __: click.Parameter, address: str) -> str:
    from ratecard.submit._wire import checked_base_url

    try:
        return checked_base_url(address)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _job_id(_: click.Context, __: click.Parameter, text: str) -> str:
    from ratecard.submit._wire import is_job_id

    if not is_job_id(text):
        raise click.BadParameter("not the name of a job")
    return text


def _talks(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every command has that talks to the API; `command` gets its session as its first argument."""

    @wraps(command)
    def run(  # whatever else the command declares
        surroundings: Surroundings,
        /,
        *asked: Requests,
        base_url: str,
        as_json: bool,
        **options: Any,
    ) -> None:
        from ratecard._cli._sending import Session

        _output.outlive_connections()
        command(Session(surroundings=surroundings, base_url=base_url, as_json=as_json), *asked, **options)

    return json_option(_base_url_option(_in_surroundings(run)))


_base_url_option = click.option(
    "--base-url",
    metavar="URL",
    default=BASE_URL,
    callback=_base_url,
    envvar="RATECARD_BASE_URL",
    help="Talk to this address, such as that of `ratecard fake-api`. [env: RATECARD_BASE_URL]",
)
_job_argument = click.argument("job_id", metavar="JOB", callback=_job_id)
_wait_option = click.option("--wait", is_flag=True, help="Wait until the job ends, and show its result.")
_timeout_option = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(1, LONGEST_WAIT),
    help=f"Wait at most so long; {_DEFAULT_WAIT:,} if left out.",
)


def _seconds(*, wait: bool, timeout: int | None) -> int | None:
    """Return how long to wait; None for not at all."""
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait")
    return (timeout or _DEFAULT_WAIT) if wait else None


@takes_requests
@strict_option
@measured_option
@click.option("--max-usd", metavar="AMOUNT", callback=budget, help="Send nothing and exit with 5 if it costs more.")
@click.option("--dry-run", is_flag=True, help="Print the HTTP request and the quote, and send nothing; needs no key.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before spending.")
@_wait_option
@_timeout_option
@tables_option
@_talks
def submit(
    session: Session,
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
    """Submit one request, once, at the price that was quoted.

    Shows the price and asks before it spends anything; without a terminal to ask on, it needs --yes. The key is taken
    from the environment variable PIXELBYTE_API_KEY alone: an option would stay in the shell's history and in lists of
    processes.

    A submission after which nobody knows whether a job was created is never repeated: it exits with 7, says since
    when, and lists the jobs that may be it.
    """
    from ratecard._cli import _sending

    if len(requests.entries) != 1:
        raise click.UsageError(f"submit takes one request, not {len(requests.entries)}")
    seconds = _seconds(wait=wait, timeout=timeout)
    if not (yes or dry_run or session.surroundings.can_ask()):
        raise click.UsageError("nobody can be asked: standard input is no terminal; --yes spends without a question")
    order = _sending.Order(
        entry=requests.entries[0], tables=tables, strict=strict, measured=measured, max_micros=max_usd
    )
    if dry_run:
        _sending.rehearse(session, order)
    _sending.submit(session, order, ask=not yes, wait_seconds=seconds)


@_job_argument
@_wait_option
@_timeout_option
@_talks
def job(session: Session, *, job_id: str, wait: bool, timeout: int | None) -> None:
    """Show a job, or wait for it.

    With --wait it exits with 8 where JOB failed or was cancelled, and with 10 where it goes on after the time-out.
    """
    from ratecard._cli import _sending

    _sending.job(session, job_id, _seconds(wait=wait, timeout=timeout))


@_job_argument
@_talks
def cancel(session: Session, *, job_id: str) -> None:
    """Cancel a job that is still pending.

    Shows what is refunded.
    """
    from ratecard._cli import _sending

    _sending.cancel(session, job_id)


@click.option("--status", type=click.Choice(JOB_STATUSES), help="Only the jobs in this state.")
@click.option("--model", metavar="MODEL", help="Only the jobs of this model.")
@click.option("--limit", type=click.IntRange(min=1), default=_DEFAULT_LIMIT, show_default=True, help="At most so many.")
@_talks
def jobs(session: Session, *, status: str | None, model: str | None, limit: int) -> None:
    """List the jobs of the key."""
    from ratecard._cli import _sending

    _sending.jobs(session, status=status, model=model, limit=limit)


COMMANDS: dict[Callable[..., None], str] = {
    submit: """\b
Examples:
  ratecard submit kling/kling-text2video-v25/text-to-video prompt="a cat in the snow" --dry-run
  ratecard submit -f request.json --max-usd 1 --wait""",
    job: "\b\nExamples:\n  ratecard job job_1\n  ratecard job job_1 --wait --timeout 600",
    cancel: "\b\nExample:\n  ratecard cancel job_1",
    jobs: "\b\nExamples:\n  ratecard jobs --status failed\n  ratecard jobs --limit 100 --json",
}
"""Each command and the end of its help."""
