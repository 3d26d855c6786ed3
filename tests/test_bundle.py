"""The shipped tables in the form that starts fast are those of the TOML files."""

from __future__ import annotations

import pickle
import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

import ratecard_rules
from ratecard import quote
from ratecard_rules import Catalog, digest_of

PACKAGE = Path(ratecard_rules.__file__).parent
SCRIPT = Path(__file__).parents[1] / "rules" / "make_bundle.py"


def test_the_bundle_is_what_the_tables_give() -> None:
    """Every table of the bundle equals its file; version and digest are those of the files."""
    loaded = Catalog.load(PACKAGE / "tables")
    bundled = Catalog.bundled()
    assert bundled == loaded
    assert list(bundled) == list(loaded)
    assert (bundled.version, bundled.digest, bundled.models) == (loaded.version, loaded.digest, loaded.models)
    assert len(bundled) == 76
    digests = [[revision.digest for revision in model.revisions] for model in bundled]
    assert digests == [[digest_of(revision) for revision in model.revisions] for model in loaded]


@pytest.mark.skipif(not SCRIPT.is_file(), reason="the script stands beside the sources, not in the wheel")
def test_the_bundle_was_written_anew() -> None:
    """The files of the bundle are those that its script writes today, and no others."""
    script = runpy.run_path(str(SCRIPT))
    written = {file.name: file.read_text(encoding="utf-8") for file in (PACKAGE / "_bundle").glob("*.py")}
    assert script["texts"](Catalog.load(PACKAGE / "tables")) == written, "run python rules/make_bundle.py"


@pytest.mark.skipif(not SCRIPT.is_file(), reason="as above")
def test_the_bundle_is_written_whole(tmp_path: Path) -> None:
    """Writing it anew removes what no table gives any more."""
    script = runpy.run_path(str(SCRIPT))
    (tmp_path / "gone.py").touch()
    catalog = Catalog.load(PACKAGE / "tables" / "kling")
    script["write"](catalog, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == script["texts"](catalog).keys()


def test_a_shipped_table_knows_its_file() -> None:
    """A conflict with a shipped table can name its file."""
    assert all(model.file == f"ratecard_rules/tables/{model.model}.toml" for model in Catalog.bundled())


def test_the_bundle_can_be_sent_to_another_process() -> None:
    """It survives pickling, looked at or not."""
    again = pickle.loads(pickle.dumps(Catalog.bundled()))  # noqa: S301  our own bytes
    assert again == Catalog.bundled()
    assert again.digest == Catalog.bundled().digest


def test_eight_threads_from_a_cold_catalogue() -> None:
    """Threads that quote at once, before anything was looked at, get identical answers."""
    requests = [
        {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat", "duration": "10"}},
        {"model": "kling/kling-text2video-v25/text-to-video", "input": {"prompt": "a cat", "quality": "pro"}},
    ]
    for _ in range(20):
        cold = pickle.loads(pickle.dumps(Catalog.load(PACKAGE / "tables" / "kling")))  # noqa: S301  our own bytes
        cold |= Catalog.load(PACKAGE / "tables" / "kling-plus")
        start = Barrier(8)

        def ask(_: int, catalog: Catalog = cold, start: Barrier = start) -> list[int]:
            start.wait()
            return [quote(request, catalog=catalog).usd_micros for request in requests]

        with ThreadPoolExecutor(8) as pool:
            assert set(map(tuple, pool.map(ask, range(8)))) == {(500_000, 337_500)}
