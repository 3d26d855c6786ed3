"""Runs the command line in the process of the tests."""

from __future__ import annotations

from inspect import signature
from typing import Any

from click.testing import CliRunner, Result

from ratecard._cli._commands import cli

# Until 8.2 click's runner mixes both streams unless told not to; since then it cannot be told.
_SPLIT: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def run(*args: str, stdin: str | bytes | None = None) -> Result:
    """Run the command line as in a pipe."""
    return CliRunner(**_SPLIT).invoke(cli, args, input=stdin, prog_name="ratecard")
