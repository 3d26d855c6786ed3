"""The command line `ratecard`. The core never imports it.

`_commands` knows where each command is; `_find`, `_models`, `_page`, `_requests`, `_bulk`, `_bill`, `_ledger`,
`_focus`, `_tables`, `_schema`, `_jobs`, `_conform`, `_serve` and `_help` define them. `_options` declares shared
options, `_completion` what shells complete, `_input` reads requests with `_readers`, `_rows` reads and writes other
records, `_answers` judges a request, and `_batch` many. Commands return a `Result`, which `_output` writes in any
format; only those that talk to the API write as they go (`_job_actions`).

click and rich come with the extra `cli`. A module of commands is imported only if one of its commands runs. Only
`_jobs` and `ratecard mcp --max-usd` need the extra `submit`, `_jobs` also `testing`, and only `_yaml` the extra `yaml`.
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
    except OSError as error:  # errors of reading are caught elsewhere
        _output.stop(1, f"cannot write to standard output: {error.strerror}")
    finally:
        _flush_streams()


def _prepare_streams() -> None:
    """Replace closed streams, let a closed pipe end the process, and escape what cannot be encoded."""
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
    """Discard output that could not be written. Otherwise Python fails again on exit and changes the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
