"""From text to a JSON value: strict JSON, Python literals and pasted curl commands; YAML is in `_yaml`.

Rule 1  Every syntax yields the values of JSON, and is strict: no duplicate keys, no number out of range.
Rule 2  Nothing is executed and no file is opened, whatever the text says.
Rule 3  A reader returns a value, or raises `Malformed` with line and column. It raises nothing else.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import warnings
from getopt import GetoptError, gnu_getopt
from math import isfinite
from typing import TYPE_CHECKING

from ratecard._quote.document import parse
from ratecard_rules import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 200
"""Maximum nesting. No request needs more: the core already refuses half of it."""

MAX_CODE = 2**20
"""Maximum length of a Python literal or a curl command. Both are pasted, and slow to parse."""

_LONGEST_NAMED = 80

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(
    rf"(?P<key>{_STRING})\s*:|{_STRING}|(?P<open>[{{\[])|(?P<close>[}}\]])"
    r"|(?P<constant>NaN|-?Infinity)|(?P<number>-?\d[\d.eE+-]*)",
    re.DOTALL,
)
_SUSPECT = re.compile(r"\d[eE]\+?\d{2}|\d{300}")
"""What a number out of range contains."""

_JSON_START = re.compile(r'\s*(?:[{\["\d-]|true\b|false\b|null\b)', re.ASCII)
_PYTHON_ONLY = re.compile(r"['#]|True|False|None")

_CURL = re.compile(r"\s*(?:\$\s+)?curl(?:\.exe)?\s+")
_CURL_CONTINUATION = re.compile(r"\\\r?\n")
_CURL_DATA = ("-d", "--data", "--data-ascii", "--data-binary", "--data-raw", "--json")
_CURL_SHORT = "#0123456789fgijklLnNOpqRsSvZ" + "".join(f"{letter}:" for letter in "AbcCdDeEFHmoPrtuUwxXyYz")
_CURL_LONG = [
    *("compressed", "fail", "fail-with-body", "globoff", "http1.1", "http2", "include", "insecure", "ipv4", "ipv6"),
    *("location", "no-buffer", "no-progress-meter", "progress-bar", "show-error", "silent", "tlsv1.2", "verbose"),
    *("connect-timeout=", "cookie=", "data=", "data-ascii=", "data-binary=", "data-raw=", "data-urlencode=", "form="),
    *("form-string=", "header=", "json=", "max-time=", "oauth2-bearer=", "output=", "proxy=", "referer=", "request="),
    *("retry=", "retry-delay=", "url=", "user=", "user-agent=", "write-out="),
]
_CURL_FORMS = ("-F", "--form", "--form-string", "--data-urlencode")


class Malformed(ValueError):
    """Text that cannot be read.

    Attributes:
        what: What is wrong.
        line: The line, from 1.
        column: The column in characters, from 1.
        code: The code of the refusal.
    """

    def __init__(self, what: str, line: int = 1, column: int = 1, *, code: str = "bad_input") -> None:
        super().__init__(what)
        self.what, self.line, self.column, self.code = what, line, column, code


def malformed_at(text: str, offset: int, what: str, *, code: str = "bad_input") -> Malformed:
    """Return the error for a place in text."""
    before = text[:offset]
    return Malformed(what, before.count("\n") + 1, len(before) - before.rfind("\n"), code=code)


def named(text: str) -> str:
    """Return text in quotes, on one line and shortened if it is long."""
    return literal(text) if len(text) <= _LONGEST_NAMED else f"{literal(text[:_LONGEST_NAMED])}..."


def recognize(text: str) -> tuple[object, str | None]:
    """Return the value of JSON, a Python literal or a curl command, and the URL of a curl command.

    >>> recognize("{'model': 'acme/wave-1/text-to-video', 'input': {}}")
    ({'model': 'acme/wave-1/text-to-video', 'input': {}}, None)
    """
    if _CURL.match(text):
        return read_curl(text)
    try:
        return read_json(text), None
    except Malformed as not_json:
        error = not_json
    try:
        value = read_python(text)
    except Malformed as not_python:
        if _PYTHON_ONLY.match(text.split("\n")[error.line - 1], error.column - 1):
            error = not_python
    else:
        if isinstance(value, (dict, list)):
            return value, None
    if not _JSON_START.match(text):
        what = "expected JSON, a Python dict or a curl command; YAML needs a file named .yaml or .yml"
        raise Malformed(what, code="bad_json")
    raise error


def read_json(text: str) -> object:
    """Return the value of strict JSON.

    >>> read_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ratecard._cli._readers.Malformed: duplicate key "a"
    """
    value: object = None
    try:
        value = parse(text)
        if not _SUSPECT.search(text) and text.count("{") + text.count("[") <= DEEPEST:
            return value
    except json.JSONDecodeError as error:
        raise malformed_at(text, error.pos, error.msg, code="bad_json") from None
    except ValueError:
        pass  # reported below with its position
    for offset, what in _refused(text):
        raise malformed_at(text, offset, what, code="bad_json")
    return value


def _refused(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and a description of everything that JSON parsers treat differently.

    Up to the first of them, `text` is known to be JSON. The hooks of `json` would find them too, but not where.
    """
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                keys.append(set())
                if len(keys) > DEEPEST:
                    yield token.start(), f"nested more than {DEEPEST} levels deep"
            case "close":
                keys.pop()
            case "key":
                key = json.loads(token["key"]) if "\\" in token["key"] else token["key"][1:-1]
                if key in keys[-1]:
                    yield token.start(), f"duplicate key {named(key)}"
                keys[-1].add(key)
            case "constant":
                yield token.start(), f"{token.group()} is not valid JSON"
            case "number" if not isfinite(float(token.group())):
                yield token.start(), "number out of range"


def read_python(text: str) -> object:
    """Return the value of a Python literal.

    >>> read_python("{'has_sound': True, 'seed': None,}")
    {'has_sound': True, 'seed': None}
    """
    if len(text) > MAX_CODE:
        raise Malformed(f"a Python literal longer than {MAX_CODE:,} characters")
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Python does
    body = text.lstrip()
    start = malformed_at(text, len(text) - len(body), "")
    body = "\n" * (start.line - 1) + body  # Python would refuse the indentation
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes such as "\d"
            tree = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        raise Malformed(f"invalid Python literal: {error.msg}", line, column + _indent(line, start)) from None
    except (ValueError, MemoryError, RecursionError, SystemError) as error:  # SystemError: python/cpython#106905
        raise Malformed(f"invalid Python literal: {str(error) or 'nested too deep'}") from None
    for node, what in _refused_nodes(tree):
        before = body.encode().split(b"\n")[node.lineno - 1][: node.col_offset].decode()
        raise Malformed(what, node.lineno, len(before) + 1 + _indent(node.lineno, start))
    return ast.literal_eval(tree)


def _indent(line: int, start: Malformed) -> int:
    """Return how many characters were removed from the beginning of a line."""
    return start.column - 1 if line == start.line else 0


def _refused_nodes(tree: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield every node that has no counterpart in JSON, and what is wrong with it."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=keys):
                seen: set[object] = set()
                for key in keys:
                    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                        yield key or node, "keys must be strings"
                    elif key.value in seen:
                        yield key, f"duplicate key {named(key.value)}"
                    else:
                        seen.add(key.value)
            case ast.Constant(value=int() | float() as number) if not _is_finite(number):
                yield node, "number out of range"
            case ast.Constant(value=str() | int() | float() | None) | ast.List():
                pass
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)) if (
                type(number) is not bool
            ):
                pass
            case ast.expr():
                yield node, "only dicts, lists, strings, numbers, True, False and None are read; nothing is executed"


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:
        return False


def read_curl(text: str) -> tuple[object, str]:
    """Return the JSON body of a curl command, and its URL.

    >>> read_curl("curl https://example.com/submit -d '{}'")
    ({}, 'https://example.com/submit')
    """
    if len(text) > MAX_CODE:
        raise Malformed(f"a curl command longer than {MAX_CODE:,} characters")
    try:
        words = shlex.split(_CURL_CONTINUATION.sub(" ", _CURL.sub("", text, count=1)))
    except ValueError as error:
        raise Malformed(f"cannot read the curl command: {str(error).lower()}{_quoting_hint(text)}") from None
    end = next((at for at, word in enumerate(words) if word in {"|", ">"}), len(words))
    try:
        options, urls = gnu_getopt(words[:end], _CURL_SHORT, _CURL_LONG)
    except GetoptError as error:
        raise Malformed(f"cannot read the curl command: {error.msg}") from None
    urls += [value for option, value in options if option == "--url"]
    if len(urls) != 1:
        raise Malformed(f"cannot read the curl command: expected one URL, got {len(urls)}")
    return _curl_body(options, text), urls[0]


def _curl_body(options: list[tuple[str, str]], text: str) -> object:
    """Return the JSON value that a curl command sends."""
    forms = [option for option, _ in options if option in _CURL_FORMS]
    if forms:
        raise Malformed(f"the curl command sends a form ({forms[0]}); the API takes JSON, as in --json or -d")
    bodies = [(option, body) for option, body in options if option in _CURL_DATA]
    if len(bodies) != 1:
        raise Malformed(f"expected one body in the curl command, as in -d '{{...}}', got {len(bodies)}")
    ((option, body),) = bodies
    if body.startswith("@") and option != "--data-raw":
        raise Malformed(
            f"{option} {named(body)} names a file, which is not opened for a pasted command; run ratecard on that file"
        )
    try:
        return read_json(body)
    except Malformed as error:
        place = f"line {error.line}, column {error.column} of the body"
        raise Malformed(f"the body of the curl command: {error.what} ({place}){_quoting_hint(text)}") from None


def _quoting_hint(text: str) -> str:
    return "; $'...' is not supported, use '...' or save the body to a file" if "$'" in text else ""
