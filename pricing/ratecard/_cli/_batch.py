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
    from ratecard._cli._output import Part, Row

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

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of totals."""
        return ("requests", self.good, self.bad, *self.columns)


QUOTE = Kind("quoted", "declined", ("usd",))
RANGE = Kind("quoted", "declined", ("from_usd", "to_usd"))
VERDICT = Kind("valid", "invalid")


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
    _first: dict[Hashable, tuple[Finding, Entry]] = Factory(dict)
    _counts: Counter[Hashable] = Factory(Counter)

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
            if kind not in self._first and len(self._first) == MAX_PROBLEMS:
                self.others += 1
            else:
                self._first.setdefault(kind, (finding, answer.entry))
                self._counts[kind] += 1
        self.labels.update(error=answer.report.omitted_errors, warning=answer.report.omitted_warnings)
        self.others += answer.report.omitted

    def notes(self, *, placed: bool, labels: Iterable[str] = tuple(_LEVELS)) -> Iterator[Note]:
        """Yield each kind of finding once, `placed` with how often it occurred and where first."""
        for kind, (finding, entry) in self._first.items():
            if finding.label in labels:
                count = self._counts[kind]
                place = f"(\u00d7{count:,}, first at {entry.place})" if count > 1 else f"(at {entry.place})"
                yield finding.note(place if placed or isinstance(entry.request, BadInput) else "")
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
        for kind, (finding, entry) in self._first.items():
            code = finding.code or finding.label
            yield Alert(
                level=_LEVELS[finding.label],
                code=code,
                message=f"{finding.pointer} {finding.message()}".lstrip(),
                title=code,
                **_position(entry, finding.pointer, lines),
                pointer=finding.pointer,
                count=self._counts[kind],
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
        good: How many requests have it.
        bad: How many do not.
        usd_micros: The sum of each amount in millionths of a US dollar.
    """

    kind: Kind
    good: int = 0
    bad: int = 0
    usd_micros: tuple[int, ...] = Factory(lambda self: (0,) * len(self.kind.columns), takes_self=True)

    def add(self, answer: Answer) -> None:
        """Count one more request."""
        if answer.exit:
            self.bad += 1
        else:
            self.good += 1
        if answer.usd_micros:
            self.usd_micros = tuple(map(add, self.usd_micros, answer.usd_micros))

    @property
    def amounts(self) -> tuple[int | None, ...]:
        """The sums for people: none, rather than zero, if no request has what was asked for."""
        return self.usd_micros if self.good else (None,) * len(self.usd_micros)

    def to_dict(self) -> dict[str, Any]:
        """Return the sums as plain JSON data."""
        numbers = {"requests": self.good + self.bad, self.kind.good: self.good, self.kind.bad: self.bad}
        return {**numbers, **totals_data(self.usd_micros)}

    def row(self) -> Row:
        """Return the sums as a row of a table, in the columns of the kind."""
        return (f"{self.good + self.bad:,}", f"{self.good:,}", f"{self.bad:,}", *self.amounts)

    def __str__(self) -> str:
        return f"{self.good:,} {self.kind.good}, {self.bad:,} {self.kind.bad}"


@define(kw_only=True)
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
    catalog: Catalog
    count: int | None = None
    max_usd: Fraction | None = None
    quiet: bool = False
    summary: bool = False
    by: By | None = None
    exit: Exit = field(default=Exit.OK, init=False)
    _findings: Findings = field(factory=Findings, init=False)
    _totals: Totals = field(default=Factory(lambda self: Totals(self.kind), takes_self=True), init=False)
    _groups: dict[str | None, Totals] = field(factory=dict, init=False)

    def result(self, text: Callable[[], Iterable[Part]], *, notes: bool = True) -> Result:
        """Return what to write: `text` for people and, with `notes`, the findings beside it."""
        many = self.requests.many
        if self._is_short:
            deque(self, maxlen=0)
            errors = self._findings.notes(placed=many, labels=["error"])
            return Result(dict, tuple, errors, self._exit, self._over_budget) if self.quiet else self._summary()
        return Result(
            self._data if many else lambda: next(iter(self)).to_dict(),
            text,
            self._findings.advice(placed=many) if notes else (),
            self._exit,
            self._over_budget,
            "results" if many else None,
            self._table,
            {"github": lambda: "".join(self._annotations()), "sarif": lambda: sarif(self._alerts())},
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

    def prices(self) -> Iterator[Part]:
        """Yield the prices of requests, in a table if there are many."""
        if self.requests.many:
            yield self._table()
            return
        for answer in self:
            if answer.price is not None:
                if self.count is not None:
                    total = " to ".join(dict.fromkeys(map(usd_shown, answer.usd_micros)))
                    yield f"{total}  for {counted(self.count, 'request')}, each as follows:", "bold green"
                yield from price_lines(answer.price)

    def verdict(self) -> Iterator[Line | Note]:
        """Yield what is wrong with requests, and then whether they may be sent."""
        deque(self, maxlen=0)
        yield from self._findings.notes(placed=self.requests.many)
        first = str(self._totals) if self.requests.many else "invalid" if self.exit else "ok"
        yield ", ".join([first, *self._findings.counts()]), "red" if self.exit else "green"

    def documents(self) -> Iterator[Line]:
        """Yield the requests that could be read as JSON, one on each line if there are many."""
        for answer in self:
            if not isinstance(answer.entry.request, BadInput):
                yield from json_text(answer.entry.request, indent=None if self.requests.many else 2).split("\n")

    # The parts of every answer

    def _data(self) -> Iterator[tuple[str, Any]]:
        yield "results", ({"source": answer.entry.source(), **answer.to_dict()} for answer in self)
        yield from self._sums().items()

    def _sums(self) -> dict[str, Any]:
        return {**self._totals.to_dict(), "codes": dict(sorted(self._findings.codes.items()))}

    def _table(self) -> Table:
        """Return a row for each price or, where no price was asked for, for each problem."""
        if not self.kind.columns:
            rows = (
                (str(answer.entry), finding.label, finding.code, finding.pointer, finding.message())
                for answer in self
                for finding in findings(answer)
            )
            return Table(("request", "severity", "code", "pointer", "message"), rows)
        count = () if self.count is None else ("count",)
        header = ("request", "model", *count, *self.kind.columns, "because")
        return Table(header, map(self._price_row, self), spare=("model", "because"), total=self._total_rows)

    def _price_row(self, answer: Answer) -> Row:
        model = (answer.model or "") if answer.price else ""
        count = () if self.count is None else (str(self.count),)
        amounts = answer.usd_micros or (None,) * len(self.kind.columns)
        return (str(answer.entry), model, *count, *amounts, because(answer))

    def _total_rows(self) -> Iterator[Row]:
        if self.requests.many:
            count = () if self.count is None else ("",)
            yield "total", "", *count, *self._totals.amounts, str(self._totals)

    def _alerts(self) -> Iterator[Alert]:
        deque(self, maxlen=0)
        return self._findings.alerts()

    def _annotations(self) -> Iterator[str]:
        yield from github(self._alerts())
        amounts = " to ".join(usd_shown(micros) for micros in self._totals.amounts if micros is not None)
        words = filter(None, [amounts, str(self._totals), *self._findings.counts()])
        yield annotation("notice", ", ".join(words), title="ratecard")

    def _exit(self) -> Exit:
        return self.exit or (Exit.OVER_BUDGET if self._over_budget() else Exit.OK)

    def _over_budget(self) -> str | None:
        return over_budget(self._totals.usd_micros[0], self.max_usd) if self.kind.columns else None

    def _summary(self) -> Result:
        """Return the totals and how often each code occurred."""
        groups = [{str(self.by): key, **totals.to_dict()} for key, totals in self._groups.items()]
        rows = [(key or "unknown", *totals.row()) for key, totals in self._groups.items()]
        codes = self._findings.codes.most_common()
        return Result(
            lambda: self._sums() | ({"groups": groups} if self.by else {}),
            lambda: summary_tables(self.kind.header, self._totals.row(), codes, self.by, rows),
            (),
            self._exit,
            self._over_budget,
            "groups" if self.by else None,
        )


def summary_tables(
    header: tuple[str, ...], total: Row, codes: Iterable[tuple[str, int]], by: str | None, groups: Iterable[Row]
) -> Iterator[Table]:
    """Yield the totals of all requests, with those of each group if there are any, and how often each code occurred."""
    if by is None:
        yield Table(header, [total])
    else:
        yield Table((by, *header), groups, spare=header[:3], total=lambda: [("total", *total)])
    yield Table(("code", "count"), [(code, f"{count:,}") for code, count in codes])
