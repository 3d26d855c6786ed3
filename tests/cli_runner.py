"""Runs the command line in the process of the tests, or in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from inspect import signature
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from ratecard._api import KEY_VARIABLE
from ratecard._cli._commands import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = (sys.executable, "-m", "ratecard")
MAX_SECONDS = 60

# PYTHONUNBUFFERED would hide what a full disk leaves in a buffer.
_FOREIGN = {"NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED", KEY_VARIABLE, "RATECARD_BASE_URL"}
ENVIRONMENT = {name: text for name, text in os.environ.items() if name not in _FOREIGN}

# Until 8.2 click's runner mixes both streams unless told not to; since then it cannot be told.
_SPLIT: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def run(*args: str, stdin: Any = None, env: dict[str, str | None] | None = None, obj: Any = None) -> Result:
    """Run the command line as in a pipe."""
    if not hasattr(stdin, "read"):
        stdin = io.BufferedReader(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin or b""))
    return CliRunner(**_SPLIT, env=env).invoke(cli, args, input=stdin, obj=obj, prog_name="ratecard")


def data(result: Result) -> Any:
    """Return the JSON on standard output; a float there would be a fault."""

    def refuse(text: str) -> float:
        raise AssertionError(f"a float in the output: {text}")

    return json.loads(result.stdout, parse_float=refuse)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def draw(*args: str, columns: int = 120, stdout: io.StringIO | None = None, **environment: str) -> tuple[int, str]:
    """Run the command line as on a terminal of some width; return its exit code and all that it writes there.

    Without `stdout`, standard output is the same terminal.
    """
    stream = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        for name, value in {"TERM": "xterm-256color", "COLUMNS": str(columns), **environment}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdout", stream if stdout is None else stdout)
        patch.setattr(sys, "stderr", stream)
        with pytest.raises(SystemExit) as caught:
            cli(args, prog_name="ratecard")
    return int(caught.value.code or 0), stream.getvalue()


@contextmanager
def started(
    *args: str, command: tuple[str, ...] = COMMAND, env: dict[str, str] | None = None, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start a process, in pipes unless `options` say otherwise; it is killed at the end, or after a minute."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environment = {**ENVIRONMENT, **(env or {})}
    with subprocess.Popen([*command, *args], encoding="utf-8", env=environment, **pipes) as process:
        limit = Timer(MAX_SECONDS, process.kill)  # so that no read can block for ever
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()


def run_on_terminal(*args: str, typed: str = "", **env: str) -> tuple[int, str]:
    """Run the command line on a terminal; return its exit code and all that is on it in the end."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    settings = {"TERM": "xterm-256color", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", **env}
    with started(*args, env=settings, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        written = b""
        with suppress(OSError):  # Linux reports the end of a terminal as an error
            while part := os.read(ours, 65_536):
                written += part
        process.wait()
    os.close(ours)
    return process.returncode, written.decode().replace("\r\n", "\n")
