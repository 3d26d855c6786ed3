"""Runs the command line in the process of the tests."""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

from click.testing import CliRunner, Result

from ratecard._cli._commands import cli

# Until 8.2 click's runner mixes both streams unless told not to; since then it cannot be told.
_SPLIT: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def run(*args: str, stdin: Any = None, env: dict[str, str | None] | None = None, obj: Any = None) -> Result:
    """Run the command line as in a pipe."""
    return CliRunner(**_SPLIT, env=env).invoke(cli, args, input=stdin, obj=obj, prog_name="ratecard")


def data(result: Result) -> Any:
    """Return the JSON on standard output; a float there would be a fault."""

    def refuse(text: str) -> float:
        raise AssertionError(f"a float in the output: {text}")

    return json.loads(result.stdout, parse_float=refuse)
