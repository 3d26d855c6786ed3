"""The answer to each request, as JSON data, as lines for people, and as an exit code."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import evolve, field, frozen

from ratecard import (
    ANY,
    Catalog,
    Declined,
    Fix,
    InvalidRequest,
    NotPriced,
    Quote,
    QuoteRange,
    Report,
    quote_range,
    try_quote,
    validate,
)
from ratecard._cli._input import BadJson, Entry, Source
from ratecard._cli._output import Line, Table
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard_rules import MICROS_PER_USD, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

Outcome: TypeAlias = Quote | QuoteRange | Declined | Report | BadJson
"""What the core answers to one request, or that it could not be read."""

INVALID: Literal["invalid_request"] = "invalid_request"
"""The code of a refusal whose reasons are in the report; all other codes are of valid requests."""

ROUNDS = 10
"""Maximum passes of --fix: a fix can bring the next problem to light."""

_STYLES = {"error": "red", "warning": "yellow"}


class Exit(IntEnum):
    """The exit codes. If several apply, the lowest one that is not OK counts.

    Attributes:
        REFUSED: The API refused, or cannot be reached.
        UNCERTAIN: A job may have been created.
        NO_RESULT: The job that was waited for failed or was cancelled.
        DRIFT: A job was created, and its charge is not the quote.
        GOES_ON: The job is still running after the time-out.
        INTERRUPTED: By Ctrl-C, or by a signal that asks the command to end.
    """

    OK = 0
    FAILURE = 1
    USAGE = 2
    INVALID = 3
    NOT_PRICED = 4
    OVER_BUDGET = 5
    REFUSED = 6
    UNCERTAIN = 7
    NO_RESULT = 8
    DRIFT = 9
    GOES_ON = 10
    INTERRUPTED = 130


@frozen
class Answer:
    """The answer to one request.

    Attributes:
        source: Where the request is from.
        outcome: What the core says to it.
        report: Every problem of it.
    """

    source: Source
    outcome: Outcome
    report: Report = field(factory=Report)

    @property
    def exit(self) -> Exit:
        """The exit code of this request alone."""
        match self.outcome:
            case Quote() | QuoteRange() | Report(ok=True):
                return Exit.OK
            case Declined(code=code) if code != INVALID:
                return Exit.NOT_PRICED
        return Exit.INVALID

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain JSON data."""
        match self.outcome:
            case Quote() as quote:
                return {"ok": True, "quote": quote.to_dict(), "warnings": self.report.to_dict()["problems"]}
            case QuoteRange() as both:
                return {"ok": True, "range": both.to_dict(), "warnings": self.report.to_dict()["problems"]}
            case BadJson(message=message):
                return {"ok": False, "code": "bad_json", "message": message, "problems": []}
            case Declined() as declined:
                return {"ok": False, **declined.to_dict()}
        return self.report.to_dict()


def check(entry: Entry, catalog: Catalog, *, strict: bool) -> Answer:
    """Return the report on one request."""
    if isinstance(entry.request, BadJson):
        return Answer(entry.source, entry.request)
    report = validate(entry.request, catalog=catalog, strict=strict)
    return Answer(entry.source, report, report)


def price(entry: Entry, catalog: Catalog, *, strict: bool, measured: Mapping[str, object]) -> Answer:
    """Return the quote of one request, or why it has none."""
    if isinstance(entry.request, BadJson):
        return Answer(entry.source, entry.request)
    outcome = try_quote(entry.request, catalog=catalog, strict=strict, measured=measured)
    if isinstance(outcome, Declined):
        return Answer(entry.source, outcome, outcome.report)
    return Answer(entry.source, outcome, check(entry, catalog, strict=strict).report)


def span(
    entry: Entry, catalog: Catalog, *, strict: bool, measured: Mapping[str, object], open_fields: Sequence[str]
) -> Answer:
    """Return the lowest and the highest price of one request in which some fields are open, or why it has none."""
    if isinstance(entry.request, BadJson):
        return Answer(entry.source, entry.request)
    request = _opened(entry.request, open_fields)
    try:
        both = quote_range(request, catalog=catalog, strict=strict, measured=measured)
    except (InvalidRequest, NotPriced) as error:
        return declined(entry.source, error)
    return Answer(entry.source, both, check(entry, catalog, strict=strict).report)


def declined(source: Source, error: InvalidRequest | NotPriced) -> Answer:
    """Return the answer to a request that is invalid or has no price."""
    if isinstance(error, InvalidRequest):
        return Answer(source, Declined(code=INVALID, report=error.report), error.report)
    return Answer(source, Declined(code=error.code, message=error.message, report=error.report), error.report)


def _opened(request: object, open_fields: Sequence[str]) -> object:
    if not (isinstance(request, dict) and isinstance(request.get("input"), dict)):
        return request
    return {**request, "input": {**request["input"], **dict.fromkeys(open_fields, ANY)}}


def mend(entry: Entry, catalog: Catalog, *, strict: bool) -> tuple[Entry, list[Fix]]:
    """Return a request with every certain fix applied, and these fixes in order."""
    mended: list[Fix] = []
    for _ in range(ROUNDS):
        report = check(entry, catalog, strict=strict).report
        fixes = [problem.fix for problem in report.problems if problem.fix]
        if not fixes:
            break
        mended += fixes
        entry = evolve(entry, request=report.fixed(entry.request))
    return entry, mended


def total_micros(answers: Sequence[Answer]) -> int:
    """Return the sum of all quotes in millionths of a US dollar."""
    return sum(answer.outcome.usd_micros for answer in answers if isinstance(answer.outcome, Quote))


def over_budget(total_micros: int, budget_micros: Fraction | None) -> str | None:
    """Return a line that says that an amount exceeds `--max-usd`, or None if it does not."""
    if budget_micros is None or total_micros <= budget_micros:
        return None
    limit = fraction_text(budget_micros / MICROS_PER_USD)
    return f"over budget: {usd_shown(total_micros)} is more than --max-usd {limit}"


def worst(answers: Sequence[Answer]) -> Exit:
    """Return the exit code of several requests."""
    return min((answer.exit for answer in answers if answer.exit), default=Exit.OK)


def quotes_data(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the quotes of a list of requests and their exact total as plain JSON data."""
    total = total_micros(answers)
    quoted = _quoted(answers)
    return {
        "results": _results(answers),
        "total_usd_micros": total,
        "total_usd": usd_text(total),
        "quoted": quoted,
        "declined": len(answers) - quoted,
    }


def ranges_data(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the ranges of a list of requests, and the exact range of all together, as plain JSON data."""
    low, high = _total_range(answers)
    return {
        "results": _results(answers),
        "total_low_usd_micros": low,
        "total_low_usd": usd_text(low),
        "total_high_usd_micros": high,
        "total_high_usd": usd_text(high),
    }


def checks_data(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the reports on a list of requests as plain JSON data."""
    return {"results": _results(answers), "ok": not worst(answers)}


def quotes_table(answers: Sequence[Answer]) -> Table:
    """Return the quotes of a list of requests for people: one row each, then the exact total."""
    quoted = _quoted(answers)
    total = ("total", "", usd_shown(total_micros(answers)), f"{quoted} quoted, {len(answers) - quoted} declined")
    return Table(("request", "model", "price", "because"), (*map(_row, answers), total))


def ranges_table(answers: Sequence[Answer]) -> Table:
    """Return the ranges of a list of requests for people: one row each, then the exact range of all together."""
    low, high = _total_range(answers)
    total = ("total", "", usd_shown(low), usd_shown(high), "")
    return Table(("request", "model", "from", "to", "because"), (*map(_range_row, answers), total))


def quote_lines(quote: Quote | QuoteRange) -> list[Line]:
    """Return a quote or a range and how it comes about, for people."""
    styles = {"assumes": "yellow", "conflict": "yellow"}
    first, *rest = quote.explain().split("\n")
    return [(first, "bold green"), *((line, styles.get(line.partition(":")[0], "")) for line in rest)]


def problem_lines(answer: Answer, *, many: bool) -> list[Line]:
    """Return every problem of a request for people, each with the place of the request where there are many."""
    prefix = f"{answer.source}: " if many else ""
    match answer.outcome:
        case BadJson(line=line, column=column, what=what):
            return [(f"{answer.source.file}:{line}:{column}: error    bad_json  {what}", "red")]
        case Declined(code=code, message=message) if code != INVALID:
            first = [(f"{prefix}error    {code}  {message}", "red")]
        case _:
            first = []
    lines = [*first, *((f"{prefix}{problem}", _STYLES[problem.severity]) for problem in answer.report)]
    if answer.report.omitted:
        lines.append((f"{prefix}and {answer.report.omitted:,} more problems", "red"))
    return lines


def mended_lines(entry: Entry, mended: Sequence[Fix], *, many: bool) -> list[Line]:
    """Return what was mended in a request, for people."""
    prefix = f"{entry.source}: " if many else ""
    return [(f"{prefix}mended   {_mended(fix)}", "green") for fix in mended]


def verdict_lines(answer: Answer, *, many: bool) -> list[Line]:
    """Return what validation says to a request: its problems, then whether it may be sent."""
    lines = problem_lines(answer, many=many)
    if isinstance(answer.outcome, BadJson):
        return lines
    prefix = f"{answer.source}: " if many else ""
    word, style = ("ok", "green") if answer.report.ok else ("invalid", "red")
    return [*lines, (prefix + ", ".join([word, *_counts(answer.report)]), style)]


def _mended(fix: Fix) -> str:
    match fix.op:
        case "move":
            return f"{fix.source} is now {fix.path}"
        case "remove":
            return f"{fix.path} is left out"
    return f"{fix.path} is now {json.dumps(fix.to_dict()['value'])}"


def _results(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"source": answer.source.to_dict(), **answer.to_dict()} for answer in answers]


def _quoted(answers: Sequence[Answer]) -> int:
    return sum(isinstance(answer.outcome, Quote) for answer in answers)


def _row(answer: Answer) -> tuple[str, str, str, str]:
    source = str(answer.source)
    match answer.outcome:
        case Quote() as quote:
            return source, quote.model, usd_shown(quote.usd_micros), _because(quote)
    return source, "", "-", _refusal(answer)


def _range_row(answer: Answer) -> tuple[str, str, str, str, str]:
    source = str(answer.source)
    match answer.outcome:
        case QuoteRange(low=low, high=high, undetermined=undetermined):
            ends = (usd_shown(low.usd_micros), usd_shown(high.usd_micros))
            return source, low.model, *ends, f"open: {', '.join(undetermined) or 'nothing'}"
    return source, "", "-", "-", _refusal(answer)


def _refusal(answer: Answer) -> str:
    if isinstance(answer.outcome, Declined) and answer.outcome.code == INVALID:
        return f"{INVALID}: {', '.join(_counts(answer.report))}"
    said = answer.to_dict()
    return f"{said['code']}: {said['message']}"


def _total_range(answers: Sequence[Answer]) -> tuple[int, int]:
    ranges = [answer.outcome for answer in answers if isinstance(answer.outcome, QuoteRange)]
    return sum(both.low.usd_micros for both in ranges), sum(both.high.usd_micros for both in ranges)


def _because(quote: Quote) -> str:
    """Return the price of a quote as one product."""
    factors = (
        f" x {fraction_text(factor.multiplier)} ({factor.field} {literal(factor.value)}"
        f"{', default' if factor.origin == 'default' else ''})"
        for factor in quote.factors
    )
    return f"{quote.base_micros:,} micros{''.join(factors)}"


def _counts(report: Report) -> list[str]:
    counted = {"error": len(report.errors), "warning": len(report.warnings)}
    return [f"{number} {word}{'' if number == 1 else 's'}" for word, number in counted.items() if number]
