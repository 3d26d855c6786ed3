"""Whether a bill agrees with our own quotes, and if not, why.

Rule 1  Every row ends in exactly one outcome, and every readable amount is in exactly one sum, so the sums by outcome
        add up to the totals.
Rule 2  The residual is shown. It is never spread over rows, and never rounded away.
Rule 3  Both sides are read once, as streams. Only job IDs and what is needed for the result are kept.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import define, evolve, field, frozen

from ratecard._api import JOB_STATUSES, TERMINAL
from ratecard._bill.causes import Cause, Pair, explain
from ratecard._bill.decode import Basis, Decoder, Explanation, impossible
from ratecard._bill.rows import NO_JOB_ID, Charge, OursReader, charge_of
from ratecard._money import usd_shown, usd_text
from ratecard_rules import Displayed, catalog_at, counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date

    from ratecard_rules import Catalog, Display

Outcome: TypeAlias = Literal[
    "matched",
    "within_tolerance",
    "amount_differs",
    "billed_only",
    "ours_only",
    "duplicate_job",
    "refunded",
    "pending",
    "unreadable",
]
"""What became of a row.

- `matched`: the charge is the quote.
- `within_tolerance`: they differ, by no more than the tolerance.
- `amount_differs`: they differ by more; the row has an explanation.
- `billed_only`: the bill has the job, our records do not.
- `ours_only`: our records have the job, the bill does not.
- `duplicate_job`: a job that was already in the same file.
- `refunded`: the job failed or was cancelled, or the charge is negative.
- `pending`: the job has not ended, or it is too new to be billed.
- `unreadable`: a job ID, a charge or a quote cannot be read, or our request has no price.
"""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

SETTLED: frozenset[Outcome] = frozenset({"matched", "within_tolerance", "refunded", "pending"})
"""The outcomes that need no attention."""


@frozen
class Row:
    """One job on either side or on both.

    Attributes:
        job_id: The ID of the job; None if it cannot be read.
        outcome: What became of it.
        quoted_micros: Our quote in millionths of a US dollar; None if there is none.
        billed_micros: The charge as the bill lists it; None if there is none.
        model: The slug of the model, if our records have it.
        explanation: Why the amounts differ, if they do.
        flaw: What cannot be read.
    """

    job_id: str | None
    outcome: Outcome
    quoted_micros: int | None = None
    billed_micros: int | None = None
    model: str | None = None
    explanation: Explanation | None = None
    flaw: str = ""

    @property
    def difference_micros(self) -> int:
        """The charge minus the quote; what is missing counts as nothing."""
        return (self.billed_micros or 0) - (self.quoted_micros or 0)

    @property
    def says(self) -> str:
        """The explanation, or what cannot be read, in words."""
        return self.flaw if self.explanation is None else self.explanation.says

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain JSON data."""
        return {
            "job_id": self.job_id,
            "outcome": self.outcome,
            "model": self.model,
            **_amounts(self.quoted_micros, self.billed_micros, self.difference_micros),
            "explanation": self.explanation and self.explanation.to_dict(),
            "flaw": self.flaw or None,
        }


@frozen
class Sum:
    """The sums over rows, in millionths of a US dollar.

    Attributes:
        rows: The number of rows.
        quoted_micros: The sum of the quotes.
        billed_micros: The sum of the charges.
    """

    rows: int
    quoted_micros: int
    billed_micros: int

    @classmethod
    def of(cls, rows: Collection[Row]) -> Sum:
        """Return the sums over some rows; what is missing counts as nothing."""
        return cls(len(rows), sum(row.quoted_micros or 0 for row in rows), sum(row.billed_micros or 0 for row in rows))

    @property
    def difference_micros(self) -> int:
        """The charges minus the quotes."""
        return self.billed_micros - self.quoted_micros

    def to_dict(self) -> dict[str, Any]:
        """Return the sums as plain JSON data."""
        return {"rows": self.rows, **_amounts(self.quoted_micros, self.billed_micros, self.difference_micros)}


def _amounts(quoted: int | None, billed: int | None, difference: int) -> dict[str, Any]:
    micros = {"quoted": quoted, "billed": billed, "difference": difference}
    return {
        **{f"{name}_micros": amount for name, amount in micros.items()},
        **{f"{name}_usd": None if amount is None else usd_text(amount) for name, amount in micros.items()},
    }


@frozen
class Reconciliation(Displayed):
    """The result of `reconcile`. It is truthy if every row is settled: matched, within tolerance, refunded or pending.

    Attributes:
        rows: Every row: those of the bill in its order, and then those that only our records have.
        sums: The sums of each outcome that occurred, in the order of `Outcome`.
        causes: The changes that explain several differences each, those of most rows first.
    """

    rows: tuple[Row, ...] = field(repr=False)
    sums: dict[Outcome, Sum]
    causes: tuple[Cause, ...]

    @property
    def total(self) -> Sum:
        """The sums over all rows."""
        return Sum.of(self.rows)

    @property
    def quoted_micros(self) -> int:
        """The sum of all quotes."""
        return self.total.quoted_micros

    @property
    def billed_micros(self) -> int:
        """The sum of all charges."""
        return self.total.billed_micros

    @property
    def difference_micros(self) -> int:
        """All charges minus all quotes."""
        return self.total.difference_micros

    def of(self, outcome: Outcome) -> tuple[Row, ...]:
        """Return the rows with an outcome."""
        return tuple(row for row in self.rows if row.outcome == outcome)

    def open_rows(self) -> Iterator[Row]:
        """Yield the rows that are not settled."""
        return (row for row in self.rows if row.outcome not in SETTLED)

    def summary(self) -> dict[str, Any]:
        """Return the sums and the causes as plain JSON data."""
        return {
            **self.total.to_dict(),
            "outcomes": {outcome: part.to_dict() for outcome, part in self.sums.items()},
            "causes": [cause.to_dict() for cause in self.causes],
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON data, with the rows that are not settled."""
        return {**self.summary(), "results": [row.to_dict() for row in self.open_rows()]}

    def display(self) -> Display:
        """Return what a notebook shows: the sums of each outcome, and the causes."""
        from ratecard_rules import Display  # only texts need it

        parts = [*self.sums.items(), ("total", self.total)]
        rows = ((name, f"{part.rows:,}", *_shown(part)) for name, part in parts)
        title = f"{counted(self.total.rows, 'row')}, difference {usd_shown(self.difference_micros)}"
        header = ("outcome", "count", "quoted", "billed", "difference")
        return Display(title, header, tuple(rows), tuple(map(str, self.causes)))

    def __bool__(self) -> bool:
        return SETTLED.issuperset(self.sums)

    def __str__(self) -> str:
        return self.display().to_text()


def _shown(part: Sum) -> tuple[str, str, str]:
    return usd_shown(part.quoted_micros), usd_shown(part.billed_micros), usd_shown(part.difference_micros)


def reconcile(
    ours: Iterable[object],
    theirs: Iterable[object],
    *,
    tolerance_micros: int = 0,
    delay: timedelta = timedelta(0),
    catalog: Catalog | None = None,
    at: date | None = None,
) -> Reconciliation:
    """Return how a bill compares with our own quotes, row by row, and what the differences have in common.

    Args:
        ours: Our records: mappings with `job_id` and a `quote` (a `Quote` or its stored form), a `receipt` (a `Receipt`
            or its JSON data) or a `request`, which is priced here. Optionally `time`, the instant of the submission,
            whose price applies to a request.
        theirs: The bill: mappings with `job_id` and `charged_micros`, and optionally the `status` of the job and the
            `time` of the charge. Instants are datetimes or ISO 8601 text with an offset.
        tolerance_micros: The largest difference that does not matter, in millionths of a US dollar.
        delay: How long the bill may lag behind. A job without a charge is pending if its `time` is later than the last
            `time` of the bill minus this.
        catalog: The tables; the bundled ones by default.
        at: The instant whose price applies to requests without a `time`, as in `quote`.

    No row raises: what cannot be read is a row with the outcome `unreadable`.

    >>> from ratecard import price
    >>> slug = "kling-plus/kling-o3-standard/image-to-video"
    >>> jobs = [{"job_id": f"job_{n}", "quote": price(slug, {"duration": str(n)})} for n in (5, 10, 15)]
    >>> bill = [{"job_id": f"job_{n}", "charged_micros": 126_000 * n} for n in (5, 10, 15)]
    >>> print(reconcile(jobs, bill))
    3 rows, difference $1.26
      amount_differs  3  $2.52  $3.78  $1.26
      total           3  $2.52  $3.78  $1.26
    3 of 3: has_sound counted as true where left out
    """
    tables = catalog_at(catalog, at)
    matcher = _Matcher(tolerance_micros, delay)
    reader = OursReader(tables)
    for record in ours:
        matcher.add_ours(*reader.read(record))
    for record in theirs:
        matcher.add_charge(charge_of(record))
    matcher.finish()
    return _explained(matcher, Decoder(tables.whole))


_REFUNDED = frozenset({"failed", "cancelled"})
_RUNNING = frozenset(JOB_STATUSES) - TERMINAL


@define
class _Matcher:
    """Compares both sides, row by row.

    Attributes:
        tolerance_micros: The largest difference that does not matter.
        delay: How long the bill may lag behind.
        rows: The rows so far.
        differing: What was quoted and charged in the rows whose amounts differ, by their place.
    """

    tolerance_micros: int
    delay: timedelta
    rows: list[Row] = field(init=False, factory=list)
    differing: dict[int, Pair] = field(init=False, factory=dict)
    _jobs: dict[str | None, Basis | str | None] = field(init=False, factory=dict)  # None: the bill has the job
    _times: dict[str, datetime] = field(init=False, factory=dict)
    _last: datetime | None = field(init=False, default=None)

    def add_ours(self, job_id: str | None, basis: Basis | str, time: datetime | None) -> None:
        """Add a row of our own records."""
        if job_id is None:
            self._add("unreadable", None, basis, flaw="" if isinstance(basis, str) else NO_JOB_ID)
        elif job_id in self._jobs:
            self._add("duplicate_job", job_id, basis)
        else:
            self._jobs[job_id] = basis
            if self.delay and time is not None:
                self._times[job_id] = time

    def add_charge(self, charge: Charge) -> None:
        """Add a row of the bill."""
        if charge.time is not None:
            self._last = max(charge.time, self._last or charge.time)
        if charge.micros is not None and charge.micros < 0 and not charge.flaw:
            self._add("refunded", charge.job_id, None, charge.micros)  # the charge itself is another row
            return
        basis = self._jobs.get(charge.job_id)
        if charge.flaw or charge.micros is None or isinstance(basis, str):
            outcome: Outcome = "unreadable"
        elif basis is None:
            outcome = "duplicate_job" if charge.job_id in self._jobs else "billed_only"
        else:
            outcome = self._outcome(basis, charge.micros, charge.status)
            if outcome == "amount_differs":
                self.differing[len(self.rows)] = basis, charge.micros
        self._add(outcome, charge.job_id, basis, charge.micros, charge.flaw)
        if charge.job_id is not None:
            self._jobs[charge.job_id] = None

    def _outcome(self, basis: Basis, charged: int, status: str | None) -> Outcome:
        if status in _REFUNDED:
            return "refunded"
        if status in _RUNNING:
            return "pending"
        difference = abs(charged - (basis.usd_micros or 0))
        if difference > self.tolerance_micros:
            return "amount_differs"
        return "within_tolerance" if difference else "matched"

    def finish(self) -> None:
        """Add the jobs that only our records have."""
        for job_id, basis in self._jobs.items():
            if basis is not None:
                unpaired: Outcome = "pending" if self._is_late(self._times.get(str(job_id))) else "ours_only"
                self._add("unreadable" if isinstance(basis, str) else unpaired, job_id, basis)
        self._jobs.clear()

    def _is_late(self, time: datetime | None) -> bool:
        return time is not None and self._last is not None and time - self._last > -self.delay

    def _add(
        self, outcome: Outcome, job_id: str | None, basis: Basis | str | None, billed: int | None = None, flaw: str = ""
    ) -> None:
        if isinstance(basis, Basis):
            self.rows.append(Row(job_id, outcome, basis.usd_micros, billed, basis.model, flaw=flaw))
        else:
            self.rows.append(Row(job_id, outcome, None, billed, flaw="; ".join(filter(None, (flaw, basis)))))


def _explained(matcher: _Matcher, decoder: Decoder) -> Reconciliation:
    rows = matcher.rows
    chosen, causes = explain(Counter(matcher.differing.values()), decoder)
    for place, pair in matcher.differing.items():
        explanation = chosen.get(pair) or impossible(pair[0].model)
        rows[place] = evolve(rows[place], explanation=explanation)
    by_outcome = ((name, [row for row in rows if row.outcome == name]) for name in OUTCOMES)
    return Reconciliation(tuple(rows), {name: Sum.of(some) for name, some in by_outcome if some}, causes)
