"""The laws of a ledger, with real processes that spend from one file and are killed at random."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import memory
from ratecard import Hold, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

SPENDER = Path(__file__).with_name("spender.py")
PROCESSES, SECONDS, KILLS = 4, 3.0, 8


@pytest.mark.parametrize(("where", "limit"), [(None, 1_000), (memory.FOLDER, 1)], ids=["disk", "memory"])
def test_killed_processes(where: str | None, limit: int) -> None:
    """Held and settled never exceed the limit; every step that was reported is there, and none is there twice."""
    dice = random.Random(f"{where}")
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder = Path(name)
        ledger = Ledger(folder / "spend.db", limit_usd=limit)
        kills, running, until = 0, list[subprocess.Popen[bytes]](), time.monotonic() + SECONDS
        while kills < KILLS or time.monotonic() < until:
            while len(running) < PROCESSES:
                running.append(start(folder, f"{dice.random()}"))
            time.sleep(dice.uniform(0.01, 0.06))
            # On a disk, processes are killed while they write; in memory, they also compete for the last micros.
            if limit == 1:
                balance = ledger.balance()
                assert balance.available_micros >= 0
                spent = balance.held_micros + balance.settled_micros
                ledger.raise_limit(Decimal(max(balance.limit_micros, spent + 300_000)) / 1_000_000)
            if dice.random() < 0.2:
                end(running.pop(dice.randrange(PROCESSES)))
                kills += 1
        for process in running:
            end(process)
        holds = [hold for log in folder.glob("*.log") for hold in reported(log, ledger)]
        balance = ledger.balance()
    assert holds
    assert balance.available_micros >= 0
    assert balance.held_micros == sum(hold.held_micros for hold in holds if hold.is_open)
    assert balance.settled_micros == sum(hold.charged_micros or 0 for hold in holds)


def reported(log: Path, ledger: Ledger) -> Iterator[Hold]:
    """Yield the holds of a process, each of which is as the process reported it, or as it was about to make it."""
    for key, (state, amount, begun) in steps_of(log).items():
        hold = ledger.get(key)
        if hold is None:
            assert (state, begun) in {("", "held"), ("refused", "held")}, key
            continue
        assert hold.state in (state, begun), key
        assert hold.state != "settled" or state != "settled" or hold.charged_micros == amount
        yield hold


def start(folder: Path, seed: str) -> subprocess.Popen[bytes]:
    """Start a process that spends."""
    path = os.pathsep.join([str(SPENDER.parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(SPENDER), str(folder / "spend.db"), str(folder / f"{seed}.log"), seed]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, which cannot prevent it or clean up."""
    process.kill()
    process.wait()


def steps_of(log: Path) -> dict[str, tuple[str, int, str]]:
    """Return, for each key, the last step that was reported with its amount, and the last one that was begun."""
    last = dict[str, tuple[str, int, str]]()
    for line in log.read_text(encoding="utf-8").splitlines():
        when, key, step, amount = line.split()
        state, reported_amount, begun = last.get(key, ("", 0, ""))
        last[key] = (state, reported_amount, step) if when == "before" else (step, int(amount), begun)
    return last
