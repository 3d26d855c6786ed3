"""Reading YAML. Imported only for YAML files, because PyYAML comes with the extra `yaml`.

Rule 1  A document has the values of JSON. Values are built from PyYAML's events: nothing in a file can create objects.
Rule 2  Plain scalars follow the core schema of YAML 1.2: `16:9` and `2026-12-01` are text.
Rule 3  What YAML 1.1 and 1.2 read differently and could be meant either way is refused, such as `yes`, `010` and `1e3`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from ratecard._cli._readers import DEEPEST, BadInput, named, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONSTANTS: dict[str, object] = {"": None, "~": None} | {
    text: value
    for name, value in {"null": None, "true": True, "false": False}.items()
    for text in (name, name.title(), name.upper())
}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]\d+)?)?", re.ASCII)
_AMBIGUOUS = re.compile(
    r"yes|no|on|off|[-+]?(?:0x[\da-f_]+|0[ob][\d_]+|\.?\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?|\.inf)|\.nan|<<|=",
    re.ASCII | re.IGNORECASE,
)
_DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_CONTENT = re.compile(r"^[ \t]*[^#%\s]", re.MULTILINE)


def split_documents(text: str) -> list[tuple[int, str]]:
    r"""Return the documents of a file, each with the line at which it starts.

    A line that starts with `---` always starts a document, even within a quoted scalar.

    >>> split_documents("a: 1\n---\nb: 2\n")
    [(1, 'a: 1\n'), (2, '---\nb: 2\n')]
    """
    starts = [0, *(match.start() for match in _DOCUMENT_START.finditer(text))]
    parts = [(start, text[start:end]) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return [(text.count("\n", 0, start) + 1, part) for start, part in parts if _CONTENT.search(part)]


def read_yaml(text: str) -> object:
    r"""Return the value of a YAML document, or raise `BadInput`.

    >>> read_yaml("duration: '10'\naspect_ratio: 16:9\nhas_sound: true")
    {'duration': '10', 'aspect_ratio': '16:9', 'has_sound': True}
    """
    try:
        return _document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        raise _bad(error.problem_mark, str(error.problem)) from None
    except yaml.reader.ReaderError as error:
        raise BadInput("a character that YAML does not allow", text.count("\n", 0, error.position) + 1) from None
    except (ValueError, OverflowError):
        raise BadInput("an escape such as \\U00110000 that is not a character") from None


def _document(events: Iterator[Any]) -> object:
    """Return the value of the only document in a stream of events."""
    next(events)  # start of the stream
    if isinstance(next(events), yaml.StreamEndEvent):
        return None
    value = _value(next(events), events, 1)
    next(events)  # end of the document
    end = next(events)
    if not isinstance(end, yaml.StreamEndEvent):
        raise _bad(end.start_mark, "every document must start with ---")
    return value


def _value(event: Any, events: Iterator[Any], depth: int) -> object:
    """Return the value that an event starts."""
    if depth > DEEPEST:
        raise _bad(event.start_mark, f"nested more than {DEEPEST} levels deep")
    if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
        raise _bad(event.start_mark, "anchors, aliases and tags are not supported")
    if isinstance(event, yaml.ScalarEvent):
        return _joined(event.value) if event.style else _plain_scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_value(item, events, depth + 1))
        return items
    fields: dict[str, object] = {}
    while not isinstance(start := next(events), yaml.MappingEndEvent):
        key = _value(start, events, depth + 1)
        if not isinstance(key, str):
            raise _bad(start.start_mark, "keys must be text; put the key in quotes")
        if key in fields:
            raise _bad(start.start_mark, f"duplicate key {named(key)}")
        fields[key] = _value(next(events), events, depth + 1)
    return fields


def _joined(text: str) -> str:
    r"""Join surrogates: JSON writes `"\ud83d\ude00"` for one character, and every JSON document is YAML."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _plain_scalar(event: Any) -> object:
    """Return the value of a scalar without quotes."""
    text = event.value
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NUMBER.fullmatch(text):
        try:
            return read_json(text)
        except BadInput as error:
            raise _bad(event.start_mark, error.what) from None
    if _AMBIGUOUS.fullmatch(text):
        what = f"{named(text)} is ambiguous in YAML; put it in quotes if it is text, or write it as in JSON"
        raise _bad(event.start_mark, what)
    return text


def _bad(mark: Any, what: str) -> BadInput:
    return BadInput(what, mark.line + 1, mark.column + 1)
