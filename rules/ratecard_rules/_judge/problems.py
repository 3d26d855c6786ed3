"""The problems of a request as data and, separately, their messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from attrs import field, frozen

from ratecard_rules._errors import InvalidRequest
from ratecard_rules._json import Json, json_scalar
from ratecard_rules._judge.patch import Fix, apply_fixes
from ratecard_rules._judge.values import Shortened, Shown
from ratecard_rules._table.model import CERTAIN, Evidence, Scalar
from ratecard_rules._table.value import Displayed, Value
from ratecard_rules._text import counted, describe, literal, one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ratecard_rules._display import Display

Severity: TypeAlias = Literal["error", "warning"]

Code: TypeAlias = Literal[
    "wrong_type", "missing_field", "unknown_field", "unknown_model", "not_allowed", "not_json", "bad_url",
    "too_long", "too_small", "too_large", "too_few_items", "too_many_items", "missing_one_of", "unknown_measured",
    "uncertain_name", "unverifiable", "version_pinned", "not_yet_effective", "retired",
]  # fmt: skip
"""Every code of a problem. README.md explains each of them."""


class Advice(NamedTuple):
    """The attributes of a problem that are computed on first use; see `Problem`."""

    allowed: tuple[Scalar, ...] | None = None
    suggestion: str | None = None
    fix: Fix | None = None
    expected: str | None = None


MOST_NAMES = 200
"""Maximum number of characters of a list of names in a message."""

MAX_PROBLEMS = 100
"""Maximum number of problems in a report. Others are only counted."""

MAX_PASSES = 10
"""Maximum passes of `Report.fixed`. A fix can reveal the next problem, so one pass is not enough."""


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class Problem(Value):
    """Something that is wrong with a request.

    Attributes:
        code: What is wrong, one of `CODES`.
        pointer: Where it is in the request, as a JSON Pointer (RFC 6901). `/measured/<name>` stands for an option in
            `measured`, which is not part of the request.
        severity: `error` or `warning`.
        value: The value in question, or its length if that is limited; long values are shortened.
        expected: The expected type or form; for an unknown model, similar ones with their prices.
        allowed: The options, the known names, or the limit.
        suggestion: What was probably meant.
        fix: The JSON Patch operation (RFC 6902) that fixes the problem, if one certainly does.
        evidence: The evidence of the broken rule; None for rules of JSON, and for rules that no table states.
        sibling: The model whose page states the rule, if the model's own page does not.
        page: The URL of the page that states the rule, or None.
        checked: The day on which that page was read, or None.
    """

    code: Code
    pointer: str
    severity: Severity = "error"
    value: Shown = None
    expected: str | None = None
    allowed: tuple[Scalar, ...] | None = None
    suggestion: str | None = None
    fix: Fix | None = None
    evidence: Evidence | None = None
    sibling: str | None = None
    page: str | None = None
    checked: date | None = None

    @staticmethod
    def template(**attributes: Any) -> Problem:
        """Return a problem to derive others from, which may set the attributes of `Advice` that it does not set.

        Those are not stored, because copying a few attributes less, and from a new dict, takes half the time.
        """
        known = Problem(**attributes).__dict__.items()
        stored = {name: value for name, value in known if name not in Advice._fields or value is not None}
        problem: Problem = object.__new__(Problem)
        problem.__dict__.update(stored)
        return problem

    def having(self, **changes: object) -> Problem:
        """Return this problem with other attributes. Faster than `attrs.evolve`; lazy attributes stay lazy."""
        problem: Problem = object.__new__(Problem)
        problem.__dict__.update(self.__dict__, **changes)
        return problem

    def lazily(self, advise: Callable[[], Advice], value: Shown, pointer: str) -> Problem:
        """Return the problem of a value; `self` is a template, whose missing attributes `advise` returns on first use.

        `advise` must be pure, and must not refer to mutable objects of the caller.
        """
        problem: Problem = object.__new__(Problem)
        attributes = problem.__dict__
        attributes.update(self.__dict__)
        attributes["value"] = value
        attributes["pointer"] = pointer
        attributes["_advise"] = advise
        return problem

    def __getattr__(self, name: str) -> object:
        if name not in Advice._fields:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        advice: Advice = self.__dict__.get("_advise", Advice)()
        for part, value in advice._asdict().items():
            self.__dict__.setdefault(part, value)
        return self.__dict__[name]

    @property
    def message(self) -> str:
        """What is wrong, what is allowed and how to fix it, on one line."""
        return _MESSAGES[self.code](self)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as plain JSON data."""
        return {
            "severity": self.severity,
            "code": self.code,
            "pointer": self.pointer,
            "message": self.message,
            "value": self.value.text if isinstance(self.value, Shortened) else self.value,
            "expected": self.expected,
            "allowed": None if self.allowed is None else [json_scalar(option) for option in self.allowed],
            "suggestion": self.suggestion,
            "fix": None if self.fix is None else self.fix.to_dict(),
            "evidence": self.evidence,
            "sibling": self.sibling,
            "page": self.page,
            "checked": None if self.checked is None else self.checked.isoformat(),
        }

    def __str__(self) -> str:
        certainty = f" ({self.evidence})" if self.severity == "warning" and self.evidence else ""
        where = one_line(self.pointer) or "(the request)"
        return f"{self.severity:<7}  {self.code}  {where}  {self.message}{certainty}"


class Omitted(NamedTuple):
    """The number of problems of one severity that were found but are not listed, because there are too many."""

    severity: Severity
    number: int


Found: TypeAlias = "Problem | Omitted"
"""What a rule yields."""


@frozen(eq=False, repr=False, slots=False)
class Report(Displayed, Value):
    """The problems of a request, in a fixed order: the top level first, then `input` in the order of the table.

    A report is truthy if the request may be sent. Its length is the number of its problems, and iterating over it
    yields them.

    Attributes:
        problems: The problems, at most `MAX_PROBLEMS`. If there are more, errors take precedence over warnings.
        omitted_errors: The number of errors that are not in `problems`.
        omitted_warnings: The number of warnings that are not in `problems`.

    >>> report = Report((Problem(code="missing_field", pointer="/input"),))
    >>> bool(report), len(report), [problem.pointer for problem in report]
    (False, 1, ['/input'])
    """

    problems: tuple[Problem, ...] = ()
    omitted_errors: int = 0
    omitted_warnings: int = 0
    _judge: Callable[[Json], Report] | None = field(default=None, eq=False)  # how it was validated

    @staticmethod
    def of(found: Iterable[Found], judge: Callable[[Json], Report] | None = None) -> Report:
        """Return the report of these problems. `judge` validates a request with the same tables."""
        found = tuple(found)
        if len(found) <= MAX_PROBLEMS:
            return Report(found, 0, 0, judge)  # type: ignore[arg-type]  # only problems: others are omitted beyond that
        problems = [item for item in found if isinstance(item, Problem)]
        by_severity = sorted(range(len(problems)), key=lambda place: problems[place].severity)  # errors first; stable
        listed = sorted(by_severity[:MAX_PROBLEMS])
        omitted = {"error": 0, "warning": 0}
        for place in by_severity[MAX_PROBLEMS:]:
            omitted[problems[place].severity] += 1
        for item in found:
            if isinstance(item, Omitted):
                omitted[item.severity] += item.number
        return Report(tuple(problems[place] for place in listed), omitted["error"], omitted["warning"], judge)

    @property
    def ok(self) -> bool:
        """Whether the request may be sent, that is, there is no error. Warnings do not count."""
        return "error" not in [problem.severity for problem in self.problems]  # `any` takes twice the time

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems for which the API would refuse the request."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that are uncertain, and notes such as a pinned version."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def omitted(self) -> int:
        """The number of problems that were found but are not listed."""
        return self.omitted_errors + self.omitted_warnings

    def __bool__(self) -> bool:
        return self.ok

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    def raise_for_errors(self) -> Report:
        """Return this report if the request may be sent. Raises InvalidRequest (a ValueError) if it has errors."""
        if not self.ok:
            raise InvalidRequest(self)
        return self

    def fixed(self, request: object) -> Json:
        """Return a new request with every certain fix applied; `request` is not modified.

        A fix can reveal the next problem. So the request is validated again after each pass, with the same catalogue
        and instant, until nothing more can be fixed, but at most `MAX_PASSES` times. A report that was copied or
        unpickled, or that did not come from a validation, applies only its own fixes. Parts that no fix changes are
        shared with `request`, not copied.

        >>> from ratecard_rules import validate
        >>> request = {"model": "kling-plus/kling-o1-standard/text-to-video",
        ...            "input": {"prompt": "a cat", "durtion": 10}}
        >>> validate(request).fixed(request)["input"]
        {'prompt': 'a cat', 'duration': '10'}
        """
        return apply_fixes(request, self.fixes(request))

    def fixes(self, request: object) -> tuple[Fix, ...]:
        """Return the fixes that `fixed` applies to a request, in order: a JSON Patch (RFC 6902)."""
        applied: list[Fix] = []
        report = self
        for _ in range(MAX_PASSES):
            fixes = [problem.fix for problem in report if problem.fix]
            applied += fixes
            if not fixes or self._judge is None:
                break
            request = apply_fixes(request, fixes)
            report = self._judge(request)
        return tuple(applied)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        problems = [problem.to_dict() for problem in self.problems]
        return {"ok": self.ok, "problems": problems, "omitted": self.omitted}

    def __str__(self) -> str:
        lines = list(map(str, self.problems))
        if self.omitted:
            lines.append(f"and {self.omitted:,} more")
        return "\n".join(lines) or "ok"

    def display(self) -> Display:
        """Return what a notebook shows: how many problems there are, and a table of them."""
        from ratecard_rules._display import Display  # only notebooks need it

        rows = [(problem.severity, problem.code, problem.pointer, problem.message) for problem in self.problems]
        notes = (f"and {self.omitted:,} more",) if self.omitted else ()
        return Display(self._counts(), ("severity", "code", "where", "message"), tuple(rows), notes)

    def __repr__(self) -> str:
        return f"<Report {self._counts()}>"

    def __getstate__(self) -> dict[str, object]:
        return {**super().__getstate__(), "_judge": None}  # a catalogue is too large to be pickled with each report

    def _counts(self) -> str:
        errors = len(self.errors) + self.omitted_errors
        warnings = len(self.warnings) + self.omitted_warnings
        numbers = {"error": errors, "warning": warnings}
        return ", ".join(counted(number, noun) for noun, number in numbers.items() if number) or "ok"


def severity_of(evidence: Evidence) -> Severity:
    """Return the severity of breaking a rule with this evidence."""
    return "error" if evidence in CERTAIN else "warning"


def _got(problem: Problem) -> str:
    """Return the value of a problem in words."""
    return problem.value.text if isinstance(problem.value, Shortened) else describe(problem.value)


def _names(problem: Problem) -> str:
    return _listed(problem.allowed or ())


@lru_cache(256)
def _listed(names: tuple[object, ...]) -> str:
    return shorten(", ".join(map(str, names)), MOST_NAMES, placeholder=" …")


def _options(problem: Problem) -> str:
    return "" if problem.allowed is None else f"; use one of {shortened(list(map(literal, problem.allowed)))}"


def _hint(problem: Problem) -> str:
    if problem.suggestion is None:
        return ""
    return f"; did you mean {problem.suggestion}?" if problem.pointer else f"; {problem.suggestion}"


def _unknown_field(problem: Problem) -> str:
    if problem.suggestion is not None:
        return f"no such field; did you mean {literal(problem.suggestion)}?"
    return f"no such field; known fields: {_names(problem)}" if problem.allowed else "no such field"


def _unknown_measured(problem: Problem) -> str:
    hint = f"it is {problem.expected}, so set it in `input`; " if problem.expected else ""
    return (
        f"{literal(problem.value)} is not a measured quantity of this model; "
        f"{hint}measured quantities: {_names(problem) or 'none'}"
    )


def _limit(words: str) -> Callable[[Problem], str]:
    """Return the message of a limit that a value does not keep."""

    def message(problem: Problem) -> str:
        numbers = (problem.value, *(problem.allowed or ("",)))
        return words.format(*(f"{number:,}" if isinstance(number, int) else literal(number) for number in numbers))

    return message


_MESSAGES: dict[Code, Callable[[Problem], str]] = {
    "wrong_type": lambda problem: (
        f"expected {problem.expected}, got {_got(problem)}{_options(problem)}{_hint(problem)}"
    ),
    "missing_field": lambda problem: f"this field is required; expected {problem.expected}",
    "unknown_field": _unknown_field,
    "unknown_model": lambda problem: (
        "no such model" + (f"; did you mean {problem.expected}?" if problem.expected else "")
    ),
    "not_allowed": lambda problem: f"{_got(problem)} is not allowed{_options(problem)}{_hint(problem)}",
    "not_json": lambda problem: (
        f"JSON cannot represent {_got(problem)}" + (f"; {problem.suggestion}" if problem.suggestion else "")
    ),
    "bad_url": lambda problem: (
        f"expected {problem.expected}, got {_got(problem)}" + (f"; {problem.suggestion}" if problem.suggestion else "")
    ),
    "too_long": _limit("too long: {} characters (maximum {})"),
    "too_small": _limit("{} is too small (minimum {})"),
    "too_large": _limit("{} is too large (maximum {})"),
    "too_few_items": _limit("too few items: {} (minimum {})"),
    "too_many_items": _limit("too many items: {} (maximum {})"),
    "missing_one_of": lambda problem: f"at least one of these is required: {_names(problem)}",
    "unknown_measured": _unknown_measured,
    "uncertain_name": lambda problem: (
        "the page describes this field without naming it; "
        + (f"the name is taken from the page of {problem.sibling}" if problem.sibling else "the name is assumed")
    ),
    "unverifiable": lambda problem: f"this value cannot be checked: {problem.expected}",
    "version_pinned": lambda problem: (
        f"the request pins version {literal(problem.value)}; "
        "rules and prices here are those of the latest stable version"
    ),
    "not_yet_effective": lambda problem: f"{literal(problem.value)} is available from {problem.expected}",
    "retired": lambda problem: f"{literal(problem.value)} was retired on {problem.expected}",
}

CODES: tuple[Code, ...] = tuple(_MESSAGES)
"""Every code, in the order of README.md."""
