"""The shipped tables, in the form that starts fast, are those of the TOML files."""

from __future__ import annotations

import keyword
import pickle
import runpy
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Barrier

import pytest

import invented
from dated import TABLES, slug_of, table_files, whole
from ratecard import quote
from ratecard_rules import Catalog, Model, TableError, _catalog, _shipped, digest_of, load_model
from ratecard_rules._shipped import MODULES

SCRIPT = Path(__file__).parents[1] / "rules" / "make_shipped.py"
ADVICE = "the tables changed: run python rules/regenerate.py"

needs_the_script = pytest.mark.skipif(not SCRIPT.is_file(), reason="the script stands beside the sources")


def test_the_shipped_catalogue_is_what_the_tables_give() -> None:
    """Every shipped table equals its file; version and digest are those of the files."""
    loaded = Catalog.load(TABLES)
    shipped = Catalog.bundled()
    assert shipped == loaded, ADVICE
    assert list(shipped) == list(loaded)
    assert (shipped.version, shipped.digest, shipped.models) == (loaded.version, loaded.digest, loaded.models)
    assert shipped.models == tuple(map(slug_of, table_files()))


def test_every_shipped_table_is_whole() -> None:
    """It has all revisions of its file, past and announced, with their digests, and names the file."""
    assert table_files()
    for slug in map(slug_of, table_files()):
        shipped = import_module(f"ratecard_rules._shipped.{MODULES[slug]}").TABLES[slug]()
        assert shipped == whole(slug), ADVICE
        digests = [digest_of(revision) for revision in whole(slug).revisions]
        assert [revision.digest for revision in shipped.revisions] == digests
        assert shipped.file == f"ratecard_rules/tables/{slug}.toml"


def test_there_is_one_module_for_each_provider() -> None:
    """The tables of a provider stand in one module, and no module is left over."""
    files = {file.stem for file in Path(_shipped.__file__).parent.glob("*.py")}
    assert files == {"__init__", *MODULES.values()}, ADVICE
    providers = {slug: slug.partition("/")[0] for slug in MODULES}
    assert len(set(providers.values())) == len(set(MODULES.values()))
    assert len(set(zip(providers.values(), MODULES.values(), strict=True))) == len(set(MODULES.values()))


@needs_the_script
def test_the_modules_are_up_to_date() -> None:
    """The generated files are those that the script writes today."""
    written = {file.name: file.read_text(encoding="utf-8") for file in Path(_shipped.__file__).parent.glob("*.py")}
    texts = runpy.run_path(str(SCRIPT))["texts"]
    assert texts([whole(slug_of(file)) for file in table_files()]) == written, ADVICE


@needs_the_script
def test_modules_that_no_table_needs_are_removed(tmp_path: Path) -> None:
    """Writing removes the module of a provider that has no tables any more; one bad table and nothing is written."""
    write = runpy.run_path(str(SCRIPT))["write"]
    (tmp_path / "gone.py").touch()
    write(TABLES / "kling", tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"__init__.py", "kling.py"}
    (tmp_path / "bad.toml").touch()
    with pytest.raises(TableError):
        write(tmp_path, tmp_path)
    assert (tmp_path / "kling.py").is_file()


@needs_the_script
def test_a_slug_without_a_slash_is_its_own_provider() -> None:
    """No table is lost, whatever stands between the slugs of a provider when they are sorted."""
    slugs = ("a", "a-b/c", "a/b")
    texts = runpy.run_path(str(SCRIPT))["texts"]([load_model(invented.table_text(slug=slug)) for slug in slugs])
    assert texts.keys() == {"__init__.py", "a.py", "a_b.py"}
    for slug, file in zip(slugs, ("a.py", "a_b.py", "a.py"), strict=True):
        assert f"    {slug!r}: {file.removesuffix('.py')!r}," in texts["__init__.py"]
        assert f"Model(slug={slug!r}, " in texts[file]


@needs_the_script
@pytest.mark.parametrize("slugs", [("a-b/c", "a_b/c", "a.b/c", "a/b/c", "A-b/c"), ("1st/x", "import/x", "\xe9/x")])
def test_every_slug_has_a_name_of_its_own(slugs: tuple[str, ...]) -> None:
    """Names of modules and functions are valid, and different for different slugs."""
    identifier = runpy.run_path(str(SCRIPT))["identifier"]
    names = [identifier(slug) for slug in slugs]
    assert len(set(names)) == len(slugs)
    assert all(name.isidentifier() and name.isascii() and not keyword.iskeyword(name) for name in names)


def test_the_shipped_catalogue_can_be_sent_to_another_process() -> None:
    """It survives pickling, looked at or not."""
    again = pickle.loads(pickle.dumps(Catalog.bundled()))  # noqa: S301  our own bytes
    assert again == Catalog.bundled()
    assert again.digest == Catalog.bundled().digest


def test_the_bundled_catalogue_is_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that builds the catalogue while another one does so takes the one that was there first."""
    theirs = Catalog.load(TABLES / "kling")
    built: list[Catalog] = []

    def bundle(_: object) -> dict[str, Model]:
        built.append(theirs)
        return {}

    monkeypatch.setattr(_catalog, "_BUNDLED", built)
    monkeypatch.setattr(_catalog, "_Bundle", bundle)
    assert Catalog.bundled() is theirs
    assert Catalog.bundled() is theirs


def test_eight_threads_from_a_cold_catalogue() -> None:
    """Threads that quote at once, before anything was looked at, get identical answers."""
    requests = [
        {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat", "duration": "10"}},
        {"model": "kling/kling-text2video-v25/text-to-video", "input": {"prompt": "a cat", "quality": "pro"}},
    ]
    stored = pickle.dumps([Catalog.load(TABLES / provider) for provider in ("kling", "kling-plus")])
    for _ in range(8):
        kling, kling_plus = pickle.loads(stored)  # noqa: S301  our own bytes
        cold = kling | kling_plus
        start = Barrier(8)

        def ask(_: int, catalog: Catalog = cold, start: Barrier = start) -> list[int]:
            start.wait()
            return [quote(request, catalog=catalog).usd_micros for request in requests]

        with ThreadPoolExecutor(8) as pool:
            assert set(map(tuple, pool.map(ask, range(8)))) == {(500_000, 337_500)}
