"""The command line `ratecard`: an edge around the core, which never imports it.

`_options` holds what commands share, `_input` reads requests, `_answers` judges them, `_describe` puts tables into
words, `_output` writes, `_commands` holds the commands. click and rich come with the extra `cli` and are imported only
when the command line runs.

`_jobs` and `_fake` hold the commands that talk to the API, and the one that stands in for it. The command line is the
outermost edge: `_sending`, `_job_words` and `_progress` use `ratecard.submit`, `_fake` uses `ratecard.testing`, and all
that only when such a command runs. No other command needs httpx.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from io import TextIOWrapper

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
    from ratecard._cli._commands import cli  # noqa: PLC0415  it imports click, so only after the check above

    _prepare_streams()
    cli(prog_name="ratecard")


def _prepare_streams() -> None:
    """Let a closed pipe end the process without words, and no character fail to be written."""
    if hasattr(signal, "SIGPIPE"):  # Windows has none; there click catches the error
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
