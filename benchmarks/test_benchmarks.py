"""Every benchmark still runs, and everybody still agrees; never how fast.

`pytest benchmarks --quick` takes about 20 seconds; without `--quick` more requests are compared. What is not installed
is left out.
"""

from __future__ import annotations

import json
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import __main__, bulk, goals, models, peers, report, workload

HERE = Path(__file__).parent


def test_everybody_agrees(request: pytest.FixtureRequest) -> None:
    """A tenth of the workload is invalid, in every way, and all find the same problems and prices."""
    requests = workload.mixed(1_000 if request.config.getoption("quick") else 10_000, seed=1)
    assert requests == workload.mixed(len(requests), seed=1)
    assert sum(request.fault is not None for request in requests) * 10 == len(requests)
    assert {request.fault for request in requests} == {None, *workload.FAULTS}
    assert {request.parsed()["model"] for request in requests if request.fault is None} == set(models.SLUGS)
    peers.check(requests)


@pytest.mark.filterwarnings("ignore")
def test_everything_runs() -> None:
    """At tiny sizes, everything is measured, and a goal is without a number only where something is missing."""
    results = __main__.measure(**__main__.QUICK)
    page = report.page(json.loads(report.dumps(results)))
    rounds = {series["name"]: series["rounds"] for series in results["series"]}
    missing = [goal for goal in goals.GOALS if not {goal.ours, goal.theirs} <= {"", *rounds.get(goal.series, ())}]
    assert page.count("| reached |") + page.count("| **missed**") == len(goals.GOALS) - len(missing)
    assert page.count("| not measured |") == len(missing)
    if all(map(find_spec, ("duckdb", "genai_prices", "jsonschema_rs", "msgspec", "narwhals", "pyarrow", "pydantic"))):
        assert {goal.ours for goal in missing if goal.theirs != "litellm"} == {bulk.SPARK}


def test_committed_texts_show_the_committed_numbers() -> None:
    """RESULTS.md, the page on speed and its plot are what results.json gives."""
    results = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    assert report.page(results) == (HERE / "RESULTS.md").read_text(encoding="utf-8")
    speed = __main__.SPEED.read_text(encoding="utf-8")
    assert report.with_speed(speed, results) == speed
    assert report.plot(results) == __main__.PLOT.read_text(encoding="utf-8")


def test_peers_are_pinned() -> None:
    """Numbers can be compared only where versions are known."""
    groups = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    listed = [*groups["bench"], *groups["bench-litellm"]]
    pinned = {requirement.partition("==")[0].replace("-", "_") for requirement in listed if "==" in requirement}
    tables = (peers.VALIDATORS, peers.LOOK_UPS, peers.PRICERS)
    assert {library for table in tables for library, _ in table.values()} <= pinned | {"ratecard"}
