"""The README keeps its word: every command in it prints what it says (its Python examples run as doctests)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ratecard_rules import CODES, EVIDENCE

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ (.*?)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("command", "output"), CONSOLE, ids=[command[:40] for command, _ in CONSOLE])
def test_console_examples(command: str, output: str, tmp_path: Path) -> None:
    """The command prints exactly what stands below it."""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.stdout == output


def test_there_are_examples() -> None:
    """The sweep above is not empty."""
    assert len(CONSOLE) >= 3


def test_every_code_is_explained() -> None:
    """The table of codes has every code, in order, and none that does not exist; so has that of the evidence."""
    section = README.partition("## What can be wrong")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == CODES
    section = README.partition("## What is not known")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == EVIDENCE


def test_the_table_in_the_guide_loads() -> None:
    """The table that CONTRIBUTING.md shows is one that the reader takes, with its example reproduced."""
    from ratecard_rules import load_model

    guide = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = guide.partition("```toml\n")[2].partition("```")[0]
    assert load_model(text).latest.examples[0].usd_micros == 250_000
