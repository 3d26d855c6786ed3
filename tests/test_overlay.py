"""One catalogue over another: add, replace, extend, conflict; in the library and on the command line."""

from __future__ import annotations

import json
import os
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import invented
import ratecard_rules
from ratecard import Catalog, TableError, quote
from ratecard._cli._commands import cli
from ratecard_rules import load_model

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


PARTS = [
    catalog(BASE),
    catalog(BASE.replace(MODEL, OTHER)),
    catalog(EXTENSION),
    catalog(LATER),
    catalog(REPLACEMENT),
    catalog(EXTENSION, REPLACEMENT.replace(MODEL, OTHER)),
]


def laid(*catalogs: Any) -> Any:
    """Return catalogues laid one over the other, or the word for a conflict."""
    try:
        whole = catalogs[0]
        for one in catalogs[1:]:
            whole = whole | one
    except TableError:
        return "conflict"
    return whole.digest


def test_laying_is_associative_and_idempotent() -> None:
    """(a | b) | c is a | (b | c), and laying the same catalogue again changes nothing, over all kinds of tables."""
    agreed = 0
    for a, b, c in product(PARTS, repeat=3):
        try:
            right = b | c
        except TableError:
            continue
        one, other = laid(a, b, c), laid(a, right)
        assert one == other or "conflict" in (one, other)
        agreed += one == other
        if laid(a, b) != "conflict":
            assert laid(a, b, b) == laid(a, b)
    assert agreed > 60


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
def test_every_table_of_the_result_comes_from_one_below(parts: list[Catalog]) -> None:
    """Laying makes up nothing: each revision of the result stands in one of the catalogues."""
    whole = parts[0]
    for part in parts[1:]:
        try:
            whole |= part
        except TableError:
            return
    known = {revision.digest for part in parts for model in part for revision in model.revisions}
    assert {revision.digest for model in whole for revision in model.revisions} <= known


def run(*arguments: str, env: dict[str, str] | None = None) -> Any:
    """Run the command line."""
    return CliRunner().invoke(cli, arguments, env=env)


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
    assert len(json.loads(run("models", "--json", "--tables", str(folder)).stdout)["models"]) == 77


def test_tables_that_cannot_be_laid(folder: Path) -> None:
    """Faults are told with their files and end with 3; a path that is not there is wrong usage."""
    (folder / "edit.toml").write_text(
        (folder / "edit.toml").read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8"
    )
    conflict = run("models", "--tables", str(folder))
    assert conflict.exit_code == 3
    assert "it is there already" in conflict.stderr
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
    assert "revision\t1," in run("show", MODEL, *tables, "--at", "2026-12-31").stdout
    assert run("range", MODEL, "prompt=a", "--any", "sound", *tables, "--at", "2026-12-31").stdout.startswith(
        "$0.04 to"
    )
    assert f"{MODEL}\tLoop 1\ttext-to-video\t$0.04" in run("models", *tables, "--at", "2026-12-31").stdout
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
    assert "base price rises from $0.03 to $0.033" in found.stdout
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
    assert "it is there already" in refused.stderr
