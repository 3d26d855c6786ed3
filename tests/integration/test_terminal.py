"""What a person types, and what they see first: every row of `test_cli_first` in a process on a real terminal."""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli_runner import run_on_terminal
from test_cli_first import ROWS, seen


@pytest.mark.parametrize("columns", [80, 120])
def test_every_row(columns: int) -> None:
    """A process of its own shows the first words and ends with the exit code of the row."""

    def run(typed: str) -> tuple[int, str]:
        return run_on_terminal(*shlex.split(typed), COLUMNS=str(columns))

    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(run, [typed for typed, *_ in ROWS])
        wrong = [
            (typed, exit_code, seen(written)[: len(first)])
            for (typed, code, first), (exit_code, written) in zip(ROWS, answers, strict=True)
            if (exit_code, seen(written)[: len(first)]) != (code, first)
        ]
    assert wrong == []
