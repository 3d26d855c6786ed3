"""The answer to each request, as JSON data, as lines for people, and as an exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ratecard import Catalog, Fix, InvalidRequest, NotPriced, Quote, QuoteRange, Report, validate
from ratecard._cli._input import UNREADABLE, BadJson, Entry
from ratecard._cli._output import Exit, Line, Table, counted
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard_rules import MICROS_PER_USD, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

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
        entry: The request, and where it was read.
        report: Every problem of it.
        price: Its price, if that was asked for and there is one.
        refusal: Why there is none, or why the request cannot be read.
    """

    entry: Entry
    report: Report = field(factory=Report)
    price: Quote | QuoteRange | None = None
    refusal: BadJson | InvalidRequest | NotPriced | None = None

    @property
    def exit(self) -> Exit:
        """The exit code of this request alone."""
        if isinstance(self.refusal, NotPriced):
            return Exit.NOT_PRICED
        if isinstance(self.refusal, BadJson) and self.refusal.code == UNREADABLE:
            return Exit.USAGE
        return Exit.OK if self.refusal is None and self.report.ok else Exit.INVALID

    @property
    def usd_micros(self) -> tuple[int, ...]:
        """The price, or the lowest and the highest, in millionths of a US dollar; empty without a price."""
        match self.price:
            case Quote(usd_micros=micros):
                return (micros,)
            case QuoteRange(low=low, high=high):
                return low.usd_micros, high.usd_micros
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        report = self.report.to_dict()
        if self.refusal is not None:
            message = self.refusal.message
            return {"ok": False, "code": _code_of(self.refusal), "message": message, "problems": report["problems"]}
        if self.price is None:
            return report
        name = "quote" if isinstance(self.price, Quote) else "range"
        return {"ok": True, name: self.price.to_dict(), "warnings": report["problems"]}


def _code_of(refusal: BadJson | InvalidRequest | NotPriced) -> str:
    return "invalid_request" if isinstance(refusal, InvalidRequest) else refusal.code


def check(entry: Entry, *, catalog: Catalog, strict: bool) -> Answer:
    """Return the report on one request."""
    if isinstance(entry.request, BadJson):
        return Answer(entry, refusal=entry.request)
    return Answer(entry, validate(entry.request, catalog=catalog, strict=strict))


def price(
    entry: Entry, ask: Callable[..., Quote | QuoteRange], *, catalog: Catalog, strict: bool, **options: Any
) -> Answer:
    """Return the price of one request, which `ask` returns, or why it has none."""
    answer = check(entry, catalog=catalog, strict=strict)
    if answer.refusal:
        return answer
    try:
        return evolve(answer, price=ask(entry.request, catalog=catalog, strict=strict, **options))
    except (InvalidRequest, NotPriced) as error:
        return Answer(entry, error.report, refusal=error)


def fix(entry: Entry, *, catalog: Catalog, strict: bool) -> tuple[Entry, list[Fix]]:
    """Return a request with every certain fix applied, and these fixes in order."""
    applied: list[Fix] = []
    for _ in range(ROUNDS):
        report = check(entry, catalog=catalog, strict=strict).report
        fixes = [problem.fix for problem in report.problems if problem.fix]
        if not fixes:
            break
        applied += fixes
        entry = evolve(entry, request=report.fixed(entry.request))
    return entry, applied


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
    return [{"source": answer.entry.source(), **answer.to_dict()} for answer in answers]


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
        rows.append((str(answer.entry), model, *prices, because))
    return Table(("request", "model", *amounts, "because"), (*rows, total))


def _model_and_reason(answer: Answer) -> tuple[str, str]:
    match answer.price or answer.refusal:
        case Quote() as quote:
            return quote.model, _product(quote)
        case QuoteRange(low=low, undetermined=undetermined):
            return low.model, f"open: {', '.join(undetermined) or 'nothing'}"
        case BadJson() | NotPriced() as refusal:
            return "", f"{refusal.code}: {refusal.message}"
    return "", f"invalid_request: {', '.join(_counts(answer.report))}"


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


def price_lines(price: Quote | QuoteRange) -> list[Line]:
    """Return a quote or a range and how it comes about, for people."""
    styles = {"assumes": "yellow", "conflict": "yellow"}
    first, *rest = price.explain().split("\n")
    return [(first, "bold green"), *((line, styles.get(line.partition(":")[0], "")) for line in rest)]


def problem_lines(answer: Answer, *, many: bool) -> list[Line]:
    """Return every problem of a request for people, each with the place of the request where there are many."""
    lines: list[Line] = []
    match answer.refusal:
        case BadJson() as bad:
            return [(bad.line_in(answer.entry), "red")]
        case NotPriced(code=code, message=message):
            lines.append((f"error    {code}  {message}", "red"))
    lines += ((str(problem), _STYLES[problem.severity]) for problem in answer.report)
    if answer.report.omitted:
        lines.append((f"and {answer.report.omitted:,} more problems", "red"))
    return placed(lines, answer.entry, many=many)


def placed(lines: Iterable[Line], entry: Entry, *, many: bool) -> list[Line]:
    """Return lines about a request, each with its place where there are many."""
    return [(f"{entry}: {text}" if many else text, style) for text, style in lines]


def fix_lines(fixes: Iterable[Fix]) -> Iterator[Line]:
    """Yield for people what was fixed."""
    for each in fixes:
        match each.op:
            case "move":
                text = f"{each.source} is now {each.path}"
            case "remove":
                text = f"{each.path} is left out"
            case _:
                text = f"{each.path} is now {json.dumps(each.to_dict()['value'])}"
        yield f"fixed    {text}", "green"


def verdict_lines(answer: Answer, *, many: bool) -> list[Line]:
    """Return what validation says to a request: its problems, then whether it may be sent."""
    lines = problem_lines(answer, many=many)
    if isinstance(answer.refusal, BadJson):
        return lines
    word, style = ("ok", "green") if answer.report.ok else ("invalid", "red")
    return [*lines, *placed([(", ".join([word, *_counts(answer.report)]), style)], answer.entry, many=many)]
