"""The command line `ratecard`: an edge around the core, which never imports it.

`_commands` knows where each command is; `_requests`, `_models`, `_check`, `_diff`, `_jobs` and `_fake` hold them.
`_options` declares what they share, `_input` reads requests, `_answers` judges them, `_format_tables` puts tables into
words, and `_output` writes. click and rich come with the extra `cli`; a module of commands is imported only when one of
its commands runs. Only `_jobs` and `_fake` need the submitter and the fake API.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

__all__ = ["main"]

_EXTRA = ("click", "rich")


def main() -> None:
    """Run the command line with the arguments of the process, and exit with its code (see `_answers.Exit`)."""
    try:
        for name in _EXTRA:
            import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.exit(f'the command line needs {error.name}: pip install "ratecard[cli]"')
    from ratecard._cli import _commands, _output

    _prepare_streams()
    try:
        _commands.cli(prog_name="ratecard")
    except OSError as error:  # every other one is caught where a file is read
        _output.stop(1, f"cannot write to standard output: {error.strerror}")
    finally:
        _flush_streams()


def _prepare_streams() -> None:
    """Make closed streams harmless, let a closed pipe end the process, and escape what cannot be encoded."""
    if sys.stdout is None:
        sys.exit("cannot write to standard output: it is closed")
    for name, mode in (("stdin", "r"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  open until the end
    if hasattr(signal, "SIGPIPE"):  # Windows has none; there click catches the error
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush_streams() -> None:
    """Drop what a full disk did not take: Python would fail again at its end, and change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
