"""`ratecard check` and the functions behind it: faults with their lines, and prices far from those of similar models.

Each fault is put into a copy of a shipped table; the expected line is that of the changed text.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import cli_runner
import invented
from dated import TABLES, has_dates, slug_of, table_files, whole
from ratecard import quote, validate
from ratecard_rules import Catalog, Conflict, Fault, Model, TableError, check_tables, load_model
from ratecard_rules._reader import load
from ratecard_rules._reader.outliers import (
    FAMILY_FACTOR,
    UNIT_FACTOR,
    Rate,
    family_of,
    newest_rates,
    outliers,
)
from ratecard_rules._reader.positions import key_lines, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from click.testing import Result

DOCUMENTED = json.loads((Path(__file__).with_name("data") / "documented.json").read_text(encoding="utf-8"))
TRANSCRIBED = {model["model"] for model in DOCUMENTED["models"]}
SLUG = "kling-plus/kling-o3-standard/image-to-video"  # $0.084 per second
TEXT = (TABLES / f"{SLUG}.toml").read_text(encoding="utf-8")
PRO = "kling/kling-3.0-pro/image-to-video"
GROK = "xai/grok-imagine/image-to-video"
PIXEL = "pixelbyte-plus/pixel-image-1.0/text-to-image"
ACME = "acme/loop-1/text-to-video"
EDIT = "google/nano-banana-2/edit-image"

LATER = """
[[revision]]
effective = 2026-12-01T00:00:00Z  # not after
checked = 2026-11-20
source = ["https://example.com/kling"]
input = {}
price = { base_usd_micros = 90_000, label = "request" }
"""

DURATION = 'allowed = ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]\ndefault = '

# what, the text of the table, what stands there instead, the key, words of the message
FAULTS = [
    ("missing-multiplier", ', "true" = 1.5 }', " }", "price.factors.has_sound", '"true" has no multiplier'),
    ("extra-multiplier", '"true" = 1.5 }', '"true" = 1.5, "loud" = 2 }', "price.factors.has_sound", '"loud" has a'),
    ("extra-option", '["false", "true"]', '["false", "true", "loud"]', "price.factors.has_sound", '"loud" has no mult'),
    ("default", f'{DURATION}"5"', f'{DURATION}"16"', "input.duration.default", '"16" is not one of the allowed'),
    ("example", "usd_micros = 420_000", "usd_micros = 420_001", "example[1].usd_micros", "gives 420,000, but the"),
    ("printed", '"0.420"', '"4.20"', "example[1].printed_usd", "$4.20 is not 420,000 micros: fix one, or record"),
    ("duplicate", 'label = "second"', 'label = "second"\nlabel = "video"', "price.label", "is defined twice; keep"),
    ("float", "= 84_000", "= 84_000.0", "price.base_usd_micros", "expected a whole number, got the number 84000.0"),
    ("unknown-key", "fields_complete = true", "all_fields = true", "all_fields", "unknown key; known: checked, source"),
    ("evidence", 'items = "implied"', 'items = "implid"', "input.multishot.evidence.items", 'got the string "implid"'),
    ("missing-key", 'type = "array"', "", "input.multishot.type", "this key is missing"),
]  # fmt: skip

WHERE = {
    "extra-option": 'has_sound = { "false"',  # the fault is that the price lacks it
    "duplicate": 'label = "video"',
    "default": 'default = "16"',
    "missing-multiplier": 'has_sound = { "false"',
    "missing-key": "[revision.input.multishot]",  # the nearest header around it
}
"""The text in the line of a fault, if it is not the changed text itself."""


def faulty(what: str) -> tuple[str, int]:
    """Return the shipped table with one fault, and the line where it should be reported."""
    old, new = next((old, new) for name, old, new, *_ in FAULTS if name == what)
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    return text, line_with(text, WHERE.get(what, new))


def line_with(text: str, words: str) -> int:
    """Return the line (from 1) that contains these words, which occur once."""
    assert text.count(words) == 1, words
    return text.partition(words)[0].count("\n") + 1


def out_of_order() -> tuple[str, int]:
    """Return the shipped table with a second revision that is not after the first, and the line of the fault."""
    text = TEXT.replace("checked = ", "effective = 2026-12-01T00:00:00Z\nchecked = ", 1) + LATER
    return text, line_with(text, "# not after")


def run(*args: str | Path) -> Result:
    """Run `ratecard check` as in a pipe."""
    return cli_runner.run("check", *map(str, args))


def write(path: Path, text: str) -> Path:
    """Write a file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


load_model_once = cache(load.load_model)


@pytest.fixture(autouse=True)
def _each_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the shipped tables once and not again for every check."""
    monkeypatch.setattr(load, "load_model", load_model_once)


class TestFaults:
    """Every fault is found in one run, with its file, line, model and key, and how to fix it."""

    def test_the_table_without_a_fault_has_none(self, tmp_path: Path) -> None:
        """The unchanged copy has no fault, so each fault below is the only one."""
        check = check_tables([write(tmp_path / "o3.toml", TEXT)])
        assert (check.ok, check.faults, check.warnings) == (True, (), ())
        assert [model.slug for model in check.models] == [SLUG]

    @pytest.mark.parametrize(("what", "key", "words"), [(what, key, words) for what, _, _, key, words in FAULTS])
    def test_one_fault(self, tmp_path: Path, what: str, key: str, words: str) -> None:
        """Each kind of fault is reported at its line and key."""
        text, line = faulty(what)
        path = write(tmp_path / f"{what}.toml", text)
        check = check_tables([path])
        assert not check.ok
        fault = next(fault for fault in check.faults if fault.key == f"revision[1].{key}")
        assert (fault.file, fault.line, fault.model) == (str(path), line, SLUG)
        assert words in fault.message
        assert str(fault) == f"{path}:{line}: {SLUG}: revision[1].{key}: {fault.message}"

    def test_revisions_out_of_order(self, tmp_path: Path) -> None:
        """A second revision that does not start after the first is a fault at its `effective`."""
        text, line = out_of_order()
        path = write(tmp_path / "order.toml", text)
        (fault,) = check_tables([path]).faults
        assert (fault.file, fault.line, fault.model, fault.key) == (str(path), line, SLUG, "revision[2].effective")

    def test_all_of_them_in_one_run(self, tmp_path: Path) -> None:
        """One run over a folder reports all faults: none hides another, in the same file or in another."""
        expected = {}
        for what, _, _, key, _ in FAULTS:
            text, line = faulty(what)
            expected[str(write(tmp_path / "sub" / f"{what}.toml", text))] = (line, f"revision[1].{key}")
        text, line = out_of_order()
        expected[str(write(tmp_path / "order.toml", text))] = (line, "revision[2].effective")
        check = check_tables([tmp_path])
        found = {(fault.file, fault.line, fault.key) for fault in check.faults}
        assert {(file, *place) for file, place in expected.items()} <= found
        assert len(expected) == 12
        assert {fault.model for fault in check.faults} == {SLUG}
        assert check.models == ()

    def test_several_faults_of_one_file_in_the_order_of_its_lines(self, tmp_path: Path) -> None:
        """Faults are in the order of the files as given, and of the lines within a file."""
        text = TEXT.replace("420_000", "420_001").replace('"0.084"', '"0.84"')  # the examples are checked first
        later, first = write(tmp_path / "z.toml", text), write(tmp_path / "a.toml", faulty("default")[0])
        faults = check_tables([later, first]).faults
        assert list(dict.fromkeys(fault.file for fault in faults)) == [str(later), str(first)]
        lines = [fault.line for fault in faults if fault.file == str(later)]
        assert lines == [line_with(text, words) for words in ('"0.84"', "420_001", 'usd = "0.420"')]

    def test_one_slug_in_two_paths(self, tmp_path: Path) -> None:
        """The fault is in the second table with a slug, and names the file of the first."""
        one, two = write(tmp_path / "one.toml", TEXT), write(tmp_path / "b" / "two.toml", "# mine\n" + TEXT)
        (fault,) = check_tables([one, tmp_path / "b"]).faults
        assert (fault.file, fault.line, fault.key) == (str(two), 2, "model")
        assert f"also in {one}" in fault.message

    def test_a_file_that_is_given_twice_is_one_file(self, tmp_path: Path) -> None:
        """A folder and a file in it can be given together."""
        path = write(tmp_path / "one.toml", TEXT)
        assert len(check_tables([tmp_path, path, path]).models) == 1

    def test_a_folder_without_tables(self, tmp_path: Path) -> None:
        """It is a fault like any other, because the folder may be mistyped."""
        (tmp_path / "empty").mkdir()
        table = write(tmp_path / "one.toml", TEXT)
        check = check_tables([tmp_path / "empty", table])
        assert [str(fault) for fault in check.faults] == [
            f"{tmp_path / 'empty'}: no tables found: no file name ends in .toml"
        ]
        assert len(check.models) == 1

    @pytest.mark.parametrize(
        ("text", "line", "model", "key"),
        [
            (TEXT.replace("max_length = 2500", "max_length = "), 15, SLUG, "revision[1].input.prompt.max_length"),
            (TEXT.replace("max_length = 2500", "max_length 2500"), 15, SLUG, None),
            ('model = "a/b"\nname = [\n"x",\n', 4, "a/b", None),  # the end of the text
            ("model = 5\n[a]\n[a]\n", 3, None, "a"),
            ("# a comment\nmodel = 'a/b'\nx = { y = 1, y = 2 }\n", 3, "a/b", "x"),
            (f"a = {'9' * 5_000}", None, None, None),
            ("a = [" * 10_000, 1, None, "a"),
        ],
    )
    def test_text_that_is_not_toml(self, text: str, line: int | None, model: str | None, key: str | None) -> None:
        """The fault has the line that the TOML reader reports, and the model and the key if they are known."""
        with pytest.raises(TableError) as refusal:
            load_model(text)
        (fault,) = refusal.value.faults
        assert (fault.line, fault.model, fault.key) == (line, model, key)
        assert fault.message.startswith("invalid TOML: ")

    def test_text_that_is_not_toml_in_a_file(self, tmp_path: Path) -> None:
        """The line is known even if there is no key in it."""
        path = write(tmp_path / "o3.toml", TEXT.replace("max_length = 2500", "max_length 2500"))
        assert [(fault.line, fault.key) for fault in check_tables([path]).faults] == [(15, None)]

    def test_text_that_is_not_utf_8(self, tmp_path: Path) -> None:
        """The fault is in the line of the first invalid byte; the model is read from the rest of the file."""
        path = tmp_path / "latin.toml"
        path.write_bytes(TEXT.replace("Kling O3", "Kling \xd63").encode("latin-1"))
        (fault,) = check_tables([path]).faults
        assert (fault.line, fault.model, fault.key) == (2, SLUG, "name")

    def test_a_reader_that_gives_the_line_as_a_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Newer versions of tomllib have the line as an attribute of the error."""
        error = ValueError("worded otherwise")
        error.lineno = 2  # type: ignore[attr-defined]  # what the error of Python 3.14 has

        def loads(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(tomllib, "loads", loads)
        with pytest.raises(TableError) as refusal:
            load_model('model = "a/b"\nname = "x"')
        assert [(fault.line, fault.key) for fault in refusal.value.faults] == [(2, "name")]

    def test_a_header_that_is_not_toml(self) -> None:
        """The key is the whole key in the line, not a prefix that occurs there for the first time."""
        with pytest.raises(TableError) as refusal:
            load_model('model = "a/b"\n[revision.input.prompt] x')
        assert [(fault.line, fault.key) for fault in refusal.value.faults] == [(2, "revision.input.prompt")]

    def test_the_shipped_tables(self) -> None:
        """Without a path the shipped tables are checked, and nothing is reported."""
        check = check_tables()
        assert check.faults == ()
        assert [warning for warning in check.warnings if warning.model in TRANSCRIBED] == []
        assert sorted(model.slug for model in check.models) == list(map(slug_of, table_files()))

    @pytest.mark.parametrize("slug", ["", " ", " acme/loop-1", "acme/loop-1\\n", "\u00a0acme/loop-1"])
    def test_slugs_that_are_empty_or_padded(self, slug: str) -> None:
        """No request could name such a model."""
        with pytest.raises(TableError) as refusal:
            load_model(invented.table_text(slug=slug))
        assert [(fault.key, fault.line) for fault in refusal.value.faults] == [("model", None)]
        assert "whitespace" in str(refusal.value)

    def test_negative_times(self, tmp_path: Path) -> None:
        """A negative processing time is a fault."""
        text = TEXT.replace("typical_seconds = 240", "typical_seconds = -1")
        (fault,) = check_tables([write(tmp_path / "o3.toml", text)]).faults
        assert (fault.key, fault.line) == ("revision[1].typical_seconds", line_with(text, "= -1"))
        assert "-1 is negative" in fault.message

    @pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "\ufeff"])
    def test_an_empty_file(self, tmp_path: Path, text: str) -> None:
        """There is one fault for the file, instead of one for each missing key."""
        (fault,) = check_tables([write(tmp_path / "empty.toml", text)]).faults
        assert fault.message.startswith("the file is empty")

    def test_a_byte_order_mark(self, tmp_path: Path) -> None:
        """A byte order mark, which some editors write, changes nothing, in bytes or in text."""
        path = write(tmp_path / "o3.toml", "\ufeff" + TEXT)
        assert check_tables([path]).ok
        assert Catalog.load(path).digest == Catalog([load_model("\ufeff" + TEXT)]).digest
        broken = write(tmp_path / "broken.toml", "\ufeffmodel = 'a/b'\nmodel = 'a/b'\n")
        (fault,) = check_tables([broken]).faults
        assert (fault.line, fault.model, fault.key) == (2, "a/b", "model")
        assert key_lines("\ufeffmodel = 1") == {"model": 1}

    @pytest.mark.parametrize(
        ("fields", "options", "count"),
        [(1, 10_001, "10,001"), (4, 11, "14,641"), (25, 10, f"{10**25:,}"), (4_500, 10, f"more than {10**30:,}")],
    )
    def test_too_many_combinations(self, fields: int, options: int, count: str) -> None:
        """More than 10,000 combinations are refused with their number, without iterating over them."""
        with pytest.raises(TableError) as refusal:
            load_model(many_options(fields, options))
        (fault,) = refusal.value.faults
        assert fault.key == "revision[1].price.factors"
        assert f"{count} combinations" in fault.message
        assert "at most 10,000" in fault.message

    def test_as_many_combinations_as_are_allowed(self) -> None:
        """Exactly 10,000 combinations are accepted, in one field or in four."""
        for fields, options in ((1, 10_000), (4, 10)):
            model = load_model(many_options(fields, options))
            assert len(model.latest.price.factors) == fields

    def test_the_order_of_faults_does_not_depend_on_the_hash_seed(self, tmp_path: Path) -> None:
        """Faults are in the order of the table in every process."""
        extra = ", ".join(f'x{number} = "1"' for number in range(9))
        text = TEXT.replace('input = { duration = "5"', f'input = {{ {extra}, duration = "5"')
        path = write(tmp_path / "o3.toml", text)
        said = {
            subprocess.run(
                [sys.executable, "-m", "ratecard", "check", path],
                capture_output=True, check=False, encoding="utf-8", env={**os.environ, "PYTHONHASHSEED": seed},
            ).stdout
            for seed in ("0", "1")
        }  # fmt: skip
        assert len(said) == 1
        assert re.findall(r"example\[1\]\.input\.(x\d)", said.pop()) == [f"x{number}" for number in range(9)]

    @pytest.mark.parametrize(
        "what", ["typical_seconds = 240", "base_usd_micros = 84_000", '"true" = 1.5', "max_length = 2500"]
    )
    @pytest.mark.parametrize(
        "number", [f"0x{'f' * 5_000}", "0x10000000000000000", f"1.{'3' * 5_000}", f"'{'7' * 4_000}/3'"]
    )
    def test_endless_numbers(self, what: str, number: str) -> None:
        """They are faults, however they are written, and messages stay short."""
        with pytest.raises(TableError) as refusal:
            load_model(TEXT.replace(what, f"{what.partition(' =')[0]} = {number}"))
        assert all(fault.key and len(fault.message) < 300 for fault in refusal.value.faults)

    def test_loading_refuses_what_the_check_finds(self, tmp_path: Path) -> None:
        """`Catalog.load` raises the same faults and loads nothing."""
        path = write(tmp_path / "example.toml", faulty("example")[0])
        with pytest.raises(TableError) as refusal:
            Catalog.load(tmp_path)
        assert [fault.key for fault in refusal.value.faults] == [fault.key for fault in check_tables([path]).faults]


def many_options(fields: int, options: int) -> str:
    """Return a table with this many priced fields of this many options each."""
    names = [f"f{number}" for number in range(fields)]
    listed = ", ".join(f'"{number}"' for number in range(1, options + 1))
    inputs = "".join(f'[revision.input.{name}]\ntype = "string"\nallowed = [{listed}]\n' for name in names)
    factors = "".join(f'{name} = "value"\n' for name in names)
    return invented.table_text(f"[revision.price]\nbase_usd_micros = 1\n[revision.price.factors]\n{factors}", inputs)


class TestComparedWithOthers:
    """Faults and warnings that show only in comparison with other tables, checked together or shipped."""

    def test_a_sibling_that_does_not_exist(self, tmp_path: Path) -> None:
        """It is a fault that suggests similar names. Tables checked in the same run count, even faulty ones."""
        text = invented.table_text(fields=invented.INPUT.replace("max_length = 10", SIBLING.format("kling/kling-x")))
        path = write(tmp_path / "loop.toml", text)
        (fault,) = check_tables([path]).faults
        assert (fault.key, fault.line, fault.model) == ("revision[1].input.prompt.sibling", 17, ACME)
        assert '"kling/kling-x" is not in the catalogue' in fault.message
        write(tmp_path / "loop.toml", text.replace("kling/kling-x", PRO.upper()))
        assert f"did you mean {PRO}" in check_tables([path]).faults[0].message
        write(tmp_path / "loop.toml", text.replace("kling/kling-x", PRO))
        assert check_tables([path]).ok
        write(tmp_path / "loop.toml", text.replace("kling/kling-x", "acme/loop-2"))
        write(tmp_path / "two.toml", invented.table_text(slug="acme/loop-2").replace("max = 99", "max = -1"))
        assert [(fault.model, fault.key) for fault in check_tables([tmp_path]).faults] == [
            ("acme/loop-2", "revision[1].input.seed.min")
        ]

    def test_a_sibling_of_a_price_or_a_measured_quantity(self, tmp_path: Path) -> None:
        """Siblings are checked in every part that can name one."""
        price = invented.PRICE.replace('label = "second"', 'evidence = { factors = "sibling" }\nsibling = "a/b"')
        fields = invented.INPUT.replace("input.sound", "measured.sound").replace(
            "default = false", 'evidence = { allowed = "sibling" }\nsibling = "c/d"'
        )
        faults = check_tables([write(tmp_path / "loop.toml", invented.table_text(price, fields))]).faults
        assert [fault.key for fault in faults] == ["revision[1].measured.sound.sibling", "revision[1].price.sibling"]

    def test_a_shipped_slug_without_overlay(self, tmp_path: Path) -> None:
        """A table that differs from the shipped one needs `overlay`; an identical copy does not."""
        changed = TEXT.replace("max_length = 2500", "max_length = 2501")
        path = write(tmp_path / "o3.toml", changed)
        (fault,) = check_tables([path]).faults
        assert (fault.key, fault.line, fault.model) == ("model", line_with(TEXT, "model ="), SLUG)
        assert 'overlay = "replace"' in fault.message
        for mark in ("replace", "extend"):
            write(path, f'overlay = "{mark}"\n{changed}')
            assert check_tables([path]).ok

    def test_an_overlay_of_a_slug_that_does_not_exist(self, tmp_path: Path) -> None:
        """A warning says that it would be added as a new model, and suggests similar slugs."""
        path = write(tmp_path / "o3.toml", 'overlay = "replace"\n' + TEXT.replace("o3-standard", "o3-standart", 1))
        check = check_tables([path])
        assert check.ok
        (warning,) = check.warnings
        assert (warning.key, warning.line) == ("overlay", 1)
        assert "added as a new model" in warning.message
        assert f"did you mean {SLUG}" in warning.message

    def test_an_overlay_that_resembles_nothing(self, tmp_path: Path) -> None:
        """Nothing is suggested then."""
        path = write(tmp_path / "loop.toml", 'overlay = "extend"\n' + invented.table_text(slug="qqq/xxx/zzz"))
        (warning,) = check_tables([path]).warnings
        assert "did you mean" not in warning.message

    def test_slugs_that_differ_by_case(self, tmp_path: Path) -> None:
        """It is a fault that names the other slug, in another file or shipped."""
        path = write(tmp_path / "o3.toml", 'overlay = "replace"\n' + TEXT.replace(SLUG, SLUG.title(), 1))
        check = check_tables([path])
        (fault,) = check.faults
        assert (fault.key, check.warnings) == ("model", ())
        assert f"differs only by case from {SLUG}" in fault.message
        one = write(tmp_path / "own" / "one.toml", invented.table_text(slug="acme/loop"))
        write(tmp_path / "own" / "two.toml", invented.table_text(slug="Acme/Loop"))
        for faults in (check_tables([tmp_path / "own"]).faults, load_faults(tmp_path / "own")):
            assert [(fault.key, fault.model) for fault in faults] == [("model", "Acme/Loop")]
            assert f"this slug is also in {one}, as acme/loop: rename or remove one" in faults[0].message

    def test_a_capability_that_no_other_table_has(self, tmp_path: Path) -> None:
        """It is a warning, unless the slug ends with the same word: then the API spells it this way."""
        text = invented.table_text().replace('capability = "text-to-video"', 'capability = "text-to-vidoe"')
        path = write(tmp_path / "loop.toml", text)
        check = check_tables([path])
        assert check.ok
        (warning,) = check.warnings
        assert (warning.key, warning.line) == ("capability", 5)
        assert 'no other table has the capability "text-to-vidoe"' in warning.message
        assert "did you mean text-to-video" in warning.message
        write(path, text.replace(f'model = "{ACME}"', 'model = "acme/loop-1/text-to-vidoe"'))
        assert check_tables([path]).warnings == ()
        write(path, text)
        write(tmp_path / "two.toml", text.replace("loop-1", "loop-2"))
        assert check_tables([tmp_path]).warnings == ()


SIBLING = 'max_length = 10\nevidence = {{ max_length = "sibling" }}\nsibling = "{}"'


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Return the faults that `Catalog.load` raises for a folder."""
    with pytest.raises(TableError) as refusal:
        Catalog.load(path)
    return refusal.value.faults


def priced(slug: str, *, times: int = 1, per: int = 1) -> Model:
    """Return a shipped model whose base price is wrong by a factor."""
    model = Catalog.bundled()[slug]
    price = model.latest.price
    assert price.base_usd_micros is not None
    price = evolve(price, base_usd_micros=price.base_usd_micros * times // per)
    return evolve(model, revisions=(evolve(model.latest, price=price),))


def found_of(model: Model) -> list[Fault]:
    """Return the warnings about a model compared with the shipped ones."""
    return list(outliers(model, rates()))


@cache
def rates() -> list[Rate]:
    """Return the rates of the shipped tables."""
    return newest_rates(Catalog.bundled())


def documented_rates() -> list[Rate]:
    """Return the rates of the models in documented.json whose price has not changed since."""
    return [rate for rate in rates() if rate.model in TRANSCRIBED and not has_dates(whole(rate.model))]


def median(among: Iterable[Rate]) -> Rate:
    """Return the median of the rates per second, the lower one of two."""
    ordered = sorted((rate for rate in among if rate.unit == "second"), key=lambda rate: rate.usd_micros)
    return ordered[(len(ordered) - 1) // 2]


def per_second(rate: Rate) -> str:
    """Return a rate as warnings print it."""
    return f"${float(rate.usd_micros / 1_000_000):g} per second"


def ratio_of(first: Fraction, second: Fraction) -> str:
    """Return the ratio of two rates as warnings print it."""
    return f"{float(round(max(first / second, second / first), 1)):,g}"


def without_examples(text: str, base: str) -> str:
    """Return a table that replaces a shipped one, with another base price and without printed prices."""
    text = 'overlay = "replace"\n' + text.partition("[[revision.example]]")[0]
    return re.sub("base_usd_micros = .*", f"base_usd_micros = {base}", re.sub("printed_usd = .*", "", text))


class TestOutliers:
    """A price far from that of its family, or of all models with the same unit, is a warning that names both."""

    @pytest.mark.parametrize(
        ("base", "dollars", "less"),
        [
            ("8_400_000", "$8.4", ""),  # a hundredfold
            ("840", "$0.00084", "less than "),
            ("840_000", "$0.84", ""),  # a tenfold
            ("8_400", "$0.0084", "less than "),
        ],
    )
    def test_a_mistake_in_a_copy_of_a_table(self, tmp_path: Path, base: str, dollars: str, less: str) -> None:
        """Hundredfold and tenfold mistakes are found in both directions, with both prices, in the right line."""
        text = without_examples(TEXT, base)
        path = write(tmp_path / "o3.toml", text)
        check = check_tables([path])
        assert check.ok
        (warning,) = check.warnings
        assert (warning.file, warning.line) == (str(path), line_with(text, base))
        assert (warning.model, warning.key) == (SLUG, "revision[1].price.base_usd_micros")
        peer = median(rate for rate in rates() if rate.family == "kling" and rate.model != SLUG)
        times = ratio_of(Fraction(base), peer.usd_micros)
        assert f"{dollars} per second is {times} times {less}the {per_second(peer)} of " in warning.message
        assert "the median of the kling family: fix it" in warning.message

    def test_a_hundredfold_mistake_is_found_for_every_documented_model(self) -> None:
        """Any price that is wrong by a factor of 100 is found, and the correct price is not reported."""
        assert documented_rates()
        for rate in documented_rates():
            assert found_of(priced(rate.model)) == []
            assert len(found_of(priced(rate.model, times=100))) == 1, rate
            assert len(found_of(priced(rate.model, per=100))) == 1, rate

    def test_a_tenfold_mistake_is_found_for_most(self) -> None:
        """At least four of five tenfold mistakes are found."""
        found = [
            found_of(model)
            for rate in documented_rates()
            for model in (priced(rate.model, times=10), priced(rate.model, per=10))
        ]
        assert sum(map(bool, found)) * 5 >= len(found) * 4

    def test_the_limits_have_room(self) -> None:
        """The shipped families spread up to 3.35 and all models of a unit up to 5.95, within the limits."""
        assert {rate.usd_micros for rate in documented_rates() if rate.family == "nano"} == {40_000, 134_000}
        assert Fraction(134_000, 40_000) < FAMILY_FACTOR
        assert max(rate.usd_micros for rate in documented_rates() if rate.unit == "second") == 500_000
        assert Fraction(500_000, 84_000) < UNIT_FACTOR

    def test_a_recorded_conflict_is_not_reported_again(self) -> None:
        """A recorded conflict about the price accepts up to a factor of 20; other conflicts do not."""
        tenfold = priced(SLUG, times=10)  # 840,000 / 50,000
        for about, found in (("price.base_usd_micros", 0), ("price.printed_usd", 0), ("price.label", 1)):
            revision = evolve(tenfold.latest, conflicts=(Conflict(about=about, says="so it is"),))
            assert len(found_of(evolve(tenfold, revisions=(revision,)))) == found, about

    def test_models_without_a_family_are_compared_with_all_models(self, tmp_path: Path) -> None:
        """A family of one is compared with all models of the unit: a factor of 8.4 is accepted, 840 is not."""
        write(tmp_path / "loop.toml", invented.table_text())  # $0.01 to $0.015 per second, where $0.084 is usual
        assert check_tables([tmp_path]).warnings == ()
        write(tmp_path / "loop.toml", invented.table_text().replace("10_000", "100"))
        (warning,) = check_tables([tmp_path]).warnings
        peer = median(rates())
        times = ratio_of(Fraction(100), peer.usd_micros)
        expected = f"$0.0001 per second is {times} times less than the {per_second(peer)} of "
        assert expected in warning.message
        assert "the median of all models: fix it" in warning.message

    def test_a_family_that_is_wrong_as_a_whole(self, tmp_path: Path) -> None:
        """Models of a family that agree with each other are still compared with all models."""
        for slug in ("acme/loop-1", "acme/loop-2"):
            write(tmp_path / f"{slug}.toml", invented.table_text(slug=slug).replace("10_000", "5_000_000"))
        warnings = check_tables([tmp_path]).warnings
        assert [warning.model for warning in warnings] == ["acme/loop-1", "acme/loop-2"]
        assert all("the median of all models" in warning.message for warning in warnings)

    def test_tables_are_compared_with_each_other(self, tmp_path: Path) -> None:
        """Tables are compared with the others checked in the same run; of two, each is far from the other."""
        write(tmp_path / "one.toml", invented.table_text(slug="acme/loop-1").replace("10_000", "50_000"))
        write(tmp_path / "two.toml", invented.table_text(slug="other/loop-2").replace("10_000", "500_000"))
        first, second = check_tables([tmp_path]).warnings
        assert "$0.05 per second is 10 times less than the $0.5 per second of other/loop-2" in first.message
        assert "$0.5 per second is 10 times the $0.05 per second of acme/loop-1" in second.message

    def test_every_revision_is_compared(self, tmp_path: Path) -> None:
        """A mistake in a later revision is reported there."""
        later = without_examples(TEXT, "8_400_000").partition("[[revision]]")[2]
        text = 'overlay = "replace"\n' + TEXT + "\n[[revision]]\neffective = 2026-12-01T00:00:00Z" + later
        (warning,) = check_tables([write(tmp_path / "o3.toml", text)]).warnings
        assert (warning.key, warning.line) == ("revision[2].price.base_usd_micros", line_with(text, "8_400_000"))

    def test_an_own_table_replaces_the_shipped_one(self, tmp_path: Path) -> None:
        """A table is not compared with the shipped table that it replaces."""
        write(tmp_path / "a.toml", TEXT)
        assert check_tables([tmp_path]).warnings == ()
        assert [warning.model for warning in found_of(priced(SLUG, times=100))] == [SLUG]
        for slug in (GROK, "acme/grok-2"):  # the shipped one costs $0.05 per second, and is gone
            text = invented.table_text(slug=slug).replace("10_000", "500_000")
            write(tmp_path / f"{slug}.toml", ('overlay = "replace"\n' if slug == GROK else "") + text)
        assert check_tables([tmp_path]).warnings == ()

    @pytest.mark.parametrize(
        "price",
        [
            '[revision.price]\nunknown = "not seen"',
            "[revision.price]\nbase_usd_micros = 0\nfree = true",
            '[revision.price]\nbase_usd_micros = 1\n[revision.price.factors]\nduration = { "auto" = 1 }',
        ],
    )
    def test_without_a_price_per_unit_nothing_is_compared(self, price: str) -> None:
        """Unknown and free prices, and options that are not numbers of units, are left out of all comparisons."""
        fields = invented.INPUT.replace('["4", "8"]', '["auto"]').replace('"4"', '"auto"')
        model = invented.model(price, fields)
        assert newest_rates([model]) == []
        assert found_of(model) == []

    def test_nothing_to_compare_with(self) -> None:
        """A model is not compared with itself."""
        assert list(outliers(invented.model(), newest_rates([invented.model()]))) == []

    def test_units_and_typical_prices(self) -> None:
        """Prices are per second if `duration` is a factor, per image if `num_images` is, or else per request."""
        known = {rate.model: f"{rate.usd_micros} per {rate.unit}" for rate in rates()}
        assert known[PRO] == "112000 per second"  # the lower of 112,000 and 168,000
        assert known[EDIT] == "134000 per request"  # 134,000 twice and 241,200
        assert known[PIXEL] == "30000 per image"
        table = invented.PRICE.replace('"value"', '{ "4" = 4, "8" = 16 }')
        (rate,) = newest_rates([invented.model(table)])  # 10,000, 15,000, 20,000 and 30,000 a second
        assert rate.usd_micros == 15_000

    @pytest.mark.parametrize(
        ("slug", "family"),
        [
            ("kling-plus/kling-o1-pro/video-edit-fast", "kling"),
            ("kling/kling-text2video-v25/text-to-video", "kling"),
            ("alibaba-plus/wan-2.6-flash/image-to-video", "wan"),
            ("runway/gen-4-turbo/image-to-video", "gen"),
            ("google/nano-banana", "nano"),
            ("Acme/Loop3/x", "loop"),
            ("acme/4k/x", "4k"),
            ("loop", "loop"),
            ("", ""),
        ],
    )
    def test_families(self, slug: str, family: str) -> None:
        """The family is the first word of the model's name, whoever provides it, or else its whole name."""
        assert family_of(slug) == family


def test_an_invented_model_needs_no_code(tmp_path: Path) -> None:
    """A table file is all that a new model needs to be loaded, checked, validated, quoted and compared."""
    write(tmp_path / "acme" / "loop-1" / "text-to-video.toml", invented.table_text())
    assert check_tables([tmp_path]).ok
    catalog = Catalog.load(tmp_path)
    assert validate(invented.request(duration="8"), catalog=catalog).ok
    assert [problem.code for problem in validate(invented.request(duration=8), catalog=catalog).errors] == [
        "wrong_type"
    ]
    assert quote(invented.request(duration="8", sound=True), catalog=catalog).usd_micros == 120_000  # 10,000 x 8 x 1.5
    (rate,) = newest_rates(catalog)
    assert (rate.model, rate.family, f"{rate.usd_micros} per {rate.unit}") == (ACME, "loop", "10000 per second")
    write(tmp_path / "dear.toml", invented.table_text(slug="acme/loop-2").replace("10_000", "600_000"))
    warnings = check_tables([tmp_path]).warnings
    assert [warning.model for warning in warnings] == [ACME, "acme/loop-2"]
    assert ACME in warnings[1].message


def leaves(node: Any, key: str = "") -> Iterator[str]:
    """Yield the key of everything in TOML data, in the form that faults use."""
    parts: list[tuple[str, Any]] = []
    if isinstance(node, dict):
        parts = [(f"{key}.{name}" if key else name, item) for name, item in node.items()]
    elif isinstance(node, list):
        parts = [(f"{key}[{at}]", item) for at, item in enumerate(node, start=1)]
    for inner, item in parts:
        yield inner
        yield from leaves(item, inner)


def keys_of(text: str) -> set[str] | None:
    """Return every key of a TOML text, or None if it is not TOML."""
    try:
        return set(leaves(tomllib.loads(text)))
    except tomllib.TOMLDecodeError:
        return None


ODD = r'''
"model" = 'x = 1'     # a = 2
name . "first" = "say \"[no]\" \\"
text = """
[not]
a = "header" \""" "" # nor = this
"""
raw = \'\'\'
b = 1
\'\'\'
quoted = """"twice"""""
"\u00e9" = 1.5
list = [ # comment ]
  "a", [1, 2],
  { in = "x", "d.e" = [
    3,
  ] },
]
after = 2026-11-20T10:00:00Z
[table."sub.one"] # [[x]]
k = { l = { m = 1, n = [] }, o = "}" }
[[list2]]
[list2.inner]
p = 84_000
[[list2]]
[[list2.item]]
[[list2.item]]
q.r = true
'''.replace("\\'", "'")

ODD_LINES = {
    "model": 2, "name": 3, "name.first": 3, "text": 4, "raw": 8, "quoted": 11, "list": 13, "after": 19,
    "table": 20, "table.sub.one": 20, "table.sub.one.k": 21,
    "list2[1]": 22, "list2[1].inner": 23, "list2[1].inner.p": 24,
    "list2[2]": 25, "list2[2].item[1]": 26, "list2[2].item[2]": 27, "list2[2].item[2].q": 28,
    "list2[2].item[2].q.r": 28,
}  # fmt: skip

SCALARS = [
    "1.5", "84_000", "true", "2026-11-20T10:00:00Z", '"a # b"', "'c = \"d\"'", '"\\"]"', '""', "''", "'}'", '"{"',
    '"""\n[no]\nk = 1"""', "'''\nz = 2\n'z'''", '""""x"""""', '"\\u00e9"',
    '""""y""""', "'''it's''''",
]  # fmt: skip
NAMES = ["a", "b-c", '"d e"', "'f.g'", "h.i", '"#"', '"["', "1"]


def array_of(items: list[str]) -> str:
    """Return a TOML array over several lines."""
    return "[ # ]\n" + ",\n".join(items) + "\n]"


def inline_of(items: list[tuple[str, str]]) -> str:
    """Return an inline table."""
    return "{ " + ", ".join(f"{name} = {value}" for name, value in items) + " }"


def deeper(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return arrays and inline tables that hold these values."""
    named = st.lists(st.tuples(st.sampled_from(NAMES), values), unique_by=lambda item: item[0], max_size=3)
    return st.lists(values, max_size=3).map(array_of) | named.map(inline_of)


VALUES = st.recursive(st.sampled_from(SCALARS), deeper, max_leaves=8)
"""TOML values as text: scalars, arrays over several lines, inline tables."""


IMPLIED = {
    "revision", *(f"revision[1].{part}" for part in ("example", "conflict", "input", "measured", "at_least_one"))
}  # fmt: skip
"""The keys that a header defines without naming them."""


def first_line_with_text(lines: list[str], begun: int) -> int:
    """Return the first line (from 1) at or after `begun` that is neither blank nor a comment."""
    return next(at for at in range(begun, len(lines) + 1) if lines[at - 1].partition("#")[0].strip())


class TestLines:
    """Every key is found in its line, and no text makes the search fail."""

    def test_every_way_to_write_a_key(self) -> None:
        """Quoted and dotted keys, arrays of tables, multi-line strings and comments."""
        lines = key_lines(ODD)
        assert lines.pop(r"\u00e9") == 12  # escapes in keys are left as they are
        assert lines == ODD_LINES
        assert set(ODD_LINES) <= (keys_of(ODD) or set())
        assert line_of("list[3].d.e[1]", lines) == 13
        assert line_of("table.sub.one.k.l.m", lines) == 21

    def test_line_ends_of_other_systems(self) -> None:
        """CRLF line ends give the same lines."""
        assert key_lines(ODD.replace("\n", "\r\n")) == key_lines(ODD)

    @pytest.mark.parametrize("path", sorted(TABLES.rglob("*.toml")), ids=lambda path: str(path.relative_to(TABLES)))
    def test_the_shipped_tables(self, path: Path) -> None:
        """Every key has the line of its statement: the first one with which tomllib knows the key."""
        text = path.read_text(encoding="utf-8")
        lines = key_lines(text)
        known: set[str] = set()
        begun, shown = 1, text.splitlines(keepends=True)
        for end in range(1, len(shown) + 1):
            keys = keys_of("".join(shown[:end]))
            if keys is not None:  # otherwise an array goes on
                for key in sorted(keys - known - IMPLIED):
                    assert line_of(key, lines) == first_line_with_text(shown, begun), key
                known, begun = keys, end + 1
        assert len(known) >= len(lines) >= 15

    def test_there_are_tables_to_look_at(self) -> None:
        """The test above covers the whole catalogue."""
        assert set(map(slug_of, TABLES.rglob("*.toml"))) == set(Catalog.bundled().models)

    @given(st.text() | st.lists(st.sampled_from([*"[]{}=,.\"'#\\\n", '"""', "'''", "a", "é", "[[", " "])).map("".join))
    def test_no_text_makes_it_raise(self, text: str) -> None:
        """For any text, all lines are lines of the text."""
        lines = key_lines(text)
        assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())

    @given(st.lists(st.tuples(st.sampled_from(["{} = {}", "[t{}]\n", "[[u]]\n"]), VALUES)))
    def test_all_keys_of_toml_are_found(self, statements: list[tuple[str, str]]) -> None:
        """In any TOML text, only its keys have lines, and every key has the first line of its statement."""
        text, begins, tables = "", {}, 0
        for number, (form, value) in enumerate(statements):
            name = f"k{number}" if "=" in form else f"t{number}"
            if form.startswith("[["):
                tables += 1
                name = f"u[{tables}]"
            begins[name] = text.count("\n") + 1
            text += form.format(f"k{number}" if "=" in form else number, value) + "\n"
        keys, lines = keys_of(text), key_lines(text)
        assert keys is not None
        assert lines.keys() <= keys
        for key in keys - {"u"}:
            name = re.findall(r"k\d+|^t\d+|^u\[\d+\]", key)[-1]
            assert line_of(key, lines) == begins[name]

    def test_a_missing_key_has_the_line_of_its_parent(self) -> None:
        """A missing key has the line of the nearest enclosing part, if there is one."""
        lines = key_lines(TEXT)
        assert line_of("revision[1].price.rounding", lines) == line_with(TEXT, "[revision.price]")
        assert line_of("revision[1].measured.duration.type", lines) == line_with(TEXT, "[[revision]]")
        assert line_of("revision[1].example[1].input.seed", lines) == line_with(TEXT, "input = {")
        assert line_of("revision[1].input.duration.allowed[99]", lines) == line_with(TEXT, 'allowed = ["3"')
        assert line_of("retired", lines) is None
        assert line_of("", lines) is None

    @pytest.mark.parametrize("part", ["a = [", "a = {", "[", "{ = ", "a.", '"""', "'''", "\\", '"\\', "[[a]]\n"])
    def test_endless_nesting(self, part: str) -> None:
        """Keys stay short however deeply a text is nested."""
        lines = key_lines(part * 20_000)
        assert all(len(key) <= 200 for key in lines)


class TestCommand:
    """`ratecard check` exits with 0 or 3, or with 2 if a path cannot be read."""

    def test_the_shipped_tables(self) -> None:
        """Without a path it checks the shipped tables and prints one line."""
        result = run()
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"ok, {len(Catalog.bundled())} models\n"

    def test_several_paths(self, tmp_path: Path) -> None:
        """It prints all faults of all paths, one a line, and then the result."""
        one = write(tmp_path / "one.toml", faulty("example")[0])
        two = write(tmp_path / "own" / "two.toml", faulty("printed")[0])
        three = write(tmp_path / "own" / "three.toml", without_examples(TEXT, "8_400_000"))
        result = run(one, tmp_path / "own")
        assert (result.exit_code, result.stderr) == (3, "")
        lines = result.stdout.splitlines()
        assert lines[0].startswith(
            f"{one}:{faulty('example')[1]}: {SLUG}: revision[1].example[1].usd_micros: the formula gives"
        )
        assert lines[-3].startswith(f"{two}:{faulty('printed')[1]}: {SLUG}: revision[1].example[1].printed_usd: $4.20")
        place = line_with(three.read_text(encoding="utf-8"), "8_400_000")
        assert lines[-2].startswith(
            f"{three}:{place}: {SLUG}: revision[1].price.base_usd_micros: warning: $8.4 per second"
        )
        assert lines[-1] == f"invalid, {len(lines) - 2} faults in 2 files, 1 warning"

    def test_a_warning_leaves_the_exit_code(self, tmp_path: Path) -> None:
        """With warnings only, it exits with 0."""
        write(tmp_path / "o3.toml", without_examples(TEXT, "8_400_000"))
        result = run(tmp_path)
        assert result.exit_code == 0
        assert result.stdout.splitlines()[-1] == "ok, 1 model, 1 warning"

    def test_json(self, tmp_path: Path) -> None:
        """`--json` prints the same as JSON."""
        path = write(tmp_path / "default.toml", faulty("default")[0])
        result = run(path, "--json")
        assert result.exit_code == 3
        fault = {
            "file": str(path),
            "line": faulty("default")[1],
            "model": SLUG,
            "key": "revision[1].input.duration.default",
            "message": '"16" is not one of the allowed options',
        }
        answer = json.loads(result.stdout)
        assert {**answer, "faults": answer["faults"][:1]} == {
            "ok": False,
            "models": 0,
            "faults": [fault],
            "warnings": [],
        }
        slip = write(tmp_path / "slip.toml", without_examples(TEXT, "840"))
        answer = json.loads(run(slip, "--json").stdout)
        assert (answer["ok"], answer["models"], answer["faults"]) == (True, 1, [])
        assert [(warning["model"], warning["file"]) for warning in answer["warnings"]] == [(SLUG, str(slip))]

    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        """It prints one line to standard error and nothing to standard output."""
        result = run(tmp_path / "none.toml", TABLES)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"cannot read {tmp_path / 'none.toml'}: No such file or directory\n"

    def test_names_of_files_cannot_move_the_cursor(self, tmp_path: Path) -> None:
        """Control characters in file names are escaped."""
        write(tmp_path / "a\x1b[2J.toml", "model = 1")
        assert "\x1b" not in run(tmp_path).stdout

    def test_as_a_process_where_the_user_stands(self, tmp_path: Path) -> None:
        """Files are named relative to the working directory, as the path was given."""
        text, line = faulty("missing-multiplier")
        write(tmp_path / "own" / "sub" / "o3.toml", text)
        result = subprocess.run(
            [sys.executable, "-m", "ratecard", "check", "own"],
            capture_output=True, check=False, encoding="utf-8", cwd=tmp_path,
        )  # fmt: skip
        assert (result.returncode, result.stderr) == (3, "")
        place = str(Path("own", "sub", "o3.toml"))
        assert result.stdout.startswith(f"{place}:{line}: {SLUG}: revision[1].price.factors.has_sound: ")
        assert result.stdout.endswith("\ninvalid, 1 fault in 1 file\n")


def test_a_fault_without_a_line() -> None:
    """Unknown parts of a location are left out."""
    assert str(Fault(file="a.toml", message="wrong", model="a/b")) == "a.toml: a/b: wrong"


def test_a_stray_comma_is_no_line() -> None:
    """A comma outside of any value has no effect."""
    assert key_lines(",\nmodel = 1")["model"] == 2
