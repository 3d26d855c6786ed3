"""The answer to each request, as JSON data, as a row and lines for people, and as an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ratecard import Catalog, Fix, InvalidRequest, NotPriced, Problem, Quote, QuoteRange, Report, validate
from ratecard._cli._input import UNREADABLE, Entry
from ratecard._cli._output import Exit, Line, Note
from ratecard._cli._readers import BadInput
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard_rules import CERTAIN, MICROS_PER_USD, counted, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

STYLES = {"error": "red", "warning": "yellow", "fixed": "green"}
"""The labels of findings and their styles."""

_CERTAIN = tuple(f"({evidence})" for evidence in CERTAIN)
"""What a certain assumption ends with."""


@frozen
class Answer:
    """The answer to one request.

    Attributes:
        entry: The request, and where it was read.
        report: Every problem of it.
        price: Its price, if that was asked for and there is one.
        refusal: Why there is none, or why the request cannot be read.
        count: How many of these requests are to be paid, if that was said.
        fixes: The fixes that were applied, if that was asked for.
    """

    entry: Entry
    report: Report = field(factory=Report)
    price: Quote | QuoteRange | None = None
    refusal: BadInput | InvalidRequest | NotPriced | None = None
    count: int | None = None
    fixes: tuple[Fix, ...] | None = None

    @property
    def exit(self) -> Exit:
        """The exit code of this request alone."""
        if isinstance(self.refusal, NotPriced):
            return Exit.NOT_PRICED
        if isinstance(self.refusal, BadInput) and self.refusal.code == UNREADABLE:
            return Exit.USAGE
        return Exit.OK if self.refusal is None and self.report.ok else Exit.INVALID

    @property
    def message(self) -> str:
        """Why there is no price, or why the request cannot be read."""
        if isinstance(self.refusal, NotPriced) and self.refusal.code == "needs_measurement":
            return f"{self.refusal.message}; pass it with --measured"
        return "" if self.refusal is None else self.refusal.message

    @property
    def model(self) -> str | None:
        """The model that the request names, whether it exists or not."""
        slug = self.entry.request.get("model") if isinstance(self.entry.request, dict) else None
        return slug if isinstance(slug, str) else None

    @property
    def usd_micros(self) -> tuple[int, ...]:
        """The price of all, or the lowest and the highest, in millionths of a US dollar; empty without a price."""
        times = self.count or 1
        match self.price:
            case Quote(usd_micros=micros):
                return (micros * times,)
            case QuoteRange(low=low, high=high):
                return low.usd_micros * times, high.usd_micros * times
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        report = self.report.to_dict()
        if self.refusal is not None:
            code = "invalid_request" if isinstance(self.refusal, InvalidRequest) else self.refusal.code
            data = {"ok": False, "code": code, "message": self.message, "problems": report["problems"]}
        elif self.price is None:
            data = report
        else:
            name = "quote" if isinstance(self.price, Quote) else "range"
            data = {"ok": True, name: self.price.to_dict(), "warnings": report["problems"]}
            if self.count is not None:
                data |= {"count": self.count, **totals_data(self.usd_micros)}
        if self.fixes is not None:
            data["fixes"] = [fix.to_dict() for fix in self.fixes]
            data["request"] = None if isinstance(self.entry.request, BadInput) else self.entry.request
        return data


def totals_data(usd_micros: Sequence[int]) -> dict[str, int | str]:
    """Return a sum, or the lowest and the highest, as plain JSON data, in whole millionths and as text."""
    data: dict[str, int | str] = {}
    names = ("total",) if len(usd_micros) == 1 else ("total_low", "total_high")
    for name, micros in zip(names, usd_micros, strict=False):  # of a verdict there is none
        data |= {f"{name}_usd_micros": micros, f"{name}_usd": usd_text(micros)}
    return data


def check(entry: Entry, *, catalog: Catalog, strict: bool) -> Answer:
    """Return the report on one request."""
    if isinstance(entry.request, BadInput):
        return Answer(entry, refusal=entry.request)
    return Answer(entry, validate(entry.request, catalog=catalog, strict=strict))


def price(
    entry: Entry,
    ask: Callable[..., Quote | QuoteRange],
    *,
    catalog: Catalog,
    strict: bool,
    count: int | None = None,
    **options: Any,
) -> Answer:
    """Return the price of one request, which `ask` returns, or why it has none."""
    if isinstance(entry.request, BadInput):
        return Answer(entry, refusal=entry.request)
    try:
        found = ask(entry.request, catalog=catalog, strict=strict, **options)
    except (InvalidRequest, NotPriced) as error:
        return Answer(entry, error.report, refusal=error)
    if isinstance(found, Quote) and not found.warnings:
        return Answer(entry, price=found, count=count)  # its report is empty
    return Answer(entry, validate(entry.request, catalog=catalog, strict=strict), found, count=count)


def fix(entry: Entry, *, catalog: Catalog, strict: bool) -> Answer:
    """Return the report on one request after every certain fix, with the fixed request and the fixes in order."""
    report = check(entry, catalog=catalog, strict=strict).report
    fixes = report.fixes(entry.request)
    if fixes:
        entry = evolve(entry, request=report.fixed(entry.request))
    return evolve(check(entry, catalog=catalog, strict=strict), fixes=fixes)


def over_budget(total_micros: int, budget_micros: Fraction | None) -> str | None:
    """Return a line that says that an amount exceeds `--max-usd`, or None if it does not."""
    if budget_micros is None or total_micros <= budget_micros:
        return None
    limit = fraction_text(budget_micros / MICROS_PER_USD)
    return f"over budget: {usd_shown(total_micros)} is more than --max-usd {limit}"


def because(answer: Answer) -> str:
    """Return how the price of a request comes about, or why there is none."""
    match answer.price or answer.refusal:
        case Quote() as quote:
            return _product(quote)
        case QuoteRange(undetermined=undetermined):
            return f"open: {', '.join(undetermined) or 'nothing'}"
        case BadInput() | NotPriced() as refusal:
            return f"{refusal.code}: {answer.message}"
    numbers = {"error": len(answer.report.errors), "warning": len(answer.report.warnings)}
    return f"invalid_request: {', '.join(counted(number, noun) for noun, number in numbers.items() if number)}"


def _product(quote: Quote) -> str:
    """Return the price of a quote as one product."""
    factors = (
        f" x {fraction_text(factor.multiplier)} ({factor.field} {literal(factor.value)}"
        f"{', default' if factor.origin == 'default' else ''})"
        for factor in quote.factors
    )
    return f"{usd_shown(quote.base_micros)}{''.join(factors)}"


def price_lines(price: Quote | QuoteRange) -> Iterator[Line | Note]:
    """Yield a quote or a range and how it comes about, for people. Assumptions that are certain are not coloured.

    Its warnings are left out: they are among the findings about the request.
    """
    first, *rest = price.explain().split("\n")
    yield first, "bold green"
    for line in rest:
        label, _, text = line.partition(" ")
        if label in ("assumes:", "conflict:"):
            yield Note(f"{label} ", text, "" if text.endswith(_CERTAIN) else "yellow")
        elif label != "warning:":
            yield line, ""


@frozen
class Finding:
    """Something to say about a request.

    Attributes:
        label: What it is: a key of `STYLES`.
        code: Its code, if it has one.
        pointer: Where it is in the request, if that is known.
        message: Returns it in words.
        is_fixable: Whether `--fix` fixes it.
    """

    label: str
    code: str
    pointer: str
    message: Callable[[], str]
    is_fixable: bool = False

    def note(self, remark: str = "") -> Note:
        """Return it for people."""
        parts = filter(None, (self.code, self.pointer, self.message(), remark))
        return Note(f"{self.label:<7}  ", "  ".join(parts), STYLES[self.label])


def findings(answer: Answer) -> Iterator[Finding]:
    """Yield everything to say about a request beside its price: what was fixed, and what is wrong."""
    for each in answer.fixes or ():
        yield Finding("fixed", "", each.source or each.path, partial(_fix_message, each))
    match answer.refusal:
        case BadInput(code=code, what=what):
            yield Finding("error", code, "", lambda: what)
        case NotPriced(code=code):
            yield Finding("error", code, "", lambda: answer.message)
    for problem in answer.report:
        # Models are never replaced, and looking for similar ones takes long.
        is_fixable = problem.code != "unknown_model" and problem.fix is not None
        message = partial(_problem_message, problem)
        yield Finding(problem.severity, problem.code, problem.pointer, message, is_fixable)


def _problem_message(problem: Problem) -> str:
    certainty = f" ({problem.evidence})" if problem.severity == "warning" and problem.evidence else ""
    return problem.message + certainty


def _fix_message(each: Fix) -> str:
    if each.op == "remove":
        return "is left out"
    return f"is now {each.path if each.op == 'move' else json.dumps(each.to_dict()['value'])}"
