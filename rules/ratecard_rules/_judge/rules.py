"""One function for each kind of rule. It takes a field, what the field states and a value, and yields problems.

Rule 1  Rules get only plain values of the field's type (see `_json`), and arrays of plain values. They yield problems
        and never raise.
Rule 2  `RULES` determines the order of the problems of a field.
Rule 3  Values are never coerced: True is not 1, "5" is not 5, " 5" is not "5".
Rule 4  Numbers are compared by their shortest decimal text: 0.1 in a request is the 0.1 of the table.
"""

from __future__ import annotations

import re
from functools import partial
from operator import gt, lt
from typing import TYPE_CHECKING, Any, TypeAlias

from ratecard_rules._json import TYPES, exact, is_plain_scalar, json_scalar, plain, plain_items
from ratecard_rules._judge.patch import Fix, pointer_to
from ratecard_rules._judge.problems import MAX_PROBLEMS, Advice, Code, Found, Omitted, Problem, severity_of
from ratecard_rules._judge.values import Shortened, show, unserializable
from ratecard_rules._table.model import CERTAIN, FORMATS, UNIT_FIELDS, Evidence, Field
from ratecard_rules._table.price import option_text
from ratecard_rules._text import literal, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from decimal import Decimal

    from ratecard_rules._json import Json
    from ratecard_rules._table.model import Format, Scalar

    Rule: TypeAlias = Callable[["FieldRules", Any, Any], Iterator[Found]]

PageOf: TypeAlias = "Callable[[Evidence | None, str | None], tuple[str | None, date | None]]"
"""A function from the evidence and the sibling of a rule to the URL of its page and the day the page was read."""

INPUT = "/input"
"""The pointer to the fields of a model in a request."""

LONGEST_NUMBER = 15
"""JSON parsers keep this many digits exactly."""

LONGEST_PATH = 4_096
"""Only this many characters of a string are examined to recognise a path, so that a file's content costs no more."""

_TYPE_NAMES = {
    "string": "a string",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}


class FieldRules:
    """The rules of a field at some place in a request."""

    def __init__(self, field: Field, pointer: str, page_of: PageOf) -> None:
        """Collect the rules of a field. `page_of` returns the page that states a rule."""
        self.field = field
        self.pointer = pointer
        self.expected = _TYPE_NAMES[field.type] + (f" of {field.items}s" if field.items else "")
        self._page_of = page_of
        self._templates: dict[str, Problem] = {}
        self._type, self._other_type = TYPES[field.type][0], TYPES[field.type][-1]
        is_certain = field.evidence_of("name") in CERTAIN
        self._uncertain_name: list[Found] = [] if is_certain else [self.template("uncertain_name", "name")]
        self._rules = [(rule, getattr(field, name)) for name, rule in RULES.items() if getattr(field, name) is not None]

    def problems(self, raw: object) -> list[Found]:
        """Return every problem of a field that has this value: those of the value, and an uncertain name."""
        found = self.problems_of_value(raw)
        return found + self._uncertain_name if self._uncertain_name else found

    def problems_of_value(self, raw: object) -> list[Found]:
        """Return every problem of a value: it is not JSON, it has the wrong type, or it breaks rules of the field.

        For the `input` of a request only the type is checked here; its fields are judged separately.
        """
        is_known = is_plain_scalar(raw)
        flaw = None if is_known or self.pointer == INPUT else unserializable(raw)
        if flaw is not None:
            return [not_json(self.pointer + flaw.pointer, flaw.what, flaw.hint)]
        value: Json = raw if is_known else plain(raw)
        kind = type(value)
        if kind is self._type or kind is self._other_type:
            if kind is list:
                value = plain_items(value)
            return [found for rule, stated in self._rules for found in rule(self, stated, value)]
        return [self.fixable("wrong_type", "type", value, self.expected)]

    def template(self, code: Code, rule: str, expected: str | None = None) -> Problem:
        """Return the problem for breaking a rule, without a value: its severity, its evidence and its page."""
        known = self._templates.get(rule)
        if known is None:
            evidence = self.field.evidence_of(rule)
            sibling = self.field.sibling if evidence == "sibling" else None
            page, checked = self._page_of(evidence, sibling)
            known = self._templates[rule] = Problem.template(
                code=code, pointer=self.pointer, severity=severity_of(evidence),
                expected=expected, evidence=evidence, sibling=sibling, page=page, checked=checked,
            )  # fmt: skip
        return known

    def fixable(self, code: Code, rule: str, value: Json, expected: str | None = None) -> Problem:
        """Return the problem of a value. The fix is computed on first use."""
        known, shown = self.template(code, rule, expected), show(value)
        if shown is value or type(value) is str:
            return known.lazily(partial(_advise, self, value), shown, self.pointer)
        # Arrays and objects have no certain fix, and the caller may modify them.
        return known.having(value=shown, allowed=self.field.allowed)


def not_json(pointer: str, what: str, hint: str | None) -> Problem:
    """Return the problem of a value that JSON cannot represent."""
    return Problem(code="not_json", pointer=pointer, value=Shortened(what), suggestion=hint)


def _check_items(rules: FieldRules, wanted: str, value: list[object]) -> Iterator[Found]:
    kind = TYPES[wanted][0]
    items = value[: rules.field.max_items]  # if there are too many, that is one problem of its own
    wrong = [place for place, item in enumerate(items) if type(item) is not kind]
    problem = rules.template("wrong_type", "items", _TYPE_NAMES[wanted])
    return _wrong_items([(problem, wrong)], value)


def _check_item_format(rules: FieldRules, form: Format, value: list[object]) -> Iterator[Found]:
    items = value[: rules.field.max_items]
    texts = {item for item in items if type(item) is str}  # each is judged once, which takes longest
    hints = {text: _url_hint(rules, text) for text in texts if not is_url(text, secure=form == "https")}
    wrong: dict[str | None, list[int]] = {hint: [] for hint in hints.values()}
    for place, item in enumerate(items) if hints else ():
        if type(item) is str and item in hints:
            wrong[hints[item]].append(place)
    return _wrong_items([(_bad_url(rules, "item_format", form, hint), places) for hint, places in wrong.items()], value)


def _wrong_items(wrong: list[tuple[Problem, list[int]]], value: list[object]) -> Iterator[Found]:
    """Yield the problems of items in their order. `wrong` has each problem, and the places of the items with it."""
    listed = {place: problem for problem, places in wrong for place in places[:MAX_PROBLEMS]}
    for place in sorted(listed):
        problem = listed[place]
        yield problem.having(value=show(value[place]), pointer=pointer_to(problem.pointer, place))
    for problem, places in wrong:
        if len(places) > MAX_PROBLEMS:
            yield Omitted(problem.severity, len(places) - MAX_PROBLEMS)


def _check_allowed(rules: FieldRules, options: tuple[Scalar, ...], value: Json) -> Iterator[Found]:
    if (exact(value) if type(value) is float else value) not in options:
        yield rules.fixable("not_allowed", "allowed", value)


def _check_unknown(rules: FieldRules, reason: str, value: object) -> Iterator[Found]:
    """No page lists the values of this field: the value may be right or wrong, so it gets a warning."""
    yield Problem(code="unverifiable", pointer=rules.pointer, severity="warning", value=show(value), expected=reason)


def _check_format(rules: FieldRules, form: Format, value: str) -> Iterator[Found]:
    if not is_url(value, secure=form == "https"):
        yield _bad_url(rules, "format", form, _url_hint(rules, value)).having(value=show(value))


def _bad_url(rules: FieldRules, rule: str, form: Format, hint: str | None) -> Problem:
    """Return the problem of a string that is not a URL. It is an error, whatever the evidence, if there is a hint."""
    problem = rules.template("bad_url", rule, FORMATS[form])
    return problem if hint is None else problem.having(severity="error", suggestion=hint)


def _url_hint(rules: FieldRules, text: str) -> str | None:
    """Return what to send instead of a string that the API certainly cannot fetch; None for other strings."""
    beginning = text.strip()[:LONGEST_PATH]
    if not beginning:
        return "send a URL" if rules.field.required else "send a URL, or leave it out"
    return "upload the file and send its URL" if _is_local(beginning) else None


# A path, a data URI, or the content of a file as base64. "example.com/cat.jpg" may be a URL without its scheme.
_is_local = re.compile(
    r"""
    (?: (?:file|data|blob): | [a-z]:[\\/] | \\\\ | ~[\\/] | \.{1,2}[\\/] | /(?!/) ).*
    | (?: [^./\\:]+[\\/].* | [^/\\:]+ )
      \.(?:avif|bmp|gif|heic|jpe?g|png|tiff?|webp|avi|m4v|mkv|mov|mp4|webm|flac|m4a|mp3|ogg|wav)
    | (?: iVBORw0KGgo | R0lGOD | UklGR | [0-9a-z+/_=\r\n-]{100} ).*
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
).fullmatch


def is_url(text: str, *, secure: bool = False) -> bool:
    """Return whether `text` is an absolute http(s) URL with a host; with `secure`, only https is accepted.

    >>> is_url("https://example.com/cat.jpg"), is_url("http://example.com", secure=True), is_url("cat.jpg")
    (True, False, False)
    """
    begins = _SECURE_HOST if secure else _HOST
    return begins(text) is not None and text.isprintable() and " " not in text


# The scheme, then whatever ends with the last @ before the path, then at least one character of a host.
_HOST = re.compile(r"(?i:https?)://(?>[^/?#]*@)?+[^/?#:@]").match
_SECURE_HOST = re.compile(r"(?i:https)://(?>[^/?#]*@)?+[^/?#:@]").match


def _check_max_length(rules: FieldRules, limit: int, value: str) -> Iterator[Found]:
    """Characters are code points. If only the number of UTF-16 units exceeds the limit, the problem is a warning."""
    if len(value) > limit:
        yield rules.template("too_long", "max_length").having(value=len(value), allowed=(limit,))
    elif len(value) * 2 > limit and (units := len(value.encode("utf-16-le")) // 2) > limit:
        yield Problem(
            code="too_long", pointer=rules.pointer, severity="warning",
            value=units, allowed=(limit,), evidence="assumed",
        )  # fmt: skip


def _limit(code: Code, name: str, is_broken: Callable[[Any, Any], bool]) -> Rule:
    """Return the rule for a limit of a number, or of the number of items of an array."""

    def check(rules: FieldRules, limit: int | Decimal, value: float | list[object]) -> Iterator[Found]:
        number = len(value) if isinstance(value, list) else value
        if is_broken(exact(number), limit):
            yield rules.template(code, name).having(value=show(number), allowed=(limit,))

    return check


RULES: dict[str, Rule] = {
    "items": _check_items,
    "item_format": _check_item_format,
    "allowed": _check_allowed,
    "unknown": _check_unknown,
    "format": _check_format,
    "max_length": _check_max_length,
    "min": _limit("too_small", "min", lt),
    "max": _limit("too_large", "max", gt),
    "min_items": _limit("too_few_items", "min_items", lt),
    "max_items": _limit("too_many_items", "max_items", gt),
}
"""The rule for each attribute of a field, in the order of their problems."""


def _advise(rules: FieldRules, value: object) -> Advice:
    """Return the options of a field, the value that was probably meant, and the fix if that is certain."""
    options = rules.field.allowed
    if value is None:
        leave_out = Fix(op="remove", path=rules.pointer)
        return Advice(options) if rules.field.required else Advice(options, "to leave it out", leave_out)
    meant = _meant(rules.field, value)
    answer = _ANSWERS.get(_written(value)) if meant is None else None
    if answer is not None:
        meant = _meant(rules.field, answer)
    if meant is None or rules.problems_of_value(meant):
        return Advice(options)
    if isinstance(meant, list):
        suggestion, meant = literal(list(map(short, meant))), tuple(meant)
    else:
        suggestion = literal(meant)
    return Advice(options, suggestion, Fix(op="replace", path=rules.pointer, value=meant) if answer is None else None)


_ANSWERS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""What people write for true and false. The field may have meant something else, so these are no certain fixes."""

_SECONDS = re.compile(r"([0-9]+)(?:\.0+)?\s*(?:s|secs?|seconds?)?").fullmatch
_RATIO = re.compile(r"([0-9]+)\s*[x\u00d7:/]\s*([0-9]+)").fullmatch


def _meant(field: Field, value: object) -> Json:
    """Return the value that was certainly meant, or None: the same with another type, case, whitespace or unit."""
    if field.allowed is not None:
        texts = _spellings(field, value)
        matches = [option for option in field.allowed if option_text(option).casefold() in texts]
        return json_scalar(matches[0]) if len(matches) == 1 else None
    match field.type, value:
        case "boolean", str():
            return {"true": True, "false": False}.get(value.strip().casefold())
        case "number", str() if value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER:
            return int(value)
        case "array", str() if field.items == "string":
            return [value]
    return None


def _spellings(field: Field, value: Json) -> set[str]:
    """Return the texts of the options that a value may stand for: "10 s" is 10 as a duration, "16x9" is "16:9"."""
    text = _written(value)
    seconds = _SECONDS(text) if field.name == UNIT_FIELDS["second"] else None
    ratio = _RATIO(text)
    return {text, seconds[1] if seconds else text, f"{ratio[1]}:{ratio[2]}" if ratio else text}


def _written(value: Json) -> str:
    """Return a scalar in normalized form: 5 and 5.0 are "5", True is "true", " Pro " is "pro"."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, bool):
        return option_text(value)
    return option_text(int(value) if value == int(value) else exact(value))
