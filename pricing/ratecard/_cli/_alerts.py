"""Findings at places in files: as annotations of GitHub Actions, and as SARIF 2.1.0 for code scanning and editors."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from attrs import define, field, frozen

from ratecard._cli._input import YAML_SUFFIXES, suffix_of
from ratecard._cli._output import annotation
from ratecard._json import json_text
from ratecard_rules import counted, one_line, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Level: TypeAlias = Literal["error", "warning", "notice"]

_SARIF_LEVELS = {"notice": "note"}

MAX_TEXT = 2**20
"""Maximum length of a document in which lines are looked for."""

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(rf'(?P<key>{_STRING}\s*:)|{_STRING}|[{{}}\[\],]|[^\s{{}}\[\],":]+', re.DOTALL)


@frozen(kw_only=True)
class Alert:
    """What is wrong at a place.

    Attributes:
        level: How bad it is.
        code: What it is, in a word.
        message: What it is, in a sentence.
        title: The title of its annotation. In SARIF, which has no titles, the message starts with it unless it is the
            code.
        file: The file, if there is one.
        line: The line from 1, if it is known.
        column: The column from 1, if it is known.
        pointer: The JSON Pointer in the request, or the key of the table; empty for all of it.
        count: How often it occurred; the place is the first one.
    """

    level: Level
    code: str
    message: str
    title: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    pointer: str = ""
    count: int = 1


def github(alerts: Iterable[Alert]) -> Iterator[str]:
    """Yield alerts as workflow commands of GitHub Actions.

    >>> alert = Alert(level="error", code="x", message="wrong", title="x", file="a.json", line=2, count=3)
    >>> print(*github([alert]), end="")
    ::error file=a.json,line=2,title=x::wrong (3 times)
    """
    for alert in alerts:
        times = f" ({counted(alert.count, 'time')})" if alert.count > 1 else ""
        place = {"file": alert.file, "line": alert.line, "col": alert.column}
        yield annotation(alert.level, alert.message + times, **place, title=alert.title)


def sarif(alerts: Iterable[Alert]) -> str:
    """Return alerts as a SARIF log. An alert without a file has no location; one without a line is at line 1."""
    results = [_result(alert) for alert in alerts]
    rules = [{"id": code} for code in dict.fromkeys(result["ruleId"] for result in results)]
    driver = {"name": "ratecard", "version": version("ratecard"), "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json_text(log, indent=2) + "\n"


def _result(alert: Alert) -> dict[str, Any]:
    message = alert.message if alert.title == alert.code else f"{alert.title}: {alert.message}"
    result: dict[str, Any] = {
        "ruleId": alert.code,
        "level": _SARIF_LEVELS.get(alert.level, alert.level),
        "message": {"text": one_line(message)},
        "occurrenceCount": alert.count,
    }
    if alert.file is not None:
        region = {"startLine": alert.line or 1, **({"startColumn": alert.column} if alert.column else {})}
        physical = {"artifactLocation": {"uri": _uri(alert.file)}, "region": region}
        logical = {"logicalLocations": [{"fullyQualifiedName": one_line(alert.pointer)}]} if alert.pointer else {}
        result["locations"] = [{"physicalLocation": physical, **logical}]
    return result


def _uri(file: str) -> str:
    """Return the URI of a file, relative if its name is.

    >>> _uri("a b/c.json"), _uri("/data/c.json")
    ('a%20b/c.json', 'file:///data/c.json')
    """
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


@define
class Lines:
    """The lines of values in JSON documents. Each file is read once."""

    _files: dict[str, Mapping[str, int]] = field(factory=dict)

    def find(self, file: str, pointer: str) -> int | None:
        """Return the line of a value, or of the object that lacks it; None if it cannot be told."""
        if file not in self._files:
            self._files[file] = _lines_in(file)
        lines = self._files[file]
        while pointer not in lines and pointer:
            pointer = pointer.rpartition("/")[0]
        return lines.get(pointer)


def _lines_in(file: str) -> Mapping[str, int]:
    """Return the lines of a JSON document; empty if it is something else, or too long."""
    if suffix_of(file) not in YAML_SUFFIXES:
        with suppress(OSError, ValueError, IndexError):  # whatever text that is not JSON leads to
            text = Path(file).read_text(encoding="utf-8-sig")
            return json_lines(text) if len(text) <= MAX_TEXT else {}
    return {}


def json_lines(text: str) -> dict[str, int]:
    r"""Return the line of each value in a JSON document, by its JSON Pointer.

    >>> json_lines('{"a": [1,\n {"b": null}]}')
    {'': 1, '/a': 1, '/a/0': 1, '/a/1': 2, '/a/1/b': 2}
    """
    lines: dict[str, int] = {}
    parents: list[str] = []  # the pointers of the arrays and objects around the value
    keys: list[str | int] = []  # in each of them, the key or index of the next value
    line, end = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        found = token.group()
        if token["key"]:
            keys[-1] = json.loads(found[:-1])
        elif found == ",":
            keys[-1] = keys[-1] + 1 if isinstance(keys[-1], int) else ""
        elif found in "]}":
            parents.pop()
            keys.pop()
        else:
            pointer = pointer_to(parents[-1], str(keys[-1])) if parents else ""
            lines.setdefault(pointer, line)
            if found in "[{":
                parents.append(pointer)
                keys.append(0 if found == "[" else "")
    return lines
