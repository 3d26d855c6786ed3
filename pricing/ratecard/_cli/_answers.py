"""The answer to each request, as JSON data, as lines for people, and as an exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import evolve, field, frozen

from ratecard import Catalog, Declined, Fix, InvalidRequest, NotPriced, Quote, QuoteRange, Report, validate
from ratecard._cli._input import BadJson, Entry, Source
from ratecard._cli._output import Exit, Line, Table, counted
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard_rules import MICROS_PER_USD, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from fractions import Fraction

Outcome: TypeAlias = Quote | QuoteRange | Declined | Report | BadJson
"""What the core answers to one request, or that it could not be read."""

INVALID: Literal["invalid_request"] = "invalid_request"
"""The code of a refusal whose reasons are in the report; all other codes are of valid requests."""

ROUNDS = 10
"""Maximum passes of --fix: a fix can bring the next problem to light."""

QUOTE = {"price": "total_usd"}
RANGE = {"from": "total_low_usd", "to": "total_high_usd"}
"""The amounts of a quote and of a range: their columns for people, and the names of their totals for programs."""

_STYLES = {"error": "red", "warning": "yellow"}


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

    @property
    def usd_micros(self) -> tuple[int, ...]:
        """The price, or the lowest and the highest, in millionths of a US dollar; empty without a price."""
        match self.outcome:
            case Quote(usd_micros=micros):
                return (micros,)
            case QuoteRange(low=low, high=high):
                return low.usd_micros, high.usd_micros
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain JSON data."""
        match self.outcome:
            case Quote() | QuoteRange() as price:
                name = "quote" if isinstance(price, Quote) else "range"
                return {"ok": True, name: price.to_dict(), "warnings": self.report.to_dict()["problems"]}
            case BadJson(message=message):
                return {"ok": False, "code": "bad_json", "message": message, "problems": []}
            case Declined() as declined:
                return {"ok": False, **declined.to_dict()}
        return self.report.to_dict()


def check(entry: Entry, *, catalog: Catalog, strict: bool) -> Answer:
    """Return the report on one request."""
    if isinstance(entry.request, BadJson):
        return Answer(entry.source, entry.request)
    report = validate(entry.request, catalog=catalog, strict=strict)
    return Answer(entry.source, report, report)


def price(
    entry: Entry, ask: Callable[..., Quote | QuoteRange], *, catalog: Catalog, strict: bool, **options: Any
) -> Answer:
    """Return the price of one request, which `ask` returns, or why it has none."""
    answer = check(entry, catalog=catalog, strict=strict)
    if isinstance(answer.outcome, BadJson):
        return answer
    try:
        return evolve(answer, outcome=ask(entry.request, catalog=catalog, strict=strict, **options))
    except (InvalidRequest, NotPriced) as error:
        return declined(entry.source, error)


def declined(source: Source, error: InvalidRequest | NotPriced) -> Answer:
    """Return the answer to a request that is invalid or has no price."""
    code = error.code if isinstance(error, NotPriced) else INVALID
    return Answer(source, Declined(code=code, message=error.message, report=error.report), error.report)


def mend(entry: Entry, *, catalog: Catalog, strict: bool) -> tuple[Entry, list[Fix]]:
    """Return a request with every certain fix applied, and these fixes in order."""
    mended: list[Fix] = []
    for _ in range(ROUNDS):
        report = check(entry, catalog=catalog, strict=strict).report
        fixes = [problem.fix for problem in report.problems if problem.fix]
        if not fixes:
            break
        mended += fixes
        entry = evolve(entry, request=report.fixed(entry.request))
    return entry, mended


def over_budget(total_micros: int, budget_micros: Fraction | None) -> str | None:
    """Return a line that says that an amount exceeds `--max-usd`, or None if it does not."""
    if budget_micros is None or total_micros <= budget_micros:
        return None
    limit = fraction_text(budget_micros / MICROS_PER_USD)
    return f"over budget: {usd_shown(total_micros)} is more than --max-usd {limit}"


def worst(answers: Sequence[Answer]) -> Exit:
    """Return the exit code of several requests."""
    return min((answer.exit for answer in answers if answer.exit), default=Exit.OK)


def results(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return each answer with its source as plain JSON data."""
    return [{"source": answer.source.to_dict(), **answer.to_dict()} for answer in answers]


def totals(answers: Sequence[Answer], amounts: Mapping[str, str]) -> list[int]:
    """Return the exact sum of each amount in millionths of a US dollar."""
    prices = [answer.usd_micros for answer in answers if answer.usd_micros]
    return [sum(column) for column in zip(*prices, strict=True)] or [0] * len(amounts)


def batch_data(answers: Sequence[Answer], amounts: Mapping[str, str]) -> dict[str, Any]:
    """Return the answers to a list of requests and their exact totals as plain JSON data."""
    quoted = sum(not answer.exit for answer in answers)
    data: dict[str, Any] = {"results": results(answers)}
    for name, micros in zip(amounts.values(), totals(answers, amounts), strict=True):
        data |= {f"{name}_micros": micros, name: usd_text(micros)}
    return {**data, "quoted": quoted, "declined": len(answers) - quoted}


def batch_table(answers: Sequence[Answer], amounts: Mapping[str, str]) -> Table:
    """Return the answers to a list of requests for people: one row each, then the exact totals."""
    quoted = sum(not answer.exit for answer in answers)
    sums = map(usd_shown, totals(answers, amounts))
    total = ("total", "", *sums, f"{quoted} quoted, {len(answers) - quoted} declined")
    rows = []
    for answer in answers:
        model, because = _model_and_reason(answer)
        prices = map(usd_shown, answer.usd_micros) if answer.usd_micros else ["-"] * len(amounts)
        rows.append((str(answer.source), model, *prices, because))
    return Table(("request", "model", *amounts, "because"), (*rows, total))


def _model_and_reason(answer: Answer) -> tuple[str, str]:
    match answer.outcome:
        case Quote() as quote:
            return quote.model, _product(quote)
        case QuoteRange(low=low, undetermined=undetermined):
            return low.model, f"open: {', '.join(undetermined) or 'nothing'}"
        case Declined(code="invalid_request"):
            return "", f"{INVALID}: {', '.join(_counts(answer.report))}"
    data = answer.to_dict()
    return "", f"{data['code']}: {data['message']}"


def _product(quote: Quote) -> str:
    """Return the price of a quote as one product."""
    factors = (
        f" x {fraction_text(factor.multiplier)} ({factor.field} {literal(factor.value)}"
        f"{', default' if factor.origin == 'default' else ''})"
        for factor in quote.factors
    )
    return f"{quote.base_micros:,} micros{''.join(factors)}"


def _counts(report: Report) -> list[str]:
    numbers = {"error": len(report.errors), "warning": len(report.warnings)}
    return [counted(number, noun) for noun, number in numbers.items() if number]


def price_lines(price: Outcome) -> list[Line]:
    """Return a quote or a range and how it comes about, for people; nothing for any other outcome."""
    if not isinstance(price, Quote | QuoteRange):
        return []
    styles = {"assumes": "yellow", "conflict": "yellow"}
    first, *rest = price.explain().split("\n")
    return [(first, "bold green"), *((line, styles.get(line.partition(":")[0], "")) for line in rest)]


def problem_lines(answer: Answer, *, many: bool) -> list[Line]:
    """Return every problem of a request for people, each with the place of the request where there are many."""
    lines: list[Line] = []
    match answer.outcome:
        case BadJson() as bad:
            return [(bad.line_in(answer.source), "red")]
        case Declined(code=code, message=message) if code != INVALID:
            lines.append((f"error    {code}  {message}", "red"))
    lines += ((str(problem), _STYLES[problem.severity]) for problem in answer.report)
    if answer.report.omitted:
        lines.append((f"and {answer.report.omitted:,} more problems", "red"))
    return placed(lines, answer.source, many=many)


def placed(lines: Iterable[Line], source: Source, *, many: bool) -> list[Line]:
    """Return lines about a request, each with its place where there are many."""
    return [(f"{source}: {text}" if many else text, style) for text, style in lines]


def fix_lines(fixes: Iterable[Fix]) -> list[Line]:
    """Return for people what was mended."""
    return [(f"mended   {_mended(fix)}", "green") for fix in fixes]


def _mended(fix: Fix) -> str:
    match fix.op:
        case "move":
            return f"{fix.source} is now {fix.path}"
        case "remove":
            return f"{fix.path} is left out"
    return f"{fix.path} is now {json.dumps(fix.to_dict()['value'])}"


def verdict_lines(answer: Answer, *, many: bool) -> list[Line]:
    """Return what validation says to a request: its problems, then whether it may be sent."""
    lines = problem_lines(answer, many=many)
    if isinstance(answer.outcome, BadJson):
        return lines
    word, style = ("ok", "green") if answer.report.ok else ("invalid", "red")
    return [*lines, *placed([(", ".join([word, *_counts(answer.report)]), style)], answer.source, many=many)]
