"""Every benchmark still runs, and everybody still agrees; never how fast.

`pytest benchmarks --quick` takes seconds; without `--quick` more of the workload is compared. A library that is not
installed is skipped.
"""

from __future__ import annotations

import json
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import __main__, agree, bulk, goals, models, peers, report, workload

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def requests(quick: bool) -> list[workload.Request]:  # noqa: FBT001  a fixture
    """Return the workload, or the beginning of it."""
    return workload.mixed(1_000 if quick else 10_000, seed=1)


def test_a_tenth_of_the_workload_is_invalid(requests: list[workload.Request]) -> None:
    """The same seed gives the same requests, for every model, and every way to be wrong occurs."""
    assert requests == workload.mixed(len(requests), seed=1)
    assert sum(request.fault is not None for request in requests) * 10 == len(requests)
    assert {request.fault for request in requests} == {None, *workload.FAULTS}
    assert {request.parsed()["model"] for request in requests if request.fault is None} == set(models.SLUGS)


@pytest.mark.parametrize("name", peers.VALIDATORS)
def test_validators_agree(name: str, requests: list[workload.Request]) -> None:
    """The same verdict on every request, and the same places where a library lists all problems."""
    made = peers.installed({name: peers.VALIDATORS[name]})
    if not made:
        pytest.skip("its library is not installed")
    agree.check_verdicts(requests, made)


def test_price_look_ups_agree(requests: list[workload.Request]) -> None:
    """Every look-up gives the price of `quote`."""
    agree.check_prices(requests)


@pytest.mark.skipif(not all(map(find_spec, ("numpy", "pyarrow"))), reason="needs the dependency group integration")
def test_bulk() -> None:
    """Everybody finds the same prices, and is in the table."""
    assert len(bulk.measure(rows=5_000, rounds=1)["seconds"]) > 1


@pytest.mark.filterwarnings("ignore")
def test_everything_runs() -> None:
    """At tiny sizes, everything is measured, and a goal is without a number only where a library is missing."""
    results = __main__.measure(**__main__.QUICK)
    page = report.page(json.loads(report.dumps(results)))
    names = {name for series in results["series"] for name in series["rounds"]}
    expected = sum(not {goal.ours, goal.theirs} <= names for goal in goals.GOALS)
    assert page.count("| reached |") + page.count("| **missed**") == len(goals.GOALS) - expected
    assert page.count("| not measured |") == expected


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
