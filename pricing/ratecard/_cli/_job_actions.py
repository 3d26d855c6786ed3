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
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

import click
from attrs import define, field

from ratecard import Catalog, InvalidRequest, Ledger, LedgerError, NotPriced, OverLimit, Report, validate
from ratecard._api import BASE_URL, KEY_VARIABLE
from ratecard._cli import _answers, _format_jobs, _output
from ratecard._cli._answers import Answer
from ratecard._cli._batch import problem_notes
from ratecard._cli._format_jobs import Failure, failure_of, wait_command
from ratecard._cli._output import Exit
from ratecard._cli._readers import BadInput
from ratecard._cli._signals import Guard, guarded
from ratecard._money import usd_shown
from ratecard._quote.quote import duration_text
from ratecard._receipts import money, receipt_data
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
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from ratecard._cli._input import Entry
    from ratecard._cli._output import Line, Note, Table
    from ratecard.submit import Client, Job, Plan


logging.getLogger("ratecard.submit").addHandler(logging.NullHandler())  # the commands report everything themselves


def _interrupted(message: str, *hints: str) -> Failure:
    return Failure("interrupted", message, hints, exit=Exit.INTERRUPTED)


_NOT_SENT = _interrupted("interrupted; nothing was sent")


def _booking(file: str | None, hold_key: str | None) -> dict[str, Any]:
    """Return the ledger of a submission, and the name of the purchase there. Raises Failure if it cannot be used."""
    try:
        return {} if file is None else {"ledger": Ledger(file), "hold_key": hold_key or uuid4().hex}
    except LedgerError as error:
        raise _not_held(error) from None


def _not_held(error: LedgerError | OverLimit) -> Failure:
    if isinstance(error, OverLimit):
        return Failure("over_limit", f"{error}; nothing was sent", exit=Exit.OVER_BUDGET)
    return Failure("ledger_error", f"{error}; nothing was sent", exit=Exit.USAGE)


@define
class ApiCommand:
    """One command that talks to the API.

    Attributes:
        base_url: The address of the API.
        as_json: Whether the answer is a JSON document.
        client_options: Further arguments of the client, such as its clock.
    """

    base_url: str
    as_json: bool = field(kw_only=True)
    client_options: Mapping[str, Any] = field(kw_only=True)
    _data: dict[str, Any] = field(factory=dict, init=False)
    _failures: list[Failure] = field(factory=list, init=False)
    _interruption: Failure = field(default=_interrupted("interrupted"), init=False)
    _guard: Guard = field(factory=Guard, init=False)

    def run(self, action: Callable[[], None]) -> NoReturn:
        """Run one of the actions below, and exit as it ended."""
        failure: Failure | None = None
        with guarded() as self._guard:
            try:
                try:
                    self._guard.arm()
                    action()
                except ApiError as error:
                    failure = failure_of(error)
                except Failure as error:
                    failure = error
                self._guard.armed = False  # an interruption may still arrive on this line
            except KeyboardInterrupt:
                failure = self._interruption
            self._guard.armed = False
            if failure is not None:
                self._fail(failure)
            self._end()

    def submit(
        self,
        entry: Entry,
        *,
        tables: Catalog,
        strict: bool,
        measured: Mapping[str, object],
        max_usd: Fraction | None,
        dry_run: bool,
        confirm: bool,
        wait: bool,
        timeout: int,
        ledger: str | None,
        hold_key: str | None,
    ) -> None:
        """Submit a request, and wait for its job if asked to; with `dry_run`, send nothing."""
        self._interruption = _NOT_SENT
        replan = partial(self._plan, entry, catalog=tables, strict=strict, measured=measured)
        planned = replan()
        self._warn(entry, planned, catalog=tables, strict=strict)
        if dry_run:
            self._show_plan(planned)
        if over := _answers.over_budget(planned.quote.usd_micros, max_usd):
            self._data["quote"] = planned.quote.to_dict()
            raise Failure("over_budget", over, exit=Exit.OVER_BUDGET)
        if dry_run:
            return
        books = _booking(ledger, hold_key)
        with self._client(tables) as client:
            if confirm:
                self._confirm(planned, replan)
            created = self._send(client, planned, books)
            if created is not None and wait:
                self._wait(client, created.job_id, timeout, created.quoted.typical_seconds)

    def job(self, job_id: str, *, wait: bool, timeout: int) -> None:
        """Show a job, or wait for it."""
        with self._client() as client:
            if wait:
                self._wait(client, job_id, timeout, None)
            else:
                self._show("job", _format_jobs.job_data(client.job(job_id)))

    def cancel(self, job_id: str) -> None:
        """Cancel a job, and show what is refunded."""
        look = _format_jobs.command_line(self.base_url, "job", job_id)
        self._interruption = _interrupted(f"interrupted; the job may have been cancelled: {look}")
        with self._client() as client:
            cancelled = client.cancel(job_id)
            refund = money("refunded", cancelled.refunded_micros)
            self._show("cancellation", {"job_id": cancelled.job_id, "status": cancelled.status, **refund})

    def jobs(self, *, status: str | None, model: str | None, limit: int) -> None:
        """List jobs, as many as could be read, and say whether there are more."""
        listed: list[dict[str, Any]] = []
        with self._client() as client:
            try:
                for job in islice(client.jobs(status=status, model=model), limit + 1):
                    listed.append(_format_jobs.job_data(job))  # noqa: PERF401  an error of a later page must not lose these
            finally:
                shown, more = listed[:limit], len(listed) > limit
                self._answer([_format_jobs.jobs_table(shown)], jobs=shown, more=more)
        if more:
            self._tell((f"there are more; --limit {limit} ends the list here", "yellow"))
        elif not listed:
            self._tell(("no jobs match", "yellow"))

    # What it says, and how it ends

    def _tell(self, *parts: Line | Note | Table) -> None:
        """Write to standard error, if it takes it."""
        _output.say(parts, err=True)

    def _answer(self, parts: list[Line | Note | Table], **data: object) -> None:
        """Give a part of the answer: at once for people, at the end for programs."""
        self._data.update(data)
        if not self.as_json and not self._write(lambda: _output.say(parts)):
            self._tell(*parts)

    def _show(self, name: str, data: dict[str, Any]) -> None:
        self._answer([*_format_jobs.described(data)], **{name: data})

    def _write(self, write: Callable[[], None]) -> bool:
        """Write to standard output, and return whether it took it."""
        try:
            write()
        except OSError as error:
            self._fail(Failure("output_failed", f"cannot write to stdout: {error.strerror}"))
            with suppress(OSError):  # Python would try again at its end, and change the exit code
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return False
        return True

    def _fail(self, failure: Failure) -> None:
        self._failures.append(failure)
        self._tell(*failure.lines())

    def _worst(self) -> Failure | None:
        """Return the failure with the lowest exit code; a lost answer counts only if it is alone."""
        return min(self._failures, key=lambda failure: (failure.code == "output_failed", failure.exit), default=None)

    def _end(self) -> NoReturn:
        worst = self._worst()
        if self.as_json:
            document = {"ok": worst is None, **(worst.to_dict() if worst else {}), **self._data}
            self._write(lambda: _output.say_json(document))
        worst = self._worst()
        sys.exit(worst.exit if worst else Exit.OK)

    # Before anything is sent

    def _client(self, tables: Catalog | None = None) -> Client:
        """Return a client, to be used in a `with` statement. Raises Failure if the extra or the key is missing."""
        options = {"base_url": self.base_url, "catalog": tables, **self.client_options}
        try:
            from ratecard.submit import Client

            return Client(**options)
        except ModuleNotFoundError as error:
            if error.name != "httpx2":
                raise
            raise Failure("missing_extra", str(error)) from None
        except BadKey as error:
            if os.environ.get(KEY_VARIABLE, "").strip():
                raise Failure("bad_key", str(error), exit=Exit.USAGE) from None
            message = f"no key: set the environment variable {KEY_VARIABLE}"
            raise Failure("no_key", message, exit=Exit.USAGE) from None

    def _plan(self, entry: Entry, **options: Any) -> Plan:
        """Return what would be sent, at the prices of this instant. Ends the command if it is invalid or not priced."""
        if isinstance(entry.request, BadInput):
            self._decline(Answer(entry, refusal=entry.request))
        try:
            return plan(entry.request, at=self._now(), base_url=self.base_url, **options)
        except (InvalidRequest, NotPriced) as error:
            self._decline(Answer(entry, error.report, refusal=error))

    def _decline(self, answer: Answer) -> NoReturn:
        if self.as_json:
            self._write(lambda: _output.say_json(answer.to_dict()))
        else:
            self._tell(*problem_notes(answer))
        sys.exit(answer.exit)

    def _warn(self, entry: Entry, planned: Plan, **options: Any) -> None:
        """Show the warnings of a request that rests on any; only then is it judged again."""
        report = Report()
        if planned.quote.warnings:
            report = validate(entry.request, at=self._now(), **options)
        self._data["warnings"] = report.to_dict()["problems"]
        if not self.as_json:
            self._tell(*problem_notes(Answer(entry, report)))

    def _now(self) -> datetime:
        now: datetime = self.client_options["now"]() if "now" in self.client_options else datetime.now(UTC)
        return now

    def _show_plan(self, planned: Plan) -> None:
        """Show what would be sent, and what it would cost."""
        lines = [(line, "") for line in str(planned).split("\n")]
        body = planned.body.decode()
        request = {name: getattr(planned, name) for name in ("url", "headers", "digest")}
        data = {"request": {"method": "POST", **request, "body": body}, "quote": planned.quote.to_dict()}
        self._answer([*lines, ("", ""), *_answers.price_lines(planned.quote)], dry_run=True, **data)
        if not self.as_json and one_line(body) != body:
            self._tell(("some characters of the body are escaped here; --json has the exact body", "yellow"))

    def _confirm(self, planned: Plan, replan: Callable[..., Plan]) -> None:
        """Show the price and ask; then plan again, because the price may have changed in the meantime."""
        self._tell(*_answers.price_lines(planned.quote))
        where = "" if self.base_url == BASE_URL else f" to {self.base_url}"
        try:
            is_confirmed = click.confirm(f"Submit{where} for {usd_shown(planned.quote.usd_micros)}?", err=True)
        except click.Abort as abort:
            if isinstance(abort.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            is_confirmed = False
        if not is_confirmed:
            raise Failure("not_confirmed", "nothing was sent")
        try:
            replan(expect=planned.quote)
        except QuoteChanged as error:
            raise Failure("quote_changed", f"{error}; nothing was sent", exit=Exit.OVER_BUDGET) from None

    # Sending, and what comes of it

    def _send(self, client: Client, planned: Plan, books: dict[str, Any]) -> Receipt | UnreadableCharge | None:
        """Submit a plan, once, and say what became of it; return the job that was created, if one is known."""
        outcome: Receipt | ApiError | KeyboardInterrupt
        self._guard.armed = False
        quoted, now = planned.quote, self._now()
        self._tell((f"submitting {quoted.model} for {usd_shown(quoted.usd_micros)} at {now.isoformat()}", ""))
        self._interruption = _format_jobs.uncertain_failure(Attempt(plan=planned, started=now), self.base_url)
        try:
            self._guard.arm()
            outcome = client.submit(planned, **books)
        except (LedgerError, OverLimit) as error:
            raise _not_held(error) from None
        except (ApiError, KeyboardInterrupt) as error:
            outcome = error
        self._guard.armed = False  # nothing was called in between, so no interruption can lose the outcome
        self._report(outcome)
        self._guard.arm()
        if isinstance(outcome, SubmissionUncertain):
            self._find(client, outcome.attempt)
        return outcome if isinstance(outcome, Receipt | UnreadableCharge) else None

    def _report(self, outcome: Receipt | ApiError | KeyboardInterrupt) -> None:
        self._interruption = _interrupted("interrupted")
        match outcome:
            case Receipt() | UnreadableCharge():
                self._name(outcome.job_id)
                self._show("receipt", receipt_data(outcome))
                if isinstance(outcome, UnreadableCharge):
                    self._fail(Failure("unreadable_charge", outcome.message, exit=Exit.DRIFT))
                elif outcome.drift_micros:
                    self._fail(Failure("price_drift", outcome.drift_text, exit=Exit.DRIFT))
            case SubmissionUncertain():
                self._fail(_format_jobs.uncertain_failure(outcome.attempt, self.base_url, outcome))
                self._data["candidates"] = None
                self._interruption = _interrupted("interrupted while looking for the job")
            case ApiError():
                self._fail(failure_of(outcome, "no job was created, and nothing was charged"))
            case _:
                attempt = getattr(outcome, "attempt", None)
                if attempt is None:
                    self._interruption = _NOT_SENT
                    raise outcome
                if attempt.job_id is not None:
                    self._name(attempt.job_id)
                    self._data["receipt"] = {"job_id": attempt.job_id}
                    raise outcome
                self._fail(_format_jobs.uncertain_failure(attempt, self.base_url))

    def _name(self, job_id: str) -> None:
        """Write the name of a created job where it cannot be lost."""
        self._still_running(job_id)
        if self.as_json or not sys.stdout.isatty():
            self._tell((f"created {job_id}", ""))

    def _still_running(self, job_id: str) -> str:
        """From now on, say when interrupted that a job is still running; return how to wait for it."""
        hint = f"to wait for it: {wait_command(self.base_url, job_id)}"
        self._interruption = _interrupted(f"interrupted; job {job_id} is still running", hint)
        return hint

    def _find(self, client: Client, attempt: Attempt) -> None:
        """Look for the job of a lost submission, and show each that may be it as soon as it is found."""
        self._tell(("  looking through the list of jobs", ""))
        jobs = self._data["candidates"] = []
        try:
            for job in client.find(attempt):
                jobs.append(_format_jobs.job_data(job))
                lines = ((f"    {text}", style) for text, style in _format_jobs.described(jobs[-1]))
                self._tell(("  this job may be it:", "yellow"), *lines)
        except ApiError as error:
            self._tell((f"  the list could not be read completely: {error}", "yellow"))
        if not jobs:
            self._tell(("  no job that may be it is listed; look again in a while", "yellow"))

    # Waiting

    def _wait(self, client: Client, job_id: str, seconds: int, typical_seconds: int | None) -> None:
        """Wait for a job, show each change and how it ended; if the wait ends before, say how to continue it."""
        go_on = self._still_running(job_id)
        typical = "" if typical_seconds is None else f", processing time: about {duration_text(typical_seconds)}"
        self._tell((f"waiting for {job_id}{typical}", ""))
        told = ""

        def tell(job: Job) -> None:
            nonlocal told
            if (line := _format_jobs.progress_line(job)) != told:
                self._tell((line, ""))
            told = line

        try:
            ended = client.wait(job_id, timeout=seconds, on_poll=tell)
            self._show("job", _format_jobs.job_data(ended))
        except JobEnded as error:
            self._show("job", _format_jobs.job_data(error.job))
            raise
        except ApiError as error:
            raise failure_of(error, go_on) from None
