"""Every benchmark still runs, and all still agree: never how fast.

`pytest benchmarks --quick` takes seconds; without `--quick` the whole workload is compared. A library that is not
installed is left out, and said so.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import agree, five, floor, goals, measure, peers, report, workload
from ratecard import Catalog, price_sheet

if TYPE_CHECKING:
    from ratecard_rules import Field

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def requests(quick: bool) -> tuple[workload.Request, ...]:  # noqa: FBT001  a fixture
    """Return the workload, or the beginning of it."""
    return workload.requests(1_000 if quick else workload.SIZE)


@pytest.mark.parametrize("slug", five.MODELS)
def test_rules_by_hand_are_those_of_the_table(slug: str) -> None:
    """Fields, options, limits and prices; a change of the table must reach the peers."""
    """Return the workload, or the beginning of it."""
    table = Catalog.bundled()[slug].latest
    assert {field.name: _rule(field) for field in table.input} == five.MODELS[slug]
    assert table.fields_complete
    assert tuple(table.priced) == five.priced_fields(slug)
    sheet = {tuple(str(one.value) for one in quote.factors): quote.usd_micros for quote in price_sheet(slug)}
    assert sheet == five.prices(slug)


_KINDS: dict[str, five.Kind] = {"string": "string", "number": "number", "boolean": "boolean", "array": "objects"}


def _rule(field: Field) -> five.Rule:
    options = tuple(map(str, field.allowed or ()))
    return five.Rule(
        kind=_KINDS[field.type],
        required=bool(field.required),
        options=options,
        default=str(field.default) if options else None,
        address=field.format is not None,
        secure=field.format == "https",
        max_length=field.max_length,
        max_items=field.max_items,
    )


def test_workload_is_fixed_and_a_tenth_of_it_invalid(requests: tuple[workload.Request, ...]) -> None:
    """The same seed gives the same requests, and every way to be wrong occurs."""
    assert requests == workload.requests(len(requests))
    assert sum(one.wrong is not None for one in requests) * 10 == len(requests)
    assert {one.wrong for one in requests} == {None, *workload.WAYS}
    assert {one.fresh()["model"] for one in requests if one.wrong is None} == set(five.MODELS)


def test_floor_agrees(requests: tuple[workload.Request, ...]) -> None:
    """The floor needs no library, so it is compared everywhere."""
    agree.assert_verdicts([*requests, *workload.novelties(100)], [peers.floor_peer()])


def test_floor_sees_more_than_the_workload_breaks() -> None:
    """Uncertain rules and fields that cannot be checked, which the workload leaves alone."""
    edit = {"model": five.EDIT, "input": {"prompt": "x", "video_url": "cat.mp4", "images": ["x"] * 11}, "version": 5}
    assert floor.problems_of(edit) == (
        ("wrong_type", "/version"),
        ("bad_url", "/input/video_url"),
        *(("wrong_type", f"/input/images/{index}") for index in range(11)),
        ("too_many_items", "/input/images"),
    )


@pytest.mark.parametrize("name", peers.VALIDATORS)
def test_peer_agrees(name: str, requests: tuple[workload.Request, ...]) -> None:
    """The same verdict on every request, and the same places where a library lists all problems."""
    module, make = peers.VALIDATORS[name]
    if reason := peers.missing(module):
        pytest.skip(reason)
    agree.assert_verdicts([*requests, *workload.novelties(100)], [make()])


def test_dictionary_gives_the_price_of_every_valid_request(requests: tuple[workload.Request, ...]) -> None:
    """What the look-ups of the peers rest on."""
    agree.assert_prices(requests, peers.dict_lookup(), lambda request: request.fresh())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", peers.PRICERS)
def test_pricer_prices(module: str, quick: bool) -> None:  # noqa: FBT001  a fixture
    """Those who price something else give some price."""
    if reason := peers.missing(module):
        pytest.skip(reason)
    if quick and module == "litellm":
        pytest.skip("importing litellm takes seconds")
    pricer = peers.PRICERS[module]()
    assert all(float(str(pricer.price(call))) > 0 for call in pricer.calls)


@pytest.mark.filterwarnings("ignore")
def test_everything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At tiny sizes: threads, processes, series, growth and hostile sizes, and the page with all of it."""
    monkeypatch.setattr(peers, "installed_pricers", list)  # they have a test of their own
    report.save(measure.measure(measure.QUICK, say=lambda _: None), tmp_path)
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert page.count("| reached |") + page.count("| **missed**") + page.count("| not measured") == len(goals.GOALS)
    assert (tmp_path / "results.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_page_is_what_the_numbers_give(tmp_path: Path) -> None:
    """The committed page and plot are those of the committed numbers."""
    stored = HERE / "results.json"
    if not stored.exists():
        pytest.skip("there are no results yet: python -m benchmarks")
    (tmp_path / "results.json").write_bytes(stored.read_bytes())
    report.render(tmp_path)
    for name in ("RESULTS.md", "results.svg"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (HERE / name).read_text(encoding="utf-8"), name


def test_readme_shows_the_numbers() -> None:
    """The README's speed table is that of the committed numbers."""
    readme, stored = HERE.parent / "README.md", HERE / "results.json"
    text = readme.read_text(encoding="utf-8")
    if report.BEGIN not in text or not stored.exists():
        pytest.skip("the README has no speed table yet: python -m benchmarks --readme")
    assert report.with_speed(text, json.loads(stored.read_text(encoding="utf-8"))) == text


def test_peers_are_pinned() -> None:
    """Numbers compare only where versions are known."""
    groups = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    pinned = {
        one.partition("==")[0].replace("-", "_") for one in (*groups["bench"], *groups["bench-litellm"]) if "==" in one
    }
    assert {module for module, _ in peers.VALIDATORS.values()} | peers.PRICERS.keys() <= pinned
