"""What the commands of the API do: judge, ask, send once, tell at once, wait.

Rule 1  Nothing is spent that was not shown: what is sent must have the very quote that was asked about.
Rule 2  The name of a created job is told before anything else happens, and where standard output is no terminal, on
        standard error as well: a pipe may be closed, and JSON comes at the end.
Rule 3  Every end has one exit code, and one JSON document where that is asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

import click
from attrs import field, frozen

from ratecard import Catalog, InvalidRequest, NotPriced
from ratecard._api import BASE_URL, KEY_VARIABLE
from ratecard._cli import _answers, _job_words, _output, _progress
from ratecard._cli._answers import Answer, Exit
from ratecard._cli._input import Entry
from ratecard._cli._job_words import Created, Failure, failure_of, follow_up, wait_for
from ratecard._cli._jobs import Surroundings
from ratecard._money import usd_shown
from ratecard.submit import ApiError, BadKey, JobEnded, QuoteChanged, SubmissionUncertain, UnreadableCharge, plan
from ratecard.submit._clock import utc_now
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard import Quote
    from ratecard._cli._output import Line
    from ratecard.submit import Client, Plan


@frozen(kw_only=True)
class Order:
    """What is to be submitted, by which tables, and for how much at most, in millionths of a dollar."""

    entry: Entry
    tables: Catalog
    strict: bool
    measured: Mapping[str, object]
    max_micros: Fraction | None


@frozen(kw_only=True)
class Session:
    """One command: the address it talks to, how it answers, and what it has said so far."""

    surroundings: Surroundings
    base_url: str
    as_json: bool
    _data: dict[str, Any] = field(factory=dict, init=False)
    _failures: list[Failure] = field(factory=list, init=False)

    def answer(self, lines: list[Line], **data: object) -> None:
        """Give a part of the answer: at once for people, in the end for programs."""
        self._data.update(data)
        if not self.as_json:
            _output.say(lines)

    def fail(self, failure: Failure) -> None:
        """Say what went wrong, on standard error."""
        self._failures.append(failure)
        _output.say(failure.lines(), err=True)

    def end(self) -> NoReturn:
        """End the command; of several failures, that with the lowest exit code gives its name."""
        worst = min(self._failures, key=lambda failure: failure.exit, default=None)
        if self.as_json:
            _output.say_json({"ok": worst is None, **(worst.to_dict() if worst else {}), **self._data})
        sys.exit(worst.exit if worst else Exit.OK)

    def client(self, tables: Catalog | None = None) -> Client:
        """Return a client. Ends the command where httpx or the key is missing."""
        given = {"base_url": self.base_url, "catalog": tables, "on_drift": "ignore", **self.surroundings.client}
        try:
            from ratecard.submit import Client

            return Client(**given)
        except ModuleNotFoundError as error:
            if error.name != "httpx":
                raise
            _output.stop(Exit.FAILURE, str(error))
        except BadKey as error:
            is_missing = not os.environ.get(KEY_VARIABLE, "").strip()
            _output.stop(Exit.USAGE, f"no key: set the variable {KEY_VARIABLE}" if is_missing else str(error))

    @contextmanager
    def asking(self) -> Iterator[Client]:
        """Hand out a client; an error of the API, or Ctrl-C, ends the command."""
        with self.client() as client:
            try:
                yield client
            except ApiError as error:
                self.fail(failure_of(error))
                self.end()
            except KeyboardInterrupt:
                self.fail(Failure(exit=Exit.INTERRUPTED, code="interrupted", message="interrupted"))
                self.end()


def rehearse(session: Session, order: Order) -> NoReturn:
    """Show what would be sent, and what it would cost."""
    planned = _judged(session, order)
    lines = [(line, "") for line in str(planned.http_request).split("\n")]
    data = {"dry_run": True, "request": _job_words.plan_data(planned), "quote": planned.quote.to_dict()}
    session.answer([*lines, ("", ""), *_answers.quote_lines(planned.quote)], **data)
    body = planned.body.decode()
    if not session.as_json and one_line(body) != body:
        said = "the body holds characters that are escaped here; --json has them as they would be sent"
        _output.say([(said, "yellow")], err=True)
    _check_budget(session, order, planned.quote)
    session.end()


def submit(session: Session, order: Order, *, ask: bool, wait_seconds: int | None) -> NoReturn:
    """Submit an order, and wait for the job if `wait_seconds` says how long."""
    planned = _judged(session, order)
    _check_budget(session, order, planned.quote)
    with session.client(order.tables) as client:
        if ask:
            _ask(session, planned.quote)
        created = _sent(session, client, order, planned)
        if created is None:
            session.end()
        if not sys.stdout.isatty():
            _output.say([(f"created {created.job_id}", "")], err=True)
        session.answer(created.lines(), receipt=created.to_dict())
        if failure := created.failure():
            session.fail(failure)
        if wait_seconds is not None:
            _wait(session, client, created.job_id, wait_seconds, created.quoted.typical_seconds)
    session.end()


def job(session: Session, job_id: str, wait_seconds: int | None) -> NoReturn:
    """Show a job, or wait for it."""
    with session.asking() as client:
        if wait_seconds is None:
            seen = client.job(job_id)
            session.answer(_job_words.job_lines(seen), job=_job_words.job_data(seen))
        else:
            _wait(session, client, job_id, wait_seconds, None)
    session.end()


def cancel(session: Session, job_id: str) -> NoReturn:
    """Cancel a job, and show what is refunded."""
    with session.asking() as client:
        cancelled = client.cancel(job_id)
    data = _job_words.cancellation_data(cancelled)
    session.answer(_job_words.cancellation_lines(cancelled), cancellation=data)
    session.end()


def jobs(session: Session, *, status: str | None, model: str | None, limit: int) -> NoReturn:
    """List jobs, and say whether there are more."""
    with session.asking() as client:
        found = list(islice(client.jobs(status=status, model=model), limit + 1))
    listed, more = found[:limit], len(found) > limit
    session.answer([], jobs=[_job_words.job_data(one) for one in listed], more=more)
    if not session.as_json:
        _output.show(_job_words.jobs_table(listed))
        note = f"there are more; --limit {limit} ends the list here" if more else "" if listed else "no such job"
        _output.say([(note, "yellow")] if note else [], err=True)
    session.end()


def _judged(session: Session, order: Order) -> Plan:
    """Return what would be sent, by the tables of this instant. Ends the command where it has an error or no price."""
    now = session.surroundings.client.get("now", utc_now)()
    tables = order.tables.at(now)
    answer = _answers.price(order.entry, tables, strict=order.strict, measured=order.measured)
    planned = None
    if not answer.exit:
        try:
            planned = plan(
                order.entry.request,
                measured=order.measured,
                strict=order.strict,
                catalog=tables,
                base_url=session.base_url,
                now=lambda: now,
            )
        except InvalidRequest as error:  # what is valid may still be too large to be sent
            answer = Answer(answer.source, error.report, error.report)
    if not session.as_json:
        _output.say(_answers.problem_lines(answer, many=False), err=True)
    if planned is None:
        if session.as_json:
            _output.say_json(answer.to_dict())
        sys.exit(answer.exit)
    session.answer([], warnings=answer.report.to_dict()["problems"])
    return planned


def _check_budget(session: Session, order: Order, quoted: Quote) -> None:
    if over := _answers.over_budget(quoted.usd_micros, order.max_micros):
        session.answer([], quote=quoted.to_dict())
        session.fail(Failure(exit=Exit.OVER_BUDGET, code="over_budget", message=over))
        session.end()


def _ask(session: Session, quoted: Quote) -> None:
    """Show the price and ask; anything but a yes ends the command."""
    _output.say(_answers.quote_lines(quoted), err=True)
    where = "" if session.base_url == BASE_URL else f" to {session.base_url}"
    if not click.confirm(f"Submit{where} for {usd_shown(quoted.usd_micros)}?", err=True):
        session.fail(Failure(exit=Exit.FAILURE, code="not_confirmed", message="nothing was sent"))
        session.end()


def _sent(session: Session, client: Client, order: Order, planned: Plan) -> Created | None:
    """Send what was judged, once, and return the job that it created; None, with the reason told, if none is known."""
    try:
        return Created.of(
            client.submit(order.entry.request, expect=planned.quote, measured=order.measured, strict=order.strict)
        )
    except UnreadableCharge as error:
        return Created.without_charge(error)
    except (InvalidRequest, NotPriced, QuoteChanged) as error:  # other rules hold since the price was shown
        message = f"{' '.join(str(error).splitlines())}; nothing was sent"
        session.fail(Failure(exit=Exit.OVER_BUDGET, code="quote_changed", message=message))
    except SubmissionUncertain as error:
        _tell_uncertain(session, client, error)
    except ApiError as error:
        session.fail(failure_of(error, "no job was created, and nothing was charged"))
    except KeyboardInterrupt as error:
        _tell_interrupted(session, planned.quote, may_have_left=hasattr(error, "__notes__"))
    return None


def _tell_uncertain(session: Session, client: Client, error: SubmissionUncertain) -> None:
    """Say that a job may have been created, first of all; then look for it."""
    session.fail(_job_words.uncertain_failure(error, session.base_url))
    session.answer([], candidates=None)
    _output.say([("  looking through the list of jobs", "")], err=True)
    try:
        found = client.find(error)
    except ApiError as why:
        _output.say([(f"  the list of jobs could not be read: {why}", "yellow")], err=True)
    except KeyboardInterrupt:
        _output.say([("  interrupted while looking for it", "yellow")], err=True)
    else:
        session.answer([], candidates=[_job_words.job_data(one) for one in found])
        note = "  these jobs may be it:" if found else "  the list does not show it, or not yet: look again in a while"
        told = [(f"    {text}", style) for one in found for text, style in _job_words.job_lines(one)]
        _output.say([(note, "yellow"), *told], err=True)


def _tell_interrupted(session: Session, quoted: Quote, *, may_have_left: bool) -> None:
    """Say whether an interrupted submission may have arrived: the client notes it on the interruption if so."""
    if not may_have_left:
        said = "interrupted before anything was sent"
        session.fail(Failure(exit=Exit.INTERRUPTED, code="interrupted", message=said))
        return
    said = f"interrupted: a job of {quoted.model} may have been created and charged ({usd_shown(quoted.usd_micros)})"
    look = follow_up(session.base_url, "jobs", "--model", quoted.model)
    hint = f"do not just send it again; look for it first: {look}"
    session.fail(Failure(exit=Exit.UNCERTAIN, code="submission_uncertain", message=said, hints=(hint,)))


def _wait(session: Session, client: Client, job_id: str, seconds: int, typical_seconds: int | None) -> None:
    """Wait for a job and show how it ended; whatever comes in between, say how to go on."""
    go_on = f"go on waiting: {wait_for(session.base_url, job_id)}"
    try:
        with _progress.shown(job_id, typical_seconds) as tell:
            ended = client.wait(job_id, timeout=seconds, typical_seconds=typical_seconds, on_poll=tell)
    except JobEnded as error:
        session.answer(_job_words.job_lines(error.job), job=_job_words.job_data(error.job))
        session.fail(failure_of(error))
    except ApiError as error:
        session.fail(failure_of(error, go_on))
    except KeyboardInterrupt:
        said = f"interrupted; job {job_id} goes on"
        session.fail(Failure(exit=Exit.INTERRUPTED, code="interrupted", message=said, hints=(go_on,)))
    else:
        session.answer(_job_words.job_lines(ended), job=_job_words.job_data(ended))
