"""What the commands of the API do: plan, ask, submit once, name the job, wait.

Rule 1  Nothing is spent that was not shown: what is sent is the plan whose price was shown.
Rule 2  One line on standard error says what is sent before it is sent, and the name of a created job is written before
        anything else happens. A stream that cannot be written to does not keep the other one from being used.
Rule 3  Every end has one exit code and, with --json, one JSON document. "Nothing was sent" is said if that is certain.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

import click
from attrs import define, field, frozen

from ratecard import Catalog, InvalidRequest, NotPriced, Report, validate
from ratecard._api import BASE_URL, KEY_VARIABLE
from ratecard._cli import _answers, _format_jobs, _output
from ratecard._cli._answers import Answer, Exit
from ratecard._cli._format_jobs import Failure, failure_of, wait_command
from ratecard._cli._input import BadJson, Entry
from ratecard._cli._signals import Guard, guarded
from ratecard._money import usd_shown
from ratecard._quote.quote import duration_text
from ratecard.submit import (
    ApiError,
    Attempt,
    BadKey,
    JobEnded,
    QuoteChanged,
    Receipt,
    SubmissionUncertain,
    UnreadableCharge,
    plan,
)
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ratecard import Quote
    from ratecard._cli._output import Line
    from ratecard.submit import Client, Job, Plan


logging.getLogger("ratecard.submit").addHandler(logging.NullHandler())  # the commands report everything themselves


@frozen(kw_only=True)
class SubmitArgs:
    """What is to be submitted.

    Attributes:
        entry: The request.
        tables: The tables that price it.
        strict: Whether warnings about uncertain rules are errors.
        measured: What is measured instead of sent.
        max_micros: The most that it may cost, in millionths of a dollar.
    """

    entry: Entry
    tables: Catalog
    strict: bool
    measured: Mapping[str, object]
    max_micros: Fraction | None


def _interrupted(message: str, *hints: str) -> Failure:
    return Failure(exit=Exit.INTERRUPTED, code="interrupted", message=message, hints=hints)


_NOT_SENT = _interrupted("interrupted; nothing was sent")


@define(kw_only=True)
class ApiCommand:
    """One command that talks to the API.

    Attributes:
        base_url: The address of the API.
        as_json: Whether the answer is a JSON document.
        can_ask: Whether a question can be answered.
        client_options: Further arguments of the client.
    """

    base_url: str
    as_json: bool
    can_ask: Callable[[], bool]
    client_options: Mapping[str, Any]
    _data: dict[str, Any] = field(factory=dict, init=False)
    _failures: list[Failure] = field(factory=list, init=False)
    _output_failure: Failure | None = field(default=None, init=False)
    _interruption: Failure = field(default=_interrupted("interrupted"), init=False)
    _guard: Guard = field(factory=Guard, init=False)

    def run(self, action: Callable[[], None]) -> NoReturn:
        """Run one of the actions below, and exit as it ended."""
        trouble: ApiError | KeyboardInterrupt | None = None
        with guarded() as self._guard:
            try:
                try:
                    self._guard.arm()
                    action()
                except ApiError as error:
                    trouble = error
                self._guard.armed = False  # an interruption may still arrive on this line
            except KeyboardInterrupt as error:
                trouble = error
            self._guard.armed = False
            if isinstance(trouble, ApiError):
                self._fail(failure_of(trouble))
            elif trouble is not None:
                self._fail(self._interruption)
            self._end()

    def dry_run(self, args: SubmitArgs) -> None:
        """Show what would be sent, and what it would cost."""
        planned = self._plan(args)
        self._warn(args, planned)
        lines = [(line, "") for line in str(planned).split("\n")]
        data = {"dry_run": True, "request": _format_jobs.plan_data(planned), "quote": planned.quote.to_dict()}
        self._answer([*lines, ("", ""), *_answers.quote_lines(planned.quote)], **data)
        body = planned.body.decode()
        if not self.as_json and one_line(body) != body:
            self._tell(("some characters of the body are escaped here; --json has the exact body", "yellow"))
        self._is_over_budget(args, planned.quote)

    def submit(self, args: SubmitArgs, *, confirm: bool, wait_seconds: int | None) -> None:
        """Submit a request, and wait for its job if `wait_seconds` says how long."""
        self._interruption = _NOT_SENT
        planned = self._plan(args)
        self._warn(args, planned)
        if self._is_over_budget(args, planned.quote):
            return
        with self._client(args.tables) as client:
            if confirm and not self._confirm(args, planned):
                return
            created = self._send(client, planned)
            if created is not None and wait_seconds is not None:
                self._wait(client, created.job_id, wait_seconds, created.quoted.typical_seconds)

    def job(self, job_id: str, wait_seconds: int | None) -> None:
        """Show a job, or wait for it."""
        with self._client() as client:
            if wait_seconds is None:
                self._show(client.job(job_id))
            else:
                self._wait(client, job_id, wait_seconds, None)

    def cancel(self, job_id: str) -> None:
        """Cancel a job, and show what is refunded."""
        look = _format_jobs.command_line(self.base_url, "job", job_id)
        self._interruption = _interrupted(f"interrupted; the job may have been cancelled: {look}")
        with self._client() as client:
            cancelled = client.cancel(job_id)
        data = _format_jobs.cancellation_data(cancelled)
        self._answer(_format_jobs.cancellation_lines(cancelled), cancellation=data)

    def jobs(self, *, status: str | None, model: str | None, limit: int) -> None:
        """List jobs, as many as could be read, and say whether there are more."""
        listed: list[Job] = []
        with self._client() as client:
            try:
                for job in islice(client.jobs(status=status, model=model), limit + 1):
                    listed.append(job)  # noqa: PERF402  an error of a later page must not lose these
            finally:
                shown, more = listed[:limit], len(listed) > limit
                self._data.update(jobs=[_format_jobs.job_data(job) for job in shown], more=more)
                if not self.as_json:
                    self._write(lambda: _output.show(_format_jobs.jobs_table(shown)))
        if more:
            self._tell((f"there are more; --limit {limit} ends the list here", "yellow"))
        elif not listed:
            self._tell(("no such job", "yellow"))

    # What it says, and how it ends

    def _tell(self, *lines: Line) -> None:
        """Write lines to standard error, if it takes them."""
        with suppress(OSError):
            _output.say(lines, err=True)

    def _answer(self, lines: list[Line], **data: object) -> None:
        """Give a part of the answer: at once for people, at the end for programs."""
        self._data.update(data)
        if not self.as_json and not self._write(lambda: _output.say(lines)):
            self._tell(*lines)

    def _write(self, write: Callable[[], None]) -> bool:
        """Write to standard output, and return whether it took it."""
        try:
            write()
        except OSError as error:
            message = f"cannot write to stdout: {error.strerror}"
            self._output_failure = Failure(exit=Exit.FAILURE, code="output_failed", message=message)
            self._tell(*self._output_failure.lines())
            with suppress(OSError):  # Python would try again at its end, and change the exit code
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return False
        return True

    def _fail(self, failure: Failure) -> None:
        self._failures.append(failure)
        self._tell(*failure.lines())

    def _end(self) -> NoReturn:
        """Exit. Of several failures, that with the lowest exit code counts; a lost answer counts if it is alone."""
        worst = min(self._failures, key=lambda failure: failure.exit, default=None)
        if self.as_json:
            document = {"ok": worst is None, **(worst.to_dict() if worst else {}), **self._data}
            self._write(lambda: _output.say_json(document))
        last = worst or self._output_failure
        sys.exit(last.exit if last else Exit.OK)

    # Before anything is sent

    @contextmanager
    def _client(self, tables: Catalog | None = None) -> Iterator[Client]:
        """Yield a client. Ends the command if the extra or the key is missing."""
        options = {"base_url": self.base_url, "catalog": tables, "on_drift": "ignore", **self.client_options}
        try:
            from ratecard.submit import Client

            client = Client(**options)
        except ModuleNotFoundError as error:
            if error.name != "httpx2":
                raise
            self._fail(Failure(exit=Exit.FAILURE, code="missing_extra", message=str(error)))
            self._end()
        except BadKey as error:
            is_missing = not os.environ.get(KEY_VARIABLE, "").strip()
            message = f"no key: set the environment variable {KEY_VARIABLE}" if is_missing else str(error)
            self._fail(Failure(exit=Exit.USAGE, code="no_key" if is_missing else "bad_key", message=message))
            self._end()
        with client:
            yield client

    def _plan(self, args: SubmitArgs, *, expect: Quote | None = None) -> Plan:
        """Return what would be sent, at the prices of this instant. Ends the command if it is invalid or not priced."""
        source, request = args.entry.source, args.entry.request
        if isinstance(request, BadJson):
            self._decline(Answer(source, request))
        try:
            return plan(
                request,
                expect=expect,
                measured=args.measured,
                strict=args.strict,
                catalog=args.tables,
                at=self._now(),
                base_url=self.base_url,
            )
        except (InvalidRequest, NotPriced) as error:
            self._decline(_answers.declined(source, error))

    def _warn(self, args: SubmitArgs, planned: Plan) -> None:
        """Show the warnings of a request that rests on any; only then is it judged again."""
        doubts = any(assumption.about.startswith("/") for assumption in planned.quote.assumptions)
        report = Report()
        if doubts:
            report = validate(args.entry.request, catalog=args.tables, at=self._now(), strict=args.strict)
        self._data["warnings"] = report.to_dict()["problems"]
        if not self.as_json:
            self._tell(*_answers.problem_lines(Answer(args.entry.source, report, report), many=False))

    def _now(self) -> datetime:
        now: datetime = self.client_options["now"]() if "now" in self.client_options else datetime.now(UTC)
        return now

    def _decline(self, answer: Answer) -> NoReturn:
        if self.as_json:
            self._write(lambda: _output.say_json(answer.to_dict()))
        else:
            self._tell(*_answers.problem_lines(answer, many=False))
        sys.exit(answer.exit)

    def _is_over_budget(self, args: SubmitArgs, quoted: Quote) -> bool:
        over = _answers.over_budget(quoted.usd_micros, args.max_micros)
        if over is not None:
            self._data["quote"] = quoted.to_dict()
            self._fail(Failure(exit=Exit.OVER_BUDGET, code="over_budget", message=over))
        return over is not None

    def _confirm(self, args: SubmitArgs, planned: Plan) -> bool:
        """Show the price and ask; then plan again, because the price may have changed in the meantime."""
        self._tell(*_answers.quote_lines(planned.quote))
        where = "" if self.base_url == BASE_URL else f" to {self.base_url}"
        try:
            is_confirmed = click.confirm(f"Submit{where} for {usd_shown(planned.quote.usd_micros)}?", err=True)
        except click.Abort as abort:
            if isinstance(abort.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            is_confirmed = False
        if not is_confirmed:
            self._fail(Failure(exit=Exit.FAILURE, code="not_confirmed", message="nothing was sent"))
            return False
        try:
            self._plan(args, expect=planned.quote)
        except QuoteChanged as error:
            self._fail(Failure(exit=Exit.OVER_BUDGET, code="quote_changed", message=f"{error}; nothing was sent"))
            return False
        return True

    # Sending, and what comes of it

    def _send(self, client: Client, planned: Plan) -> Receipt | UnreadableCharge | None:
        """Submit a plan, once, and say what became of it; return the job that was created, if one is known."""
        outcome: Receipt | ApiError | KeyboardInterrupt
        self._guard.armed = False
        quoted, now = planned.quote, self._now()
        self._tell((f"submitting {quoted.model} for {usd_shown(quoted.usd_micros)} at {now.isoformat()}", ""))
        sent = Attempt(quote=quoted, body=planned.body, digest=planned.digest, started=now)
        self._interruption = _format_jobs.uncertain_failure(sent, self.base_url)
        try:
            self._guard.arm()
            outcome = client.submit(planned)
        except (ApiError, KeyboardInterrupt) as error:
            outcome = error
        self._guard.armed = False  # nothing was called in between, so no interruption can lose the outcome
        self._report(outcome)
        self._guard.arm()
        if isinstance(outcome, SubmissionUncertain):
            self._find(client, outcome.attempt)
        return outcome if isinstance(outcome, Receipt | UnreadableCharge) else None

    def _report(self, outcome: Receipt | ApiError | KeyboardInterrupt) -> None:
        attempt: Attempt | None = getattr(outcome, "attempt", None)
        self._interruption = _interrupted("interrupted")
        if isinstance(outcome, Receipt | UnreadableCharge):
            self._created(outcome)
        elif isinstance(outcome, SubmissionUncertain):
            self._fail(_format_jobs.uncertain_failure(outcome.attempt, self.base_url, outcome))
            self._data["candidates"] = None
            self._interruption = _interrupted("interrupted while looking for the job")
        elif isinstance(outcome, ApiError):
            self._fail(failure_of(outcome, "no job was created, and nothing was charged"))
        elif attempt is None:
            self._interruption = _NOT_SENT
            raise outcome
        elif attempt.job_id is None:
            self._fail(_format_jobs.uncertain_failure(attempt, self.base_url))
        else:
            self._name(attempt.job_id)
            self._data["receipt"] = {"job_id": attempt.job_id}
            raise outcome

    def _name(self, job_id: str) -> None:
        """Write the name of a created job where it cannot be lost, and what to do from now on when interrupted."""
        self._interruption = _interrupted(
            f"interrupted; job {job_id} is still running", f"to wait for it: {wait_command(self.base_url, job_id)}"
        )
        if self.as_json or not sys.stdout.isatty():
            self._tell((f"created {job_id}", ""))

    def _created(self, created: Receipt | UnreadableCharge) -> None:
        self._name(created.job_id)
        self._answer(_format_jobs.receipt_lines(created), receipt=_format_jobs.receipt_data(created))
        if failure := _format_jobs.charge_failure(created):
            self._fail(failure)

    def _find(self, client: Client, attempt: Attempt) -> None:
        """Look for the job of a lost submission, and show each that may be it as soon as it is found."""
        self._tell(("  looking through the list of jobs", ""))
        candidates = client.find(attempt)
        jobs = self._data["candidates"] = []
        for job in candidates:
            jobs.append(_format_jobs.job_data(job))
            self._tell(
                ("  this job may be it:", "yellow"),
                *((f"    {text}", style) for text, style in _format_jobs.job_lines(job)),
            )
        for problem in candidates.problems:
            self._tell((f"  the list could not be read completely: {problem}", "yellow"))
        if not jobs:
            self._tell(("  no job that may be it is listed; look again in a while", "yellow"))

    # Jobs

    def _show(self, job: Job) -> None:
        self._answer(_format_jobs.job_lines(job), job=_format_jobs.job_data(job))

    def _wait(self, client: Client, job_id: str, seconds: int, typical_seconds: int | None) -> None:
        """Wait for a job and show how it ended; if the wait ends before, say how to continue it."""
        go_on = f"to wait for it: {wait_command(self.base_url, job_id)}"
        self._interruption = _interrupted(f"interrupted; job {job_id} is still running", go_on)
        try:
            with self._progress(job_id, typical_seconds) as show:
                ended = client.wait(job_id, timeout=seconds, typical_seconds=typical_seconds, on_poll=show)
            self._show(ended)
        except JobEnded as error:
            self._show(error.job)
            self._fail(failure_of(error))
        except ApiError as error:
            self._fail(failure_of(error, go_on))
        except OSError as error:  # from the bar: its terminal is gone
            raise KeyboardInterrupt from error

    @contextmanager
    def _progress(self, job_id: str, typical_seconds: int | None) -> Iterator[Callable[[Job], None]]:
        """Show a wait on standard error, as a bar on a terminal and as lines elsewhere; yields what shows each look."""
        typical = "" if typical_seconds is None else f"processing time: about {duration_text(typical_seconds)}"
        console = _output.console_of(err=True)
        if console is None:
            self._tell((", ".join(filter(None, (f"waiting for {job_id}", typical))), ""))
            yield self._line_for_each_change()
        else:
            with _bar(console, job_id, typical) as show:
                yield show

    def _line_for_each_change(self) -> Callable[[Job], None]:
        seen = [""]

        def show(job: Job) -> None:
            line = _format_jobs.progress_line(job)
            if line != seen[-1]:
                seen.append(line)
                self._tell((line, ""))

        return show


@contextmanager
def _bar(console: Console, job_id: str, typical: str) -> Iterator[Callable[[Job], None]]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn(typical, markup=False), console=console, transient=True) as progress:
        task = progress.add_task(one_line(job_id), total=100)
        yield lambda job: progress.update(
            task, completed=job.progress or 0, description=one_line(_format_jobs.progress_line(job))
        )
