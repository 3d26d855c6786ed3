"""One catalogue over another: add, replace, extend, conflict; in the library and on the command line."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
import ratecard_rules
from cli_runner import run
from ratecard import Catalog, TableError, quote
from ratecard_rules import load_model

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _after_the_extension(at_clock: Callable[[datetime], None]) -> None:
    """Let the tests run when the later revision of these tables is in force."""
    at_clock(datetime(2030, 1, 1, tzinfo=UTC))


MODEL = "acme/loop-1/text-to-video"
OTHER = "acme/loop-2/text-to-video"
BASE = invented.table_text()
EXTENSION = (
    invented.HEAD.format(slug=MODEL)
    + 'overlay = "extend"\n'
    + invented.REVISION.format(complete="true").replace("checked", "effective = 2027-01-01T00:00:00Z\nchecked")
    + invented.INPUT
    + invented.PRICE.replace("10_000", "20_000")
)
LATER = EXTENSION.replace("2027", "2028").replace("20_000", "30_000")
REPLACEMENT = 'overlay = "replace"\n' + BASE.replace("10_000", "50_000")


def catalog(*texts: str) -> Catalog:
    """Return a catalogue of invented tables, each from a file of its own name."""
    return Catalog(tuple(load_model(text, file=f"{number}.toml") for number, text in enumerate(texts)))


def price(tables: Catalog) -> int:
    """Return the newest price of the invented request in micros."""
    return quote(invented.request(), catalog=tables).usd_micros


def test_add() -> None:
    """A new model is added; the old ones are as they were; the digest is that of the whole."""
    both = catalog(BASE) | catalog(BASE.replace(MODEL, OTHER))
    assert both.models == (MODEL, OTHER)
    assert both.digest == catalog(BASE, BASE.replace(MODEL, OTHER)).digest
    assert both.digest != catalog(BASE).digest


def test_replace() -> None:
    """A table that says so takes the place of the one below it: 50,000 x 4 instead of 10,000 x 4."""
    assert price(catalog(BASE) | catalog(REPLACEMENT)) == 200_000
    assert (catalog(BASE) | catalog(REPLACEMENT)).digest == catalog(REPLACEMENT).digest


def test_extend() -> None:
    """A table that says so appends its revisions: the past keeps its price, the future has the new one."""
    both = catalog(BASE) | catalog(EXTENSION)
    assert price(both) == 80_000
    assert price(both.at(date(2026, 12, 31))) == 40_000
    assert len(both[MODEL].revisions) == 2
    assert price(both | catalog(LATER)) == 120_000


def test_a_conflict_names_both_files() -> None:
    """Another table of the same model that does not say what it does is refused, and nothing is laid."""
    with pytest.raises(TableError) as refusal:
        _ = catalog(BASE) | catalog(BASE.replace(MODEL, OTHER), BASE.replace("10_000", "11_000"))
    (fault,) = refusal.value.faults
    assert (fault.file, fault.model, fault.key) == ("1.toml", MODEL, "model")
    assert 'overlay = "replace"' in fault.message
    assert "the table below is 0.toml" in fault.message


def test_an_extension_out_of_order_names_both_files() -> None:
    """Revisions that would come before those below are refused."""
    with pytest.raises(TableError, match=r"is not after .* \(the table below is 0\.toml\)"):
        _ = (catalog(BASE) | catalog(LATER)) | catalog(EXTENSION)
    with pytest.raises(TableError, match="only the first revision may leave it out"):
        _ = catalog(BASE) | catalog('overlay = "extend"\n' + BASE.replace("10_000", "20_000"))


def test_only_a_catalogue_can_be_laid() -> None:
    """Anything else is a TypeError, as for other operators."""
    with pytest.raises(TypeError):
        _ = catalog(BASE) | {}  # type: ignore[operator]


def test_the_marks_are_no_part_of_what_a_table_says() -> None:
    """File and overlay count neither for equality nor for the digest, and no file can write its own name."""
    assert load_model(BASE, file="a.toml") == load_model('overlay = "replace"\n' + BASE, file="b.toml")
    assert catalog(BASE).digest == catalog('overlay = "extend"\n' + BASE).digest
    with pytest.raises(TableError, match="file: unknown key"):
        load_model('file = "x"\n' + BASE)
    with pytest.raises(TableError, match='overlay: expected one of "replace", "extend"'):
        load_model('overlay = "add"\n' + BASE)


EXTENDED = EXTENSION.replace('overlay = "extend"\n', "")
RETIRED = LATER.replace("overlay", "retired = 2029-01-01T00:00:00Z\noverlay")
VARIANTS = (BASE, BASE.replace("10_000", "11_000"), EXTENSION, EXTENDED, LATER, RETIRED, REPLACEMENT)
TABLES = {slug: [load_model(text.replace(MODEL, slug)) for text in VARIANTS] for slug in (MODEL, OTHER)}
CATALOGS = st.tuples(*(st.sampled_from([None, *tables]) for tables in TABLES.values())).map(
    lambda tables: Catalog(table for table in tables if table is not None)
)
"""Catalogues of up to two models, each with or without a mark."""


def laid(below: Catalog | None, above: Catalog | None) -> Catalog | None:
    """Return one catalogue over another, or None where that is refused."""
    try:
        return None if below is None or above is None else below | above
    except TableError:
        return None


class TestOrder:
    """What the documentation of `|` says about its order."""

    @given(CATALOGS, CATALOGS, CATALOGS)
    def test_associative_unless_refused(self, a: Catalog, b: Catalog, c: Catalog) -> None:
        """Grouping never changes the result: two groupings can only differ in that one of them is refused."""
        left, right = laid(laid(a, b), c), laid(a, laid(b, c))
        assert None in (left, right) or left == right

    def test_one_grouping_may_be_refused(self) -> None:
        """A table without a mark is laid only on its equal, which may stand on one side alone."""
        base, extension, extended = map(catalog, (BASE, EXTENSION, EXTENDED))
        assert laid(laid(base, extension), extended) is None
        assert laid(base, laid(extension, extended)) == base | extension
        whole = base | extension
        assert laid(laid(base, extension), whole) == whole
        assert laid(base, laid(extension, whole)) is None

    @given(CATALOGS, CATALOGS)
    def test_idempotent(self, a: Catalog, b: Catalog) -> None:
        """Laying the same catalogue again changes nothing."""
        assert laid(a, a) == a
        both = laid(a, b)
        if both is not None:
            assert laid(both, b) == both

    @given(CATALOGS)
    def test_an_empty_catalogue_changes_nothing(self, a: Catalog) -> None:
        """On either side."""
        assert (a | Catalog()) == a == (Catalog() | a)

    @given(CATALOGS, CATALOGS)
    def test_order_matters_for_common_models_alone(self, a: Catalog, b: Catalog) -> None:
        """Without a model in common the order decides nothing; with one, the right side decides."""
        both = laid(a, b)
        if not set(a.models) & set(b.models):
            assert both == laid(b, a) is not None
        for model in b:
            if both is not None and model.overlay == "replace":
                assert both[model.slug] == model
            if both is not None and model.overlay == "extend" and model.slug in a:
                assert both[model.slug].revisions[: len(a[model.slug].revisions)] == a[model.slug].revisions

    def test_what_waits_is_laid_later(self) -> None:
        """A marked table without a table below it keeps its mark, so overlays can be combined before they are laid."""
        waiting = catalog(EXTENSION) | catalog(LATER)
        assert waiting[MODEL].overlay == "extend"
        assert price(catalog(BASE) | waiting) == 120_000
        assert (catalog(BASE) | waiting)[MODEL].overlay is None
        replacing = catalog(EXTENSION) | catalog(REPLACEMENT)
        assert replacing[MODEL].overlay == "replace"
        assert price(catalog(BASE) | replacing) == 200_000

    def test_an_extension_can_retire_a_model(self) -> None:
        """The end that it states holds; without one, that of the table below does."""
        retired = catalog(BASE) | catalog(RETIRED)
        assert str(retired[MODEL].retired) == "2029-01-01 00:00:00+00:00"
        assert (retired | catalog(LATER))[MODEL].retired == retired[MODEL].retired

    @given(st.lists(CATALOGS, min_size=1, max_size=4))
    def test_every_table_of_the_result_comes_from_one_below(self, parts: list[Catalog]) -> None:
        """Laying makes up nothing: each revision of the result is in one of the catalogues."""
        whole: Catalog | None = Catalog()
        for part in parts:
            whole = laid(whole, part)
        known = {revision.digest for part in parts for model in part for revision in model.revisions}
        assert {revision.digest for model in whole or () for revision in model.revisions} <= known


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of a customer's own tables: one of a new model, one that corrects a shipped price."""
    shipped = "kling-plus/kling-o1-pro/video-edit-fast"
    table = Path(ratecard_rules.__file__).parent / "tables" / f"{shipped}.toml"
    text = table.read_text(encoding="utf-8").replace("30_000", "33_000").replace("0.030", "0.033")
    (tmp_path / "edit.toml").write_text('overlay = "replace"\n' + text, encoding="utf-8")
    (tmp_path / "loop.toml").write_text(BASE, encoding="utf-8")
    return tmp_path


def test_tables_on_the_command_line(folder: Path) -> None:
    """`--tables` lays a folder on the shipped tables, for every command; the environment does the same."""
    edit = ("quote", "kling-plus/kling-o1-pro/video-edit-fast", "prompt=snow", "video_url=https://example.com/cat.mp4")
    assert run(*edit).stdout.startswith("$0.03  ")
    assert run(*edit, "--tables", str(folder)).stdout.startswith("$0.033  ")
    assert run(*edit, env={"RATECARD_TABLES": str(folder)}).stdout.startswith("$0.033  ")
    single = os.pathsep.join(str(folder / name) for name in ("edit.toml", "loop.toml"))
    assert run("sheet", MODEL, env={"RATECARD_TABLES": single}).stdout.count("\n") == 5
    for command in (["validate", MODEL, "prompt=a"], ["range", MODEL, "prompt=a"], ["show", MODEL], ["sheet", MODEL]):
        assert run(*command, "--tables", str(folder)).exit_code == 0
        assert run(*command).exit_code == 3
    listed = json.loads(run("models", "--json", "--tables", str(folder)).stdout)["models"]
    assert len(listed) == len(Catalog.bundled()) + 1


def test_tables_that_cannot_be_laid(folder: Path) -> None:
    """Faults are told with their files and end with 3; a path that is not there is wrong usage."""
    (folder / "edit.toml").write_text(
        (folder / "edit.toml").read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8"
    )
    conflict = run("models", "--tables", str(folder))
    assert conflict.exit_code == 3
    assert "the catalogue already has this model" in conflict.stderr
    (folder / "loop.toml").write_text("model = 5", encoding="utf-8")
    assert run("models", "--tables", str(folder / "loop.toml")).exit_code == 3
    missing = run("models", "--tables", str(folder / "none.toml"))
    assert missing.exit_code == 2
    assert "No such file" in missing.stderr


def test_the_instant_on_the_command_line(tmp_path: Path) -> None:
    """`--at` takes a date or an instant with its offset, for every command; a naive instant is wrong usage."""
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")
    path = tmp_path / "more.toml"
    path.write_text(EXTENSION, encoding="utf-8")
    tables = ("--tables", str(tmp_path / "base.toml"), "--tables", str(path))
    asked = ("quote", MODEL, "prompt=a", *tables)
    assert run(*asked, "--at", "2027-06-01").stdout.startswith("$0.08  ")
    assert run(*asked, "--at", "2026-12-31").stdout.startswith("$0.04  ")
    assert run(*asked, "--at", "2027-01-01T00:59:59+01:00").stdout.startswith("$0.04  ")
    assert run(*asked, "--at", "2027-01-01T01:00:00+01:00").stdout.startswith("$0.08  ")
    assert "40000" in run("sheet", MODEL, *tables, "--at", "2026-12-31").stdout
    assert "revision: 1," in run("show", MODEL, *tables, "--at", "2026-12-31").stdout
    assert run("range", MODEL, "prompt=a", "--any", "sound", *tables, "--at", "2026-12-31").stdout.startswith(
        "$0.04 to"
    )
    assert f"{MODEL}\t$0.04\t" in run("models", *tables, "--at", "2026-12-31").stdout
    assert run("validate", MODEL, "prompt=a", *tables, "--at", "2026-12-31").exit_code == 0
    for naive in ("2026-12-31T00:00:00", "yesterday"):
        wrong = run(*asked, "--at", naive)
        assert wrong.exit_code == 2
        assert "expected 2026-12-01 or 2026-12-01T00:00:00+00:00" in wrong.stderr.replace("\n", " ")


def test_a_difference_by_an_overlay(folder: Path) -> None:
    """Tables that replace or extend are laid on the old ones before they are compared: nothing else counts as gone."""
    edit = folder / "edit.toml"
    found = run("diff", "bundled", str(edit))
    assert found.exit_code == 1
    assert "base price: $0.03 -> $0.033" in found.stdout
    assert "gone" not in found.stdout
    conflict = run("diff", str(folder / "loop.toml"), str(folder))
    assert conflict.exit_code == 1
    (folder / "loop.toml").write_text(BASE.replace("10_000", "11_000"), encoding="utf-8")
    (folder / "other.toml").write_text(BASE, encoding="utf-8")
    (folder / "new").mkdir()
    (folder / "new" / "loop.toml").write_text(BASE, encoding="utf-8")
    (folder / "new" / "edit.toml").write_text(edit.read_text(encoding="utf-8"), encoding="utf-8")
    refused = run("diff", str(folder / "loop.toml"), str(folder / "new"))
    assert refused.exit_code == 3
    assert "the catalogue already has this model" in refused.stderr
