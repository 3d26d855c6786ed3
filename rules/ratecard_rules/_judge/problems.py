"""The problems of a request as data and, separately, their messages."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from attrs import frozen

from ratecard_rules._json import json_scalar
from ratecard_rules._judge.patch import Fix, apply_fixes
from ratecard_rules._judge.values import Shortened, Shown
from ratecard_rules._table.model import CERTAIN, Evidence, Scalar
from ratecard_rules._table.value import Value
from ratecard_rules._text import describe, literal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ratecard_rules._json import Json

Severity: TypeAlias = Literal["error", "warning"]

Code: TypeAlias = Literal[
    "wrong_type", "missing_field", "unknown_field", "unknown_model", "not_allowed", "not_json", "bad_url",
    "too_long", "too_small", "too_large", "too_few_items", "too_many_items", "missing_one_of", "unknown_measured",
    "uncertain_name", "unverifiable", "version_pinned", "not_yet_effective", "retired",
]  # fmt: skip
"""Every code of a problem. README.md explains each of them."""

Advice: TypeAlias = "tuple[tuple[Scalar, ...] | None, str | None, Fix | None]"
"""The values of the attributes in `_ADVICE`."""

_ADVICE = ("allowed", "suggestion", "fix")

MAX_PROBLEMS = 100
"""Maximum number of problems in a report. Others are only counted."""


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class Problem(Value):
    """Something that is wrong with a request.

    Attributes:
        code: What is wrong, one of `CODES`.
        pointer: Where it is in the request, as a JSON Pointer (RFC 6901). `/measured/<name>` stands for an option in
            `measured`, which is not part of the request.
        severity: `error` or `warning`.
        value: The value in question, or its length if that is limited; long values are shortened.
        expected: The expected type or form.
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
        """Return a problem to derive others from. Its `allowed`, `suggestion` and `fix` are None unless those set them.

        They are not stored, because copying a few attributes less, and from a new dict, takes half the time.
        """
        stored = {name: value for name, value in Problem(**attributes).__dict__.items() if name not in _ADVICE}
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
        if name not in _ADVICE:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        advise = self.__dict__.get("_advise")
        for part, value in zip(_ADVICE, (None, None, None) if advise is None else advise(), strict=True):
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
class Report(Value):
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

    @staticmethod
    def of(found: Iterable[Found]) -> Report:
        """Return the report of these problems."""
        found = tuple(found)
        if len(found) <= MAX_PROBLEMS:
            return Report(found)  # type: ignore[arg-type]  # only problems: others are omitted beyond that number
        problems = [item for item in found if isinstance(item, Problem)]
        by_severity = sorted(range(len(problems)), key=lambda place: problems[place].severity)  # errors first; stable
        listed = sorted(by_severity[:MAX_PROBLEMS])
        omitted = {"error": 0, "warning": 0}
        for place in by_severity[MAX_PROBLEMS:]:
            omitted[problems[place].severity] += 1
        for item in found:
            if isinstance(item, Omitted):
                omitted[item.severity] += item.number
        return Report(tuple(problems[place] for place in listed), omitted["error"], omitted["warning"])

    @property
    def ok(self) -> bool:
        """Whether the request may be sent, that is, there is no error. Warnings do not count."""
        return not any(problem.severity == "error" for problem in self.problems)

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

    def fixed(self, request: object) -> Json:
        """Return a new request with every fix of this report applied; `request` is not modified.

        Parts that no fix changes are shared with `request`, not copied.

        >>> from ratecard_rules import validate
        >>> request = {"model": "kling-plus/kling-o1-standard/text-to-video",
        ...            "input": {"prompt": "a cat", "duration": 10}}
        >>> validate(request).fixed(request)["input"]
        {'prompt': 'a cat', 'duration': '10'}
        """
        return apply_fixes(request, [problem.fix for problem in self.problems if problem.fix])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        problems = [problem.to_dict() for problem in self.problems]
        return {"ok": self.ok, "problems": problems, "omitted": self.omitted}

    def __str__(self) -> str:
        lines = list(map(str, self.problems))
        if self.omitted:
            lines.append(f"and {self.omitted:,} more")
        return "\n".join(lines) or "ok"


def severity_of(evidence: Evidence) -> Severity:
    """Return the severity of breaking a rule with this evidence."""
    return "error" if evidence in CERTAIN else "warning"


def _got(problem: Problem) -> str:
    """Return the value of a problem in words."""
    return problem.value.text if isinstance(problem.value, Shortened) else describe(problem.value)


def _names(problem: Problem) -> str:
    return ", ".join(map(str, problem.allowed or ()))


def _options(problem: Problem) -> str:
    return "" if problem.allowed is None else f"; use one of {', '.join(map(literal, problem.allowed))}"


def _hint(problem: Problem) -> str:
    return "" if problem.suggestion is None else f"; did you mean {problem.suggestion}?"


def _unknown(what: str, problem: Problem) -> str:
    if problem.suggestion is not None:
        return f"no such {what}; did you mean {literal(problem.suggestion)}?"
    return f"no such {what}; known {what}s: {_names(problem)}" if problem.allowed else f"no such {what}"


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
    "unknown_field": partial(_unknown, "field"),
    "unknown_model": partial(_unknown, "model"),
    "not_allowed": lambda problem: f"{_got(problem)} is not allowed{_options(problem)}{_hint(problem)}",
    "not_json": lambda problem: (
        f"JSON cannot represent {_got(problem)}" + (f"; {problem.suggestion}" if problem.suggestion else "")
    ),
    "bad_url": lambda problem: f"expected {problem.expected}, got {_got(problem)}",
    "too_long": _limit("too long: {} characters, at most {} are allowed"),
    "too_small": _limit("{} is too small, the minimum is {}"),
    "too_large": _limit("{} is too large, the maximum is {}"),
    "too_few_items": _limit("too few items: {}, at least {} are needed"),
    "too_many_items": _limit("too many items: {}, at most {} are allowed"),
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
