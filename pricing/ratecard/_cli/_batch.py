"""The answers to requests: their rows, sums and problems, computed and written one by one.

Rule 1  No answer to a list of requests is kept: only sums, and one problem of each kind with how often it occurred.
Rule 2  The answer to one request that is not in a list is a plain document or text, in which nothing is grouped.
"""

from __future__ import annotations

from collections import Counter, deque
from operator import add
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import Factory, define, field, frozen

from ratecard._cli._alerts import Alert, Lines, github, sarif
from ratecard._cli._answers import because, findings, over_budget, price_lines, totals_data
from ratecard._cli._output import Exit, Line, Note, Result, Table, annotation, with_progress
from ratecard._cli._readers import BadInput
from ratecard._json import json_text
from ratecard._money import usd_shown
from ratecard_rules import MAX_PROBLEMS, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from fractions import Fraction

    from ratecard import Catalog
    from ratecard._cli._alerts import Level
    from ratecard._cli._answers import Answer, Finding
    from ratecard._cli._input import Entry, Requests
    from ratecard._cli._output import Cell, Part

By: TypeAlias = Literal["model", "capability", "provider"]

_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "fixed": "notice"}
"""The labels of findings, and what GitHub calls them."""

_NO_FILE = ("-", "request")


@frozen
class Kind:
    """A kind of answer.

    Attributes:
        good: The word for requests that have it.
        bad: The word for the others.
        columns: The columns of the amounts.
    """

    good: str
    bad: str
    columns: tuple[str, ...] = ()


QUOTE = Kind("quoted", "declined", ("usd",))
RANGE = Kind("quoted", "declined", ("from_usd", "to_usd"))
VERDICT = Kind("valid", "invalid")


@define
class _Group:
    """The findings of one kind: the first of them, the answer that it is from, and how many there are."""

    finding: Finding
    answer: Answer
    count: int = 0


@define
class Findings:
    """One finding of each kind, that is, with the same code at the same place in a request to the same model.

    Attributes:
        labels: How often each label occurred.
        codes: How often each code occurred.
        fixable: How many findings can be fixed.
        others: How many are not listed, because there are too many kinds.
    """

    labels: Counter[str] = Factory(Counter)
    codes: Counter[str] = Factory(Counter)
    fixable: int = 0
    others: int = 0
    _groups: dict[Hashable, _Group] = Factory(dict)

    def add(self, answer: Answer) -> None:
        """Count the findings about one more request."""
        same: Counter[Hashable] = Counter()  # two findings about one request are never of the same kind
        unread = answer.refusal.what if isinstance(answer.refusal, BadInput) else ""
        for finding in findings(answer):
            self.labels[finding.label] += 1
            if finding.code:
                self.codes[finding.code] += 1
            self.fixable += finding.is_fixable
            place = (answer.model, finding.label, finding.code, finding.pointer, unread)
            same[place] += 1
            kind = (*place, same[place])
            if kind not in self._groups and len(self._groups) == MAX_PROBLEMS:
                self.others += 1
            else:
                self._groups.setdefault(kind, _Group(finding, answer)).count += 1
        self.labels.update(error=answer.report.omitted_errors, warning=answer.report.omitted_warnings)
        self.others += answer.report.omitted

    def notes(self, *, placed: bool, labels: Iterable[str] = tuple(_LEVELS)) -> Iterator[Note]:
        """Yield each kind of finding once, `placed` with how often it occurred and where first."""
        for group in self._groups.values():
            if group.finding.label in labels:
                is_placed = placed or isinstance(group.answer.entry.request, BadInput)
                yield group.finding.note(_remark(group) if is_placed else "")
        if self.others:
            yield Note("and ", f"{self.others:,} more")

    def advice(self, *, placed: bool) -> Iterator[Line | Note]:
        """Yield each kind of finding once, and then how many `--fix` would fix."""
        yield from self.notes(placed=placed)
        if self.fixable:
            yield f"{self.fixable:,} fixable with `ratecard validate --fix`"

    def alerts(self) -> Iterator[Alert]:
        """Yield each kind of finding once, where it occurred first."""
        lines = Lines()
        for group in self._groups.values():
            finding = group.finding
            code = finding.code or finding.label
            yield Alert(
                level=_LEVELS[finding.label],
                code=code,
                message=f"{finding.pointer} {finding.message()}".lstrip(),
                title=code,
                **_position(group.answer.entry, finding.pointer, lines),
                pointer=finding.pointer,
                count=group.count,
            )

    def counts(self) -> list[str]:
        """Return how many errors and warnings there are, and how many can be fixed."""
        found = [counted(self.labels[label], label) for label in ("error", "warning") if self.labels[label]]
        return found + ([f"{self.fixable:,} fixable with --fix"] if self.fixable else [])


def problem_notes(answer: Answer) -> Iterator[Line | Note]:
    """Return the findings about one request for people."""
    found = Findings()
    found.add(answer)
    return found.advice(placed=False)


def _remark(group: _Group) -> str:
    place = group.answer.entry.place
    return f"(\u00d7{group.count:,}, first at {place})" if group.count > 1 else f"(at {place})"


def _position(entry: Entry, pointer: str, lines: Lines) -> dict[str, Any]:
    """Return the file of a request, and the line and the column as far as they are known."""
    if entry.file in _NO_FILE:
        return {}
    if isinstance(entry.request, BadInput):
        return {"file": entry.file, "line": entry.request.line or entry.line, "column": entry.request.column}
    at = pointer if entry.index is None else f"/{entry.index}{pointer}"
    return {"file": entry.file, "line": entry.line or lines.find(entry.file, at)}


@define
class Totals:
    """Exact sums over requests.

    Attributes:
        kind: What was asked for.
        requests: How many requests there were.
        bad: How many of them do not have it.
        usd_micros: The sum of each amount in millionths of a US dollar.
    """

    kind: Kind
    requests: int = 0
    bad: int = 0
    usd_micros: tuple[int, ...] = Factory(lambda self: (0,) * len(self.kind.columns), takes_self=True)

    def add(self, answer: Answer) -> None:
        """Count one more request."""
        self.requests += 1
        self.bad += bool(answer.exit)
        if answer.usd_micros:
            self.usd_micros = tuple(map(add, self.usd_micros, answer.usd_micros))

    @property
    def amounts(self) -> tuple[int | None, ...]:
        """The sums for people: none, rather than zero, if no request has what was asked for."""
        return self.usd_micros if self.requests > self.bad else (None,) * len(self.usd_micros)

    def to_dict(self) -> dict[str, Any]:
        """Return the sums as plain JSON data."""
        numbers = {self.kind.good: self.requests - self.bad, self.kind.bad: self.bad}
        return {"requests": self.requests, **numbers, **totals_data(self.usd_micros)}

    def row(self) -> tuple[Cell, ...]:
        """Return the sums as a row of a table."""
        return (*(f"{number:,}" for number in (self.requests, self.requests - self.bad, self.bad)), *self.amounts)

    def words(self) -> str:
        """Return how many requests have what was asked for, and how many do not."""
        return f"{self.requests - self.bad:,} {self.kind.good}, {self.bad:,} {self.kind.bad}"


@define
class Batch:
    """Answers that are computed while they are written.

    Attributes:
        requests: The requests, which are read once.
        answer: Returns the answer to one of them.
        kind: What was asked for.
        catalog: The models.
        count: How many of each request are to be paid, if that was said.
        max_usd: The budget in millionths of a US dollar.
        quiet: Whether to write nothing but errors.
        summary: Whether to write only totals.
        by: What totals are grouped by.
        exit: The exit code so far. If several apply, the lowest one that is not OK counts.
    """

    requests: Requests
    answer: Callable[[Entry], Answer]
    kind: Kind
    catalog: Catalog = field(kw_only=True)
    count: int | None = field(default=None, kw_only=True)
    max_usd: Fraction | None = field(default=None, kw_only=True)
    quiet: bool = field(default=False, kw_only=True)
    summary: bool = field(default=False, kw_only=True)
    by: By | None = field(default=None, kw_only=True)
    exit: Exit = field(default=Exit.OK, init=False)
    _findings: Findings = field(factory=Findings, init=False)
    _totals: Totals = field(default=Factory(lambda self: Totals(self.kind), takes_self=True), init=False)
    _groups: dict[str | None, Totals] = field(factory=dict, init=False)

    def result(self, text: Callable[[Iterable[Answer]], Iterable[Part]], *, notes: bool = True) -> Result:
        """Return what to write: `text` of the answers for people and, with `notes`, the findings beside it."""
        if self._is_short:
            deque(self, maxlen=0)
            return self._errors() if self.quiet else self._summary()
        answers = self if self.requests.many else [*self]
        return Result(
            lambda: self._data(answers) if self.requests.many else next(iter(answers)).to_dict(),
            lambda: text(answers),
            self._findings.advice(placed=self.requests.many) if notes else (),
            self._exit,
            self._over_budget,
            "results" if self.requests.many else None,
            lambda: self._table(answers),
            {"github": lambda: "".join(self._annotations(answers)), "sarif": lambda: sarif(self._alerts(answers))},
        )

    @property
    def _is_short(self) -> bool:
        return bool(self.quiet or self.summary or self.by)

    def __iter__(self) -> Iterator[Answer]:
        for entry in with_progress(self.requests.entries, at_once=not self._is_short and self.kind is not VERDICT):
            answer = self.answer(entry)
            self._totals.add(answer)
            self._findings.add(answer)
            if self.by is not None:
                model = self.catalog.get(answer.model or "")
                key = None if model is None else getattr(model, self.by)
                self._groups.setdefault(key, Totals(self.kind)).add(answer)
            if answer.exit:
                self.exit = min(self.exit or answer.exit, answer.exit)
            yield answer

    # What is written for people

    def prices(self, answers: Iterable[Answer]) -> Iterator[Part]:
        """Yield the prices of requests, in a table if there are many."""
        if self.requests.many:
            yield self._table(answers)
            return
        for answer in answers:
            if answer.price is not None:
                if self.count is not None:
                    total = " to ".join(dict.fromkeys(map(usd_shown, answer.usd_micros)))
                    yield f"{total}  for {counted(self.count, 'request')}, each as follows:", "bold green"
                yield from price_lines(answer.price)

    def verdict(self, answers: Iterable[Answer]) -> Iterator[Line | Note]:
        """Yield what is wrong with requests, and then whether they may be sent."""
        deque(answers, maxlen=0)
        yield from self._findings.notes(placed=self.requests.many)
        first = self._totals.words() if self.requests.many else "invalid" if self.exit else "ok"
        yield ", ".join([first, *self._findings.counts()]), "red" if self.exit else "green"

    def documents(self, answers: Iterable[Answer]) -> Iterator[Line]:
        """Yield the requests that could be read as JSON, one on each line if there are many."""
        for answer in answers:
            if not isinstance(answer.entry.request, BadInput):
                document = json_text(answer.entry.request, indent=None if self.requests.many else 2)
                yield from document.split("\n")

    # The parts of every answer

    def _data(self, answers: Iterable[Answer]) -> Iterator[tuple[str, Any]]:
        yield "results", ({"source": answer.entry.source(), **answer.to_dict()} for answer in answers)
        yield from self._sums().items()

    def _sums(self) -> dict[str, Any]:
        return {**self._totals.to_dict(), "codes": dict(sorted(self._findings.codes.items()))}

    def _table(self, answers: Iterable[Answer]) -> Table:
        """Return a row for each price or, where no price was asked for, for each problem."""
        if not self.kind.columns:
            rows = (row for answer in answers for row in _problem_rows(answer))
            return Table(("request", "severity", "code", "pointer", "message"), rows)
        count = () if self.count is None else (str(self.count),)
        header = ("request", "model", *(["count"] if count else []), *self.kind.columns, "because")
        rows = (self._price_row(answer, count) for answer in answers)
        return Table(header, rows, spare=("model", "because"), total=self._total_rows)

    def _price_row(self, answer: Answer, count: tuple[str, ...]) -> tuple[Cell, ...]:
        model = (answer.model or "") if answer.price else ""
        amounts = answer.usd_micros or (None,) * len(self.kind.columns)
        return (str(answer.entry), model, *count, *amounts, because(answer))

    def _total_rows(self) -> Iterator[tuple[Cell, ...]]:
        if self.requests.many:
            count = () if self.count is None else ("",)
            yield "total", "", *count, *self._totals.amounts, self._totals.words()

    def _alerts(self, answers: Iterable[Answer]) -> Iterator[Alert]:
        deque(answers, maxlen=0)
        yield from self._findings.alerts()

    def _annotations(self, answers: Iterable[Answer]) -> Iterator[str]:
        yield from github(self._alerts(answers))
        amounts = " to ".join(usd_shown(micros) for micros in self._totals.amounts if micros is not None)
        words = filter(None, [amounts, self._totals.words(), *self._findings.counts()])
        yield annotation("notice", ", ".join(words), title="ratecard")

    def _exit(self) -> Exit:
        return self.exit or (Exit.OVER_BUDGET if self._over_budget() else Exit.OK)

    def _over_budget(self) -> str | None:
        return over_budget(self._totals.usd_micros[0], self.max_usd) if self.kind.columns else None

    # Shorter answers

    def _errors(self) -> Result:
        errors = self._findings.notes(placed=self.requests.many, labels=["error"])
        return Result(dict, tuple, errors, self._exit, self._over_budget)

    def _summary(self) -> Result:
        """Return the totals and how often each code occurred."""

        def data() -> dict[str, Any]:
            groups = [{str(self.by): key, **totals.to_dict()} for key, totals in self._groups.items()]
            return self._sums() | ({"groups": groups} if self.by else {})

        def text() -> Iterator[Table]:
            header = ("requests", self.kind.good, self.kind.bad, *self.kind.columns)
            if self.by:
                rows = [(key or "unknown", *totals.row()) for key, totals in self._groups.items()]
                yield Table((self.by, *header), rows, spare=header[:3], total=lambda: [("total", *self._totals.row())])
            else:
                yield Table(header, [self._totals.row()])
            codes = self._findings.codes.most_common()
            yield Table(("code", "count"), [(code, f"{count:,}") for code, count in codes])

        return Result(data, text, (), self._exit, self._over_budget, "groups" if self.by else None)


def _problem_rows(answer: Answer) -> Iterator[tuple[Cell, ...]]:
    for finding in findings(answer):
        yield str(answer.entry), finding.label, finding.code, finding.pointer, finding.message()
