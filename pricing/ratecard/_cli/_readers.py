"""From text to a JSON value: strict JSON, Python literals and pasted curl commands; YAML is in `_yaml`.

Rule 1  Every syntax yields the values of JSON, and is strict: no duplicate keys, no number out of range.
Rule 2  Nothing is executed and no file is opened, whatever the text says.
Rule 3  A reader returns a value, or raises `BadInput`, with its place if that is known. It raises nothing else.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import warnings
from itertools import chain, pairwise, takewhile

from attrs import frozen

from ratecard._api import BASE_URL, SUBMIT_PATH
from ratecard._json import BOUNDED
from ratecard._quote.document import parse, strict_decoder
from ratecard_rules import literal, short

DEEPEST = 200
"""Maximum nesting. No request needs more: the core already refuses half of it."""

MAX_CODE = 2**20
"""Maximum length of a Python literal or a curl command. Both are pasted, and slow to parse."""

_BOUNDED = strict_decoder(**BOUNDED)
_ENDPOINT = BASE_URL + SUBMIT_PATH
_LITERALS = "only dicts, lists, strings, numbers, True, False and None are read; nothing is executed"

_JSON_START = re.compile(r'\s*(?:[{\["\d-]|true\b|false\b|null\b)', re.ASCII)
_PYTHON_ONLY = re.compile(r"['#]|True|False|None")

_CURL = re.compile(r"\s*(?:\$\s+)?curl(?:\.exe)?\s+")
_CURL_CONTINUATION = re.compile(r"\\\r?\n")
_CURL_DATA = re.compile(r"(--data(?:-ascii|-binary|-raw)?|--json)(?:=(.*))?|-[fgikLnNsSv]*d(.+)?", re.DOTALL)


@frozen(auto_exc=False)
class BadInput(Exception):
    """Input that cannot be read.

    Attributes:
        what: What is wrong.
        line: The line, from 1, if it is known.
        column: The column in characters, from 1, if it is known.
        code: The code of the refusal.
    """

    what: str
    line: int | None = None
    column: int | None = None
    code: str = "bad_input"

    @property
    def message(self) -> str:
        """What is wrong and where, on one line."""
        place = (f"{name} {at}" for name, at in (("line", self.line), ("column", self.column)) if at is not None)
        return ": ".join(filter(None, (", ".join(place), self.what)))

    def __str__(self) -> str:
        return self.message


def named(text: str) -> str:
    """Return text in quotes, on one line and shortened if it is long."""
    return literal(short(text))


def recognize(text: str) -> tuple[object, str | None]:
    """Return the value of JSON, a Python literal or a curl command, and a warning if it is doubtful.

    >>> recognize("{'model': 'acme/wave-1/text-to-video', 'input': {}}")
    ({'model': 'acme/wave-1/text-to-video', 'input': {}}, None)
    """
    if _CURL.match(text):
        return read_curl(text)
    try:
        return read_json(text), None
    except BadInput as not_json:
        error = not_json
    try:
        value = read_python(text)
    except BadInput as not_python:
        if error.line and error.column and _PYTHON_ONLY.match(text.split("\n")[error.line - 1], error.column - 1):
            error = not_python
    else:
        if isinstance(value, (dict, list)):
            return value, None
    if not _JSON_START.match(text):
        what = "expected JSON, a Python dict or a curl command; YAML needs a file named .yaml or .yml"
        raise BadInput(what, 1, 1, "bad_json")
    raise error


def read_json(text: str) -> object:
    """Return the value of strict JSON.

    >>> read_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ratecard._cli._readers.BadInput: duplicate key "a"
    """
    try:
        value = parse(text, _BOUNDED)
    except json.JSONDecodeError as error:
        raise BadInput(error.msg, error.lineno, error.colno, "bad_json") from None
    except ValueError as error:
        raise BadInput(short(str(error)), code="bad_json") from None
    if text.count("{") + text.count("[") > DEEPEST and _is_deep(value):
        raise BadInput(f"nested more than {DEEPEST} levels deep", code="bad_json")
    return value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [*chain.from_iterable(inner)]
    return any(isinstance(each, dict | list) for each in level)


def read_python(text: str) -> object:
    """Return the value of a Python literal.

    >>> read_python("{'has_sound': True, 'seed': None,}")
    {'has_sound': True, 'seed': None}
    """
    if len(text) > MAX_CODE:
        raise BadInput(f"a Python literal longer than {MAX_CODE:,} characters")
    body = text.lstrip()  # Python would refuse the indentation
    lines_before = "\n" * text.count("\n", 0, len(text) - len(body))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes such as "\d"
            tree = ast.parse(lines_before + body, mode="eval")
        return read_json(json.dumps(_literal_value(tree.body), allow_nan=False))
    except SyntaxError as error:
        raise BadInput(f"invalid Python literal: {error.msg}", error.lineno or 1) from None
    except (ValueError, MemoryError, RecursionError, SystemError) as error:  # SystemError: python/cpython#106905
        raise BadInput(f"invalid Python literal: {str(error) or 'nested too deep'}") from None


def _literal_value(node: ast.expr) -> object:
    """Return the value of a literal. Raises BadInput if it has no counterpart in JSON."""
    match node:
        case ast.Dict(keys=keys, values=values):
            names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            if not all(isinstance(name, str) for name in names):
                raise BadInput("keys must be strings", node.lineno)
            if len(set(names)) < len(names):
                repeated = next(str(name) for name in names if names.count(name) > 1)
                raise BadInput(f"duplicate key {named(repeated)}", node.lineno)
            return dict(zip(names, map(_literal_value, values), strict=True))
        case ast.List(elts=items):
            return [*map(_literal_value, items)]
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)) if (
            type(number) is not bool
        ):
            return -number
    raise BadInput(_LITERALS, node.lineno)


def read_curl(text: str) -> tuple[object, str | None]:
    """Return the JSON body of a curl command, and a warning if it is sent to another address than that of the API.

    >>> read_curl("curl https://api.muvi.video/v1/jobs/submit -d '{}'")
    ({}, None)
    """
    if len(text) > MAX_CODE:
        raise BadInput(f"a curl command longer than {MAX_CODE:,} characters")
    hint = "; $'...' is not supported, use '...' or save the body to a file" if "$'" in text else ""
    try:
        words = [*takewhile("|".__ne__, shlex.split(_CURL_CONTINUATION.sub(" ", _CURL.sub("", text, count=1))))]
    except ValueError as error:
        raise BadInput(f"cannot read the curl command: {str(error).lower()}{hint}") from None
    bodies = []
    for word, following in pairwise([*words, ""]):
        if option := _CURL_DATA.fullmatch(word):
            bodies.append((option[1] or "-d", option[2] or option[3] or following))
    if len(bodies) != 1:
        raise BadInput(f"expected one body in the curl command, as in -d '{{...}}', got {len(bodies)}")
    ((name, body),) = bodies
    if body.startswith("@") and name != "--data-raw":
        what = f"{name} {named(body)} names a file, which is not opened for a pasted command"
        raise BadInput(f"{what}; run ratecard on that file")
    try:
        value = read_json(body)
    except BadInput as error:
        raise BadInput(f"the body of the curl command: {error.message}{hint}") from None
    is_known = any(word.endswith(_ENDPOINT) for word in words)
    return value, None if is_known else f"the URL of the curl command is not {_ENDPOINT}"
