"""Runs a port and compares its answers.

Rule 1  A port reads one JSON object a line from standard input until its end, and writes the answer to each on one
        line, in the same order. It may read ahead and buffer its answers.
Rule 2  A port that hangs, ends early or writes anything else is ended with all processes that it started, and the
        failure is reported with the comparison so far. No wait is longer than the timeout.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from attrs import Factory, define, frozen

from ratecard._conform.vectors import LEVELS, Level, read_vectors
from ratecard_rules import literal, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ratecard._conform.vectors import Vector

MAX_ANSWER = 2**20
"""Maximum length of an answer in bytes."""

_ENDING = 1.0
"""How long a port that has closed its output may take to end, in seconds."""

_SHOWN = 60
_MISSING = object()


class PortError(Exception):
    """A port that breaks the protocol; the message says how."""


@frozen
class Difference:
    """The first difference between an answer and the expected one at one level.

    Attributes:
        id: The id of the vector.
        about: What it tries.
        level: The level.
        pointer: The JSON Pointer of the difference in the answer.
        values: The expected value under `expected` and that of the answer under `answered`, where there is one.
    """

    id: str
    about: str
    level: Level
    pointer: str
    values: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {"id": self.id, "about": self.about, "level": self.level, "pointer": self.pointer, **self.values}


@define
class Conformance:
    """How the answers of a port compare.

    Attributes:
        level: The level that was asked for.
        compared: The number of requests that were compared at each level.
        agreed: The number of them whose answers agree.
        differences: The differences, in the order of the vectors.
        failure: Why the port was ended before all answers were compared, if it was.
    """

    level: Level
    compared: dict[Level, int] = Factory(dict)
    agreed: dict[Level, int] = Factory(dict)
    differences: list[Difference] = Factory(list)
    failure: str | None = None

    @property
    def ok(self) -> bool:
        """Whether every answer was given and agrees."""
        return self.failure is None and not self.differences

    def add(self, vector: Vector, answer: Mapping[str, Any]) -> None:
        """Compare one more answer."""
        for level in self.compared:
            if expected := vector.expected(level):
                self.compared[level] += 1
                found = _difference(expected, vector.answered(level, answer))
                if found is None:
                    self.agreed[level] += 1
                else:
                    self.differences.append(Difference(vector.id, vector.about, level, *found))


def conform(command: Sequence[str], level: Level = "fixes", *, timeout: float = 10) -> Conformance:
    """Return how the answers of a port compare with the expected ones.

    Args:
        command: The command that runs the port, and its arguments.
        level: What the port can do; levels include the ones before them.
        timeout: The longest wait for an answer, in seconds.

    Raises OSError if the command cannot be run.
    """
    levels = LEVELS[: LEVELS.index(level) + 1]
    result = Conformance(level, dict.fromkeys(levels, 0), dict.fromkeys(levels, 0))
    vectors = [vector for vector in read_vectors() if any(map(vector.expected, levels))]
    questions = "".join(f"{json.dumps(vector.question(level))}\n" for vector in vectors).encode()
    with _running(command) as process:
        try:
            # Strict, so that the end of the answers is checked as well.
            for vector, answer in zip(vectors, _answers(process, vectors, questions, timeout), strict=True):
                result.add(vector, answer)
        except PortError as error:
            result.failure = str(error)
    return result


def _answers(
    process: Popen[bytes], vectors: Iterable[Vector], questions: bytes, timeout: float
) -> Iterator[dict[str, Any]]:
    """Yield the answer to each vector. Raises PortError, also if the port does not end well after the last answer."""
    lines = _exchange(process, questions)
    for vector in vectors:
        yield _answer(vector.id, _next(lines, timeout, f"no answer to {vector.id}"), process)
    ending = "the port did not end after its last answer"
    if _next(lines, timeout, ending):
        raise PortError("more lines than requests: write one answer a line and nothing else")
    try:
        code = process.wait(timeout)
    except TimeoutExpired:
        raise PortError(f"{ending} within {timeout:g} s") from None
    if code:
        raise PortError(f"exit code {code} after the last answer")


@contextmanager
def _running(command: Sequence[str]) -> Iterator[Popen[bytes]]:
    """Run a command in a process group of its own, which is killed at the end."""
    with Popen(command, stdin=PIPE, stdout=PIPE, start_new_session=True) as process:  # noqa: S603  the caller's command
        try:
            yield process
        finally:
            kill = os.killpg if hasattr(os, "killpg") else os.kill  # Windows has no groups and no SIGKILL
            with suppress(OSError):
                kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _exchange(process: Popen[bytes], questions: bytes) -> Queue[bytes]:
    """Write everything to a process, and return the queue of the lines that it writes; an empty one is the end."""
    lines: Queue[bytes] = Queue()
    Thread(target=_write, args=(process.stdin, questions), daemon=True).start()
    Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    return lines


def _write(stream: IO[bytes], questions: bytes) -> None:
    with suppress(OSError, ValueError):  # the port has ended, or was ended
        stream.write(questions)
        stream.close()


def _read(stream: IO[bytes], lines: Queue[bytes]) -> None:
    with suppress(OSError, ValueError):
        while line := stream.readline(MAX_ANSWER + 1):
            lines.put(line)
    lines.put(b"")


def _next(lines: Queue[bytes], timeout: float, what: str) -> bytes:
    try:
        return lines.get(timeout=timeout)
    except Empty:
        raise PortError(f"{what} within {timeout:g} s") from None


def _answer(asked: str, line: bytes, process: Popen[bytes]) -> dict[str, Any]:
    """Return the answer to the vector that was asked for. Raises PortError."""
    if not line:
        with suppress(TimeoutExpired):
            process.wait(_ENDING)
        code = "" if process.returncode is None else f" with exit code {process.returncode}"
        raise PortError(f"the port ended{code} before it answered {asked}")
    if len(line) > MAX_ANSWER:
        raise PortError(f"the answer to {asked} is longer than {MAX_ANSWER:,} bytes")
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        text = literal(line.decode(errors="replace").rstrip("\n")[:_SHOWN])
        raise PortError(f"the answer to {asked} is not a JSON object: {text}")
    if answer.get("id") != asked:
        got = literal(str(answer["id"])[:_SHOWN]) if "id" in answer else "none"
        raise PortError(
            f'expected the answer with the "id" {literal(asked)}, got {got}; keep the order of the requests'
        )
    return answer


def _difference(expected: Any, answered: Any, pointer: str = "") -> tuple[str, dict[str, Any]] | None:
    """Return where two JSON values first differ, and the values there; None if they are equal.

    >>> _difference({"problems": [["error"]]}, {"problems": [["warning"]]})
    ('/problems/0/0', {'expected': 'error', 'answered': 'warning'})
    >>> _difference({"usd_micros": 1}, {"usd_micros": True}), _difference({"usd_micros": 1}, {"usd_micros": 1.0})
    (('/usd_micros', {'expected': 1, 'answered': True}), None)
    """
    match expected, answered:
        case dict(), dict():
            keys: Any = dict.fromkeys((*expected, *answered))
            pairs = ((key, expected.get(key, _MISSING), answered.get(key, _MISSING)) for key in keys)
        case list(), list():
            length = max(len(expected), len(answered))
            padded = ([*items, *[_MISSING] * (length - len(items))] for items in (expected, answered))
            pairs = ((str(at), *pair) for at, pair in enumerate(zip(*padded, strict=True)))
        case _:
            if expected == answered and isinstance(expected, bool) == isinstance(answered, bool):
                return None
            values = {"expected": expected, "answered": answered}
            return pointer, {name: value for name, value in values.items() if value is not _MISSING}
    found = (_difference(first, second, pointer_to(pointer, key)) for key, first, second in pairs)
    return next(filter(None, found), None)
