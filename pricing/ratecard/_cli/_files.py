"""Reading requests from files, folders and standard input.

Rule 1  JSON Lines are read one line at a time, and no line or document of more than `MAX_BYTES` is held.
Rule 2  The name says what is YAML and what is JSON Lines. Everything else is recognized by its text.
"""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ratecard._cli._input import (
    EMPTY,
    LINES_SUFFIXES,
    STDIN,
    SUFFIXES,
    UNREADABLE,
    YAML_SUFFIXES,
    Entry,
    Requests,
    suffix_of,
)
from ratecard._cli._output import Note, say
from ratecard._cli._readers import BadInput, read_json, recognize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

MAX_BYTES = 32 * 2**20
"""Maximum length of a line, or of a document that is not JSON Lines. Decompressed data count."""

_MAX_BLANK = 1_000
"""Maximum number of blank lines at the start of JSON Lines whose name does not say that they are."""

_GZIP = b"\x1f"
"""What gzip starts with, and no text. A pipe may have delivered only one byte so far."""


def read_files(files: Iterable[str], *, lines: bool = False) -> Requests:
    """Return the requests of files and folders in order. With `lines`, every file is JSON Lines."""
    files = list(files)
    if len(files) == 1 and not _is_folder(files[0]):
        return read(files[0], lines_in(files[0]), lines=lines)
    return Requests((entry for file in files for entry in _entries_of(file, lines=lines)), many=True)


def _is_folder(name: str) -> bool:
    return name not in {"", STDIN} and Path(name).is_dir()


def _entries_of(file: str, *, lines: bool) -> Iterator[Entry]:
    """Yield the requests of a file, or of all request files in a folder."""
    errors: list[OSError] = []
    names = [*_files_in(file, errors.append)] if _is_folder(file) else [file]
    for name in names:
        yield from read(name, lines_in(name), lines=lines).entries
    for error in errors:
        yield Entry(_unreadable(error), error.filename)
    if not names and not errors:
        what = f"no request files in this folder ({', '.join(SUFFIXES)})"
        yield Entry(BadInput(what, code=UNREADABLE), file)


def _files_in(folder: str, onerror: Callable[[OSError], None]) -> Iterator[str]:
    """Yield the request files of a folder and of its subfolders, sorted. Hidden and linked folders are left out."""
    for path, subfolders, names in os.walk(folder, onerror=onerror):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found = (name for name in sorted(names) if suffix_of(name) in SUFFIXES and not name.startswith("."))
        yield from (str(Path(path, name)) for name in found)


def lines_in(file: str) -> Iterator[bytes]:
    """Yield the lines of a file or of standard input, decompressed if it is gzip. Raises BadInput where that fails."""
    try:
        with nullcontext[Any](sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as stream:
            is_gzip = stream.peek(1).startswith(_GZIP)
            yield from lines_of(gzip.GzipFile(fileobj=stream) if is_gzip else stream)
    except OSError as error:
        raise _unreadable(error) from None


def lines_of(stream: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    """Yield the lines of a stream. Only line feeds separate them: JSON may contain the others."""
    number = 0
    try:
        while line := stream.readline(MAX_BYTES + 1):
            number += 1
            if len(line) > MAX_BYTES:
                raise BadInput(f"longer than {MAX_BYTES:,} bytes; nothing after it is read", number)
            if number == 1 and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
                raise BadInput("the text is UTF-16; save it as UTF-8")
            yield line.removeprefix(BOM_UTF8) if number == 1 else line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadInput("the gzip data is damaged or incomplete", number + 1) from None
    except OSError as error:
        raise evolve(_unreadable(error), line=number + 1) from None


def _unreadable(error: OSError) -> BadInput:
    return BadInput(error.strerror or str(error), code=UNREADABLE)


def read(file: str, content: Iterator[bytes], *, lines: bool = False) -> Requests:
    """Return the requests in the lines of a file. Its name says its format and goes with every request.

    >>> [str(entry) for entry in read("batch.json", iter([b"[{}, {}]"])).entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    if lines or suffix_of(file) in LINES_SUFFIXES:
        return Requests(_json_lines(file, content), many=True)
    try:
        if suffix_of(file) in YAML_SUFFIXES:
            return _yaml_documents(file, _text(_joined(content)))
        head: list[bytes] = []
        for line in islice(content, _MAX_BLANK):
            head.append(line)
            if line.strip() and any(map(bytes.strip, head[:-1])):
                break
        rest = chain(head, content)
        return Requests(_json_lines(file, rest), many=True) if _are_json_lines(head) else _document(file, _joined(rest))
    except BadInput as error:
        return Requests([Entry(error, file)])


def _joined(lines: Iterable[bytes]) -> bytes:
    text = bytearray()
    for line in lines:
        text += line
        if len(text) > MAX_BYTES:
            raise BadInput(f"the document is longer than {MAX_BYTES:,} bytes; use JSON Lines")
    return bytes(text)


def _are_json_lines(head: Iterable[bytes]) -> bool:
    """Return whether the first two lines that are not blank can only be JSON Lines.

    In a JSON document, a value that ends in a brace is never followed by another one that starts with a brace.
    """
    first, second, *_ = [*filter(None, map(bytes.strip, head)), b"", b""]
    return first.startswith(b"{") and first.endswith(b"}") and second.startswith(b"{")


def _json_lines(file: str, lines: Iterable[bytes]) -> Iterator[Entry]:
    """Yield the request in each line."""
    is_empty = True
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                is_empty = False
                yield Entry(_attempt(_json, line.removesuffix(b"\n"), number), file, number)
    except BadInput as error:  # the rest cannot be read
        yield Entry(error, file, error.line)
    else:
        if is_empty:
            yield Entry(EMPTY, file)


def _document(file: str, raw: bytes) -> Requests:
    """Return the requests of a document that is not YAML."""
    if not raw.strip():
        return Requests([Entry(EMPTY, file)])
    try:
        value, warning = recognize(_text(raw))
    except BadInput as error:
        return Requests([Entry(error, file)], many=raw.lstrip().startswith(b"["))
    if warning is not None:
        say([Note("warning  ", f"{warning}  (at {file})", "yellow")], err=True)
    return _spread(Entry(value, file))


def _yaml_documents(file: str, text: str) -> Requests:
    """Return the requests of a YAML file."""
    try:
        from ratecard._cli import _yaml
    except ModuleNotFoundError:
        raise BadInput('YAML needs PyYAML: pip install "ratecard[yaml]"', code=UNREADABLE) from None
    documents = _yaml.split_documents(text)
    if not documents:
        return Requests([Entry(EMPTY, file)])
    entries = (Entry(_attempt(_yaml.read_yaml, document, line), file, line) for line, document in documents)
    if len(documents) == 1:
        return _spread(evolve(next(entries), line=None))
    return Requests((item for entry in entries for item in _spread(entry).entries), many=True)


def _spread(entry: Entry) -> Requests:
    """Return the items of an array as requests, or one request."""
    if not isinstance(entry.request, list):
        return Requests([entry])
    return Requests((evolve(entry, request=item, index=at) for at, item in enumerate(entry.request)), many=True)


def _attempt(reader: Callable[[Any], object], source: str | bytes, start: int) -> object:
    """Return what a reader returns for text that starts at a line, or why it cannot be read."""
    try:
        return reader(source)
    except BadInput as error:
        return error if error.line is None else evolve(error, line=start + error.line - 1)


def _json(raw: bytes) -> object:
    return read_json(_text(raw))


def _text(raw: bytes) -> str:
    """Decode UTF-8. Raises BadInput for anything else."""
    if b"\0" in raw:
        what = "a NUL byte: this is binary data or UTF-16, not UTF-8 text"
        raise BadInput(what, raw.count(b"\n", 0, raw.index(b"\0")) + 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise BadInput(what, raw.count(b"\n", 0, error.start) + 1) from None
