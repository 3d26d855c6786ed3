"""What the commands of the API do: plan, ask, submit once, name the job, wait.

An action is a generator: it yields the sections of the answer, which are written as they come, and raises what ends it.

Rule 1  Nothing is spent that was not shown: what is sent is the plan whose price was shown.
Rule 2  One line on standard error says what is sent before it is sent, and the next one names the job that was created
        before anything else happens.
Rule 3  Every end has one exit code and, with --json, one JSON document. "Nothing was sent" is said if that is certain.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

import click
from attrs import define, field

from ratecard import Catalog, Ledger, LedgerError, OverLimit
from ratecard._api import BASE_URL, KEY_VARIABLE
from ratecard._cli import _answers, _format_jobs, _output
from ratecard._cli._batch import problem_notes
from ratecard._cli._format_jobs import Failure, command_line, described, failure_of, job_data, uncertain_failure
from ratecard._cli._output import Exit, Note
from ratecard._cli._signals import guarded
from ratecard._money import usd_shown
from ratecard._quote.quote import duration_text
from ratecard._receipts import money
from ratecard.submit import (
    ApiError,
    Attempt,
    BadKey,
    JobEnded,
    QuoteChanged,
    SubmissionUncertain,
    UnreadableCharge,
    plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from fractions import Fraction

    from ratecard import Quote
    from ratecard._cli._answers import Answer
    from ratecard._cli._format_jobs import Section
    from ratecard._cli._input import Entry
    from ratecard.submit import Client, Job, Plan, Receipt

logging.getLogger("ratecard.submit").addHandler(logging.NullHandler())  # the commands report everything themselves

_NOT_SENT: dict[type[Exception], tuple[str, Exit]] = {
    BadKey: ("bad_key", Exit.USAGE),
    LedgerError: ("ledger_error", Exit.USAGE),
    OverLimit: ("over_limit", Exit.OVER_BUDGET),
    QuoteChanged: ("quote_changed", Exit.OVER_BUDGET),
}
"""The codes and exit codes of errors before anything is sent."""


def new_client(**options: Any) -> Client:
    """Return a client whose retries are logged under `ratecard.submit` alone.

    Raises ModuleNotFoundError without the extra, BadKey, and ValueError for other unusable options.
    """
    from ratecard.submit import Client

    client = Client(**options)
    from stamina.instrumentation import set_on_retry_hooks  # a missing extra is reported by the line above

    set_on_retry_hooks(())  # for the whole process, so a library may not do this
    return client


def _tell(text: str, style: str = "") -> None:
    """Write a line to standard error, if it takes it."""
    _output.say([(text, style)], err=True)


def _interrupted(message: str = "", *hints: str) -> Failure:
    return Failure("interrupted", f"interrupted{message}", hints, exit=Exit.INTERRUPTED)


@define
class ApiCommand:
    """One command that talks to the API.

    Attributes:
        base_url: The address of the API.
        now: Returns the current instant.
        client_options: Further arguments of the client.
    """

    base_url: str
    now: Callable[[], datetime] = field(default=partial(datetime.now, UTC), kw_only=True)
    client_options: Mapping[str, Any] = field(factory=dict, kw_only=True)
    _worst: Failure | None = field(default=None, init=False)
    _interruption: Failure = field(factory=_interrupted, init=False)
    """What to report if the command is interrupted now."""

    def run(self, action: Iterator[Section], *, as_json: bool) -> NoReturn:
        """Write the sections of an answer as they come, or one JSON document in the end, and exit."""
        document: dict[str, Any] = {}
        with guarded() as guard:
            try:
                try:
                    for data, lines in action:
                        document |= data
                        if not as_json:
                            _output.say(lines)
                finally:
                    guard.holds_next = True
            except Failure as failure:
                self._fail(failure)
            except ApiError as error:
                self._fail(failure_of(error))
            except tuple(_NOT_SENT) as error:
                code, exit_code = _NOT_SENT[type(error)]
                self._fail(Failure(code, f"{error}; nothing was sent", exit=exit_code))
            except KeyboardInterrupt:
                self._fail(self._interruption)
            worst = self._worst
            if as_json:
                why = {"code": worst.code, "message": worst.message, **worst.data} if worst else {}
                _output.say_json({"ok": worst is None, **why, **document})
            sys.exit(worst.exit if worst else Exit.OK)

    def _fail(self, failure: Failure) -> None:
        """Report a failure. The one with the lowest exit code counts."""
        if self._worst is None or failure.exit < self._worst.exit:
            self._worst = failure
        first = Note("error    ", f"{failure.code}  {failure.message}", "red")
        _output.say(failure.notes or [first, *((f"  {hint}", "") for hint in failure.hints)], err=True)

    # The actions

    def submit(
        self,
        entry: Entry,
        *,
        tables: Catalog,
        max_usd: Fraction | None,
        dry_run: bool,
        confirm: bool,
        wait: bool,
        timeout: int,
        ledger: str | None,
        hold_key: str | None,
        **options: Any,
    ) -> Iterator[Section]:
        """Submit a request, and wait for its job if asked to; with `dry_run`, send nothing."""
        self._interruption = _interrupted("; nothing was sent")
        planned, answer = self._plan(entry, catalog=tables, **options)
        _output.say(problem_notes(answer), err=True)
        yield {"warnings": answer.report.to_dict()["problems"]}, ()
        if dry_run:
            yield _format_jobs.plan_section(planned)
        if over := _answers.over_budget(planned.quote.usd_micros, max_usd):
            raise Failure("over_budget", over, exit=Exit.OVER_BUDGET, data={"quote": planned.quote.to_dict()})
        if dry_run:
            return
        books = None if ledger is None else Ledger(ledger)
        with self._client(tables) as client:
            if confirm:
                self._confirm(planned.quote)
                self._plan(entry, catalog=tables, expect=planned.quote, **options)
            job_id = yield from self._send(client, planned, ledger=books, hold_key=hold_key)
            if wait and job_id is not None:
                yield from self._wait(client, job_id, timeout, planned.quote.typical_seconds)

    def job(self, job_id: str, *, wait: bool, timeout: int) -> Iterator[Section]:
        """Show a job, or wait for it."""
        with self._client() as client:
            if wait:
                yield from self._wait(client, job_id, timeout)
            else:
                yield _format_jobs.job_section(client.job(job_id))

    def cancel(self, job_id: str) -> Iterator[Section]:
        """Cancel a job, and show what is refunded."""
        look = command_line(self.base_url, "job", job_id=job_id)
        self._interruption = _interrupted(f"; the job may have been cancelled: {look}")
        with self._client() as client:
            job = client.cancel(job_id)
            data = {"job_id": job.job_id, "status": job.status, **money("refunded", job.refunded_micros)}
            yield {"cancellation": data}, described(data)

    def jobs(self, *, status: str | None, model: str | None, limit: int) -> Iterator[Section]:
        """List jobs, as many as could be read, and say whether there are more."""
        listed: list[dict[str, Any]] = []
        with self._client() as client:
            try:
                listed.extend(map(job_data, islice(client.jobs(status=status, model=model), limit + 1)))
            finally:  # an error of a later page does not lose the jobs before it
                more = len(listed) > limit
                yield {"jobs": listed[:limit], "more": more}, [_format_jobs.jobs_table(listed[:limit])]
        if more:
            _tell(f"there are more; --limit {limit} ends the list here", "yellow")
        elif not listed:
            _tell("no jobs match", "yellow")

    # Before anything is sent

    def _client(self, tables: Catalog | None = None) -> Client:
        """Return a client, to be used in a `with` statement. Raises Failure if the extra or the key is missing."""
        if not os.environ.get(KEY_VARIABLE, "").strip():
            raise Failure("no_key", f"no key: set the environment variable {KEY_VARIABLE}", exit=Exit.USAGE)
        try:
            return new_client(base_url=self.base_url, catalog=tables, now=self.now, **self.client_options)
        except ModuleNotFoundError as error:
            if str(error.name).startswith("ratecard"):
                raise
            raise Failure("missing_extra", str(error)) from None

    def _plan(
        self, entry: Entry, *, catalog: Catalog, expect: Quote | None = None, **options: Any
    ) -> tuple[Plan, Answer]:
        """Return what would be sent at the prices of this instant, and its warnings. Raises Failure without a price."""
        now = self.now()
        plans: list[Plan] = []

        def ask(request: object, **asked: Any) -> Quote:
            plans.append(plan(request, at=now, base_url=self.base_url, expect=expect, **asked))
            return plans[0].quote

        answer = _answers.price(entry, ask, catalog=catalog.at(now), **options)
        if answer.exit:
            data = answer.to_dict()
            raise Failure(data["code"], data["message"], exit=answer.exit, data=data, notes=problem_notes(answer))
        return plans[0], answer

    def _confirm(self, quote: Quote) -> None:
        """Show the price and ask. Raises Failure for anything but a yes."""
        _output.say(_answers.price_lines(quote), err=True)
        where = "" if self.base_url == BASE_URL else f" to {self.base_url}"
        try:
            click.confirm(f"Submit{where} for {usd_shown(quote.usd_micros)}?", abort=True, err=True)
        except click.Abort as abort:
            if isinstance(abort.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise Failure("not_confirmed", "nothing was sent") from None

    # Sending, and what comes of it

    def _send(self, client: Client, planned: Plan, **books: Any) -> Generator[Section, None, str | None]:
        """Submit a plan, once, and say what became of it. Return the ID of its job, if it is known."""
        quoted, now = planned.quote, self.now()
        _tell(f"submitting {quoted.model} for {usd_shown(quoted.usd_micros)} at {now.isoformat()}")
        self._interruption = uncertain_failure(Attempt(plan=planned, started=now), self.base_url)
        created: list[Receipt | UnreadableCharge] = []
        try:
            # Unlike an assignment, this cannot be interrupted between the return of `submit` and the list.
            created.extend(map(partial(client.submit, **books), [planned]))
        except UnreadableCharge as error:
            created.append(error)
        except SubmissionUncertain as error:
            self._fail(uncertain_failure(error.attempt, self.base_url, error))
            yield from self._find(client, error.attempt)
            return None
        except ApiError as error:
            raise failure_of(error, "no job was created, and nothing was charged") from None
        except KeyboardInterrupt as interruption:
            yield from self._left_by(interruption, created)
            raise
        job_id = created[0].job_id
        self._name(job_id)
        if drift := _format_jobs.drift_failure(created[0]):
            self._fail(drift)
        yield _format_jobs.receipt_section(created[0])
        return job_id

    def _left_by(
        self, interruption: KeyboardInterrupt, created: Sequence[Receipt | UnreadableCharge]
    ) -> Iterator[Section]:
        """Say what an interrupted submission has left behind."""
        left = created[0] if created else getattr(interruption, "attempt", None)
        if left is None:
            if interruption.__context__ is None:  # otherwise the submitter was handling an error, and a job may exist
                self._interruption = _interrupted("; nothing was sent")
        elif left.job_id is None:
            self._interruption = uncertain_failure(left, self.base_url)
        else:
            self._name(left.job_id)
            yield {"receipt": {"job_id": left.job_id}}, ()

    def _name(self, job_id: str) -> None:
        """Write the name of a created job where it cannot be lost."""
        self._still_running(job_id)
        _tell(f"created {job_id}")

    def _still_running(self, job_id: str) -> str:
        """From now on, say when interrupted that a job is still running; return how to wait for it."""
        hint = f"to wait for it: {command_line(self.base_url, 'job', '--wait', job_id=job_id)}"
        self._interruption = _interrupted(f"; job {job_id} is still running", hint)
        return hint

    def _find(self, client: Client, attempt: Attempt) -> Iterator[Section]:
        """Look for the job of a lost submission, and list those that may be it."""
        self._interruption = _interrupted(" while looking for the job")
        _tell("  looking through the list of jobs")
        candidates: list[dict[str, Any]] = []
        yield {"candidates": candidates}, ()
        try:
            candidates.extend(map(job_data, client.find(attempt)))
        except ApiError as error:
            _tell(f"  the list could not be read completely: {error}", "yellow")
        if candidates:
            _tell("  these jobs may be it:", "yellow")
            _output.say([_format_jobs.jobs_table(candidates)], err=True)
        else:
            _tell("  no job that may be it is listed; look again in a while", "yellow")

    def _wait(self, client: Client, job_id: str, timeout: int, typical_seconds: int | None = None) -> Iterator[Section]:
        """Wait for a job, show each change and how it ended; if the wait ends before, say how to continue it."""
        go_on = self._still_running(job_id)
        typical = "" if typical_seconds is None else f", processing time: about {duration_text(typical_seconds)}"
        _tell(f"waiting for {job_id}{typical}")
        told: set[str] = set()

        def tell(job: Job) -> None:
            line = _format_jobs.progress_line(job)
            if line not in told:
                told.add(line)
                _tell(line)

        try:
            yield _format_jobs.job_section(client.wait(job_id, timeout=timeout, on_poll=tell))
        except JobEnded as error:
            yield _format_jobs.job_section(error.job)
            raise
        except ApiError as error:
            raise failure_of(error, go_on) from None
