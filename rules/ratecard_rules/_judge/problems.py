"""What is wrong with a request, as data; and, apart from it, the words for people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import fields, frozen

from ratecard_rules._judge.patch import Fix, apply_fixes
from ratecard_rules._judge.values import Shortened, Shown, describe
from ratecard_rules._table.model import CERTAIN, Evidence, Scalar
from ratecard_rules._text import literal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

Severity: TypeAlias = Literal["error", "warning"]

Code: TypeAlias = Literal[
    "wrong_type", "missing_field", "unknown_field", "unknown_model", "not_allowed", "not_json", "bad_url",
    "too_long", "too_small", "too_large", "too_few_items", "too_many_items", "missing_one_of", "uncertain_name",
    "unverifiable", "version_pinned", "not_yet_effective", "retired",
]  # fmt: skip
"""The closed list of what can be wrong. README.md says what each one means."""


Stated: TypeAlias = dict[str, Any]
"""What is known of a problem before a value is seen, by attribute."""

Found: TypeAlias = dict[str, Any]
"""What depends on the value, by attribute."""


def found(
    value: Shown = None,
    allowed: tuple[Scalar, ...] | None = None,
    suggestion: str | None = None,
    fix: Fix | None = None,
) -> Found:
    """Return what depends on the value that was found."""
    return {"value": value, "allowed": allowed, "suggestion": suggestion, "fix": fix}


_FOUND = tuple(found())


@frozen(kw_only=True, slots=False)
class Problem:
    """One thing that is wrong with a request.

    `code` what is wrong · `pointer` where (RFC 6901) · `severity` `error` or `warning` · `value` what was found: the
    value, or for a limit its size, shortened where it is long · `expected` the type or form wanted · `allowed` the
    options, the known names, or the one limit · `suggestion` what was probably meant · `fix` the RFC 6902 operation
    that mends it, where one is certain · `evidence` how sure the broken rule is (None: it is JSON itself, or nobody
    knows the rule) · `sibling` the model whose page states it, where the own page does not · `page` the address of the
    page that states it and `checked` the day on which that was read (None: no page does).
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
    def stated(**details: Any) -> Stated:  # noqa: ANN401  what Problem takes
        """Return what is known of a problem before a value is seen; see `of`."""
        known = Problem(**details)
        return {name: getattr(known, name) for name in _NAMES if name not in _FOUND}

    @staticmethod
    def of(
        known: Stated, finish: Callable[..., Found] | None = None, *arguments: object, pointer: str | None = None
    ) -> Problem:
        """Return a problem of which `finish(*arguments)` tells the rest when somebody asks.

        `finish` is pure, and `arguments` hold nothing of the caller's that could change. Without it nothing was found.
        `pointer` says where, in place of what is known.
        """
        problem: Problem = object.__new__(Problem)
        attributes = problem.__dict__
        attributes["code"] = known["code"]
        attributes["pointer"] = known["pointer"] if pointer is None else pointer
        attributes["severity"] = known["severity"]
        attributes["_known"] = known
        attributes["_rest"] = (finish or found, arguments)
        return problem

    def __getattr__(self, name: str) -> object:
        attributes = self.__dict__
        if name not in _NAMES or "_rest" not in attributes:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        if name not in _FOUND:
            return attributes.setdefault(name, attributes["_known"][name])
        finish, arguments = attributes["_rest"]
        attributes.update(finish(*arguments))
        return attributes[name]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _NAMES}

    @property
    def message(self) -> str:
        """What is wrong, what is allowed and how to mend it, in one line."""
        return message_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as plain JSON data."""
        return {
            "severity": self.severity,
            "code": self.code,
            "pointer": self.pointer,
            "message": self.message,
            "value": self.value.text if isinstance(self.value, Shortened) else self.value,
            "expected": self.expected,
            "allowed": None if self.allowed is None else [_json_scalar(option) for option in self.allowed],
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


_NAMES = tuple(attribute.name for attribute in fields(Problem))


@frozen
class Report:
    """Every problem of one request, in a fixed order: the top level first, then `input`, as the table lists it."""

    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the request may be sent: there is no error. Warnings do not count."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems for which the API would refuse the request."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that rest on what is not certain."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    def fixed(self, request: object) -> Any:  # noqa: ANN401  a request of any shape comes back in that shape
        """Return a new request with every fix of this report applied; `request` is not changed.

        What no fix touches is shared with `request`, not copied.

        >>> from ratecard_rules import validate
        >>> request = {"model": "kling-plus/kling-o1-standard/text-to-video",
        ...            "input": {"prompt": "a cat", "duration": 10}}
        >>> validate(request).fixed(request)["input"]
        {'prompt': 'a cat', 'duration': '10'}
        """
        return apply_fixes(request, [problem.fix for problem in self.problems if problem.fix])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        return {"ok": self.ok, "problems": [problem.to_dict() for problem in self.problems]}

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems)) or "ok"


def severity_of(evidence: Evidence, *, strict: bool = False) -> Severity:
    """Return how bad it is to break a rule that is this sure."""
    return "error" if strict or evidence in CERTAIN else "warning"


def message_of(problem: Problem) -> str:
    """Return the words for a problem: what is wrong, what is allowed, how to mend it."""
    return _MESSAGES[problem.code](problem)


def _wrong_type(problem: Problem) -> str:
    return f"expected {problem.expected}, got {describe(problem.value)}{_options(problem)}{_hint(problem)}"


def _not_allowed(problem: Problem) -> str:
    return f"{describe(problem.value)} is not an option{_options(problem)}{_hint(problem)}"


def _unknown(what: str) -> Callable[[Problem], str]:
    def words(problem: Problem) -> str:
        if problem.suggestion is not None:
            return f"no such {what}; did you mean {literal(problem.suggestion)}?"
        known = ", ".join(str(name) for name in problem.allowed or ())
        return f"no such {what}; known: {known}" if known else f"no such {what}"

    return words


def _not_json(problem: Problem) -> str:
    hint = f"; {problem.suggestion}" if problem.suggestion else ""
    return f"JSON cannot carry {describe(problem.value)}{hint}"


def _limit(words: str) -> Callable[[Problem], str]:
    def limited(problem: Problem) -> str:
        limit = (problem.allowed or ("",))[0]
        return words.format(_grouped(problem.value), _grouped(limit))

    return limited


def _grouped(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else describe(number).removeprefix("the number ")  # type: ignore[arg-type]  # a float or a Decimal


def _options(problem: Problem) -> str:
    if problem.allowed is None:
        return ""
    return f"; use one of {', '.join(map(literal, problem.allowed))}"


def _hint(problem: Problem) -> str:
    return "" if problem.suggestion is None else f"; did you mean {problem.suggestion}?"


def _json_scalar(option: Scalar) -> str | float | bool:
    """Return an option or a limit as JSON has it; a limit is never money."""
    return float(option) if isinstance(option, Decimal) else option


_MESSAGES: dict[Code, Callable[[Problem], str]] = {
    "wrong_type": _wrong_type,
    "missing_field": lambda problem: f"this field is required: {problem.expected}",
    "unknown_field": _unknown("field"),
    "unknown_model": _unknown("model"),
    "not_allowed": _not_allowed,
    "not_json": _not_json,
    "bad_url": lambda problem: f"expected {problem.expected}, got {describe(problem.value)}",
    "too_long": _limit("{} characters are too many; at most {}"),
    "too_small": _limit("{} is too small; at least {}"),
    "too_large": _limit("{} is too large; at most {}"),
    "too_few_items": _limit("{} items are too few; at least {}"),
    "too_many_items": _limit("{} items are too many; at most {}"),
    "missing_one_of": lambda problem: f"at least one of these is needed: {', '.join(map(str, problem.allowed or ()))}",
    "uncertain_name": lambda problem: (
        f"the page describes this field without its name; it is named as on the page of {problem.sibling or 'no model'}"
    ),
    "unverifiable": lambda problem: f"this value cannot be checked: {problem.expected}",
    "version_pinned": lambda problem: (
        f"version {literal(problem.value)} is named, but rules and prices here are those of the latest stable version"
    ),
    "not_yet_effective": lambda problem: f"{literal(problem.value)} begins only at {problem.expected}",
    "retired": lambda problem: f"{literal(problem.value)} is gone since {problem.expected}",
}

CODES: tuple[Code, ...] = tuple(_MESSAGES)
"""Every code, in the order in which README.md explains them."""
