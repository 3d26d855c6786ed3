"""Table files: what the strict reader refuses and what the self-check finds, with file, model and key."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

import invented
from dated import slug_of, table_files
from ratecard_rules import Catalog, TableError, UnknownModel, load_model, validate

if TYPE_CHECKING:
    from collections.abc import Callable

SLUG = "acme/loop-1/text-to-video"

EXAMPLE = '\n[[revision.example]]\ninput = { duration = "8", sound = true }\nkind = "example"\nusd_micros = 120_000\n'
SECOND = invented.REVISION.format(complete="true") + invented.INPUT + invented.PRICE

MEASURED = '[revision.measured.frames]\ntype = "string"\nallowed = ["1"]\n'

# (what is replaced, by what, the key that the fault must name, words that it must say)
FAULTS: list[tuple[str, str, str, str]] = [
    # the strict reader
    ('name = "Loop 1"', "", "name", "this key is missing"),
    ('name = "Loop 1"', "name = 1", "name", "expected a string, got the number 1"),
    ('name = "Loop 1"', 'name = "Loop 1"\ncolour = "red"', "colour", "unknown key; known: model, name"),
    ("checked = 2026-11-20", "checked = 2026-11-20T00:00:00Z", "revision[1].checked", "expected a date such as"),
    ("checked = 2026-11-20", "checked = 2026-11-20\neffective = 2026-11-20", "revision[1].effective", "an instant"),
    (
        "checked = 2026-11-20",
        "checked = 2026-11-20\neffective = 2026-11-20T01:00:00",
        "revision[1].effective",
        "offset",
    ),
    ('["https://example.com/loop-1"]', '"https://example.com"', "revision[1].source", "expected an array, got the str"),
    ('["https://example.com/loop-1"]', "[1]", "revision[1].source[1]", "expected a string, got the number 1"),
    ("[[revision]]", "[revision]", "revision", "expected an array, got a table"),
    ("max_length = 10", "max_length = '10'", "revision[1].input.prompt.max_length", "expected a whole number"),
    ("max_length = 10", "max_len = 10", "revision[1].input.prompt.max_len", "unknown key; known: evidence"),
    ("max_length = 10", 'name = "x"', "revision[1].input.prompt.name", "unknown key"),
    (
        "required = true",
        "required = 1",
        "revision[1].input.prompt.required",
        "expected true or false, got the number 1",
    ),
    ('type = "number"', 'type = "int"', "revision[1].input.seed.type", 'expected one of "string", "number"'),
    ("min = 0", "min = false", "revision[1].input.seed.min", "expected a number, got false"),
    ('["4", "8"]', '["4", ["8"]]', "revision[1].input.duration.allowed[2]", "got an array"),
    (
        "max = 99",
        'max = 99\nevidence = { max = "sure" }',
        "revision[1].input.seed.evidence.max",
        '"documented", "implied"',
    ),
    ('"value"', '"values"', "revision[1].price.factors.duration", 'expected "value" or a table of multipliers'),
    ("[revision.input.seed]", "[[revision.input.seed]]", "revision[1].input.seed", "expected a table, got an array"),
    # fields
    ("max = 99", 'max = 99\nevidence = { maxi = "implied" }', "revision[1].input.seed.evidence.maxi", "no such rule"),
    ("max = 99", 'max = 99\nevidence = { items = "implied" }', "revision[1].input.seed.evidence.items", "not stated"),
    (
        "max = 99",
        'max = 99\nevidence = { required = "implied" }',
        "revision[1].input.seed.evidence.required",
        "not stated",
    ),
    ("max = 99", 'max = 99\nevidence = { min = "sibling" }', "revision[1].input.seed.sibling", "whose page states min"),
    ("max = 99", "max_length = 9", "revision[1].input.seed.max_length", 'only fields of type "string"'),
    ("max = 99", "max_items = 9", "revision[1].input.seed.max_items", 'only fields of type "array"'),
    ("max_length = 10", "max = 10", "revision[1].input.prompt.max", 'only fields of type "number"'),
    ("max = 99", "max = -1", "revision[1].input.seed.min", "0 is more than max, which is -1"),
    ("max_length = 10", "max_length = -1", "revision[1].input.prompt.max_length", "-1 is negative"),
    ('["4", "8"]', '["4", "8", "8"]', "revision[1].input.duration.allowed", "without duplicates"),
    ('["4", "8"]', "[]", "revision[1].input.duration.allowed", "at least one option"),
    ('["4", "8"]', '["4", 8]', "revision[1].input.duration.allowed", '8 is not of type "string"'),
    (
        'default = "4"',
        'default = "4"\nunknown = "why"',
        "revision[1].input.duration.unknown",
        "already limits",
    ),
    ('default = "4"', 'default = "6"', "revision[1].input.duration.default", '"6" is not one of the allowed options'),
    ('default = "4"', "default = 4", "revision[1].input.duration.default", '4 is not of type "string"'),
    ('default = "4"', 'default = "4"\nrequired = true', "revision[1].input.duration.default", "cannot have a default"),
    # the price
    ("base_usd_micros = 10_000", "", "revision[1].price", "either `base_usd_micros`, or `unknown`"),
    ("base_usd_micros = 10_000", "base_usd_micros = 0", "revision[1].price.base_usd_micros", "free = true"),
    ("base_usd_micros = 10_000", "base_usd_micros = -1", "revision[1].price.base_usd_micros", "cannot be negative"),
    ("base_usd_micros = 10_000", "base_usd_micros = 10_000\nfree = true", "revision[1].price.base_usd_micros", "zero"),
    ("base_usd_micros = 10_000", 'unknown = "unseen"', "revision[1].price.unknown", "no factors, printed dollars"),
    ('label = "second"', 'label = "request"', "revision[1].price.label", "the formula counts seconds"),
    (
        '[revision.price.factors]\nduration = "value"',
        "[revision.price.factors]",
        "revision[1].price.label",
        "duration is not a",
    ),
    ('label = "second"', 'label = "image"', "revision[1].price.label", "per image, but the formula counts seconds"),
    ('label = "second"', 'evidence = { rounding = "assumed" }', "revision[1].price.evidence.rounding", "not stated"),
    (
        'label = "second"',
        'evidence = { price = "assumed" }',
        "revision[1].price.evidence.price",
        "no such rule; known: base",
    ),
    ('label = "second"', 'printed_usd = "0.10"', "revision[1].price.printed_usd", "$0.10 is not 10,000 micros"),
    ('label = "second"', 'printed_usd = "free"', "revision[1].price.printed_usd", "$free is not 10,000 micros"),
    (', "true" = 1.5', "", "revision[1].price.factors.sound", 'the allowed option "true" has no multiplier'),
    ('"true" = 1.5', '"true" = 1.5, x = 2', "revision[1].price.factors.sound", '"x" has a multiplier but is not'),
    ('"true" = 1.5', '"true" = 0', "revision[1].price.factors.sound", "must be greater than zero"),
    ('"true" = 1.5', '"true" = -1.5', "revision[1].price.factors.sound", "must be greater than zero"),
    ('"true" = 1.5', '"true" = 1.00001', "revision[1].price.rounding", 'the price of "4", true is 200002/5 micros'),
    ("sound = {", "noise = {", "revision[1].price.factors.noise", "no field with this name and `allowed` options"),
    ("sound = {", "seed = {", "revision[1].price.factors.seed", "no field with this name and `allowed` options"),
    (
        '["4", "8"]',
        '["4", "auto"]',
        "revision[1].price.factors.duration",
        'the allowed option "auto" has no multiplier',
    ),
    ('default = "4"', 'default = "4"\nmax_length = 1', "revision[1].input.duration.max_length", "already limits"),
    ("max = 99", "max = 99\nallowed = [1]", "revision[1].input.seed.max", "already limits"),
    (
        "[revision.price]",
        f"{MEASURED}[revision.price]",
        "revision[1].measured.frames",
        "does not depend on this quantity",
    ),
    (
        "[revision.price]",
        f"{MEASURED.replace('frames', 'duration')}[revision.price]",
        "revision[1].measured.duration",
        "either sent or measured",
    ),
    (
        "[revision.price]",
        f'{MEASURED}default = "1"\n[revision.price]',
        "revision[1].measured.frames",
        "cannot have `required` or `default`",
    ),
    (
        "[revision.price]",
        '[[revision.at_least_one]]\nof = ["prompt", "text"]\n[revision.price]',
        "revision[1].at_least_one[1].of",
        '"text" is not a field of `input`',
    ),
    (
        'type = "boolean"\nallowed = [false, true]\ndefault = false',
        'type = "number"\nallowed = [0.5, 1]',
        "revision[1].input.sound.allowed",
        "strings, whole numbers or booleans",
    ),
    # examples and conflicts
    ("120_000", "120_001", "revision[1].example[1].usd_micros", "gives 120,000, but the example says 120,001"),
    ("120_000", '120_000\nprinted_usd = "1.20"', "revision[1].example[1].printed_usd", "$1.20 is not 120,000 micros"),
    (
        'duration = "8"',
        'duration = "9"',
        "revision[1].example[1].input.duration",
        "must use one of the allowed options",
    ),
    ('duration = "8"', "seed = 8", "revision[1].example[1].input.seed", "not a factor of the price"),
    *(
        ("sound = true }", f"sound = {value} }}", "revision[1].example[1].input.sound", "one of the allowed options")
        for value in ("1", "1.0", '"true"')
    ),
    ("max = 99", "allowed = [1, 2]\ndefault = 1.0", "revision[1].input.seed.default", "1.0 is not one of the allowed"),
    ('kind = "example"', "", "revision[1].example[1].input.duration", 'for the default option, not for "8"'),
    (
        "120_000",
        '120_000\n[[revision.conflict]]\nabout = "input.colour"\nsays = "x"',
        "revision[1].conflict[1].about",
        '"input.colour" is not a key of this table',
    ),
]


def faulty(old: str, new: str) -> str:
    """Return a table with one fault."""
    text = invented.table_text() + EXAMPLE
    assert old in text
    return text.replace(old, new, 1)


def test_the_table_that_the_faults_are_put_into_has_none() -> None:
    """The table loads without a fault, so each fault below is the only one."""
    assert load_model(invented.table_text() + EXAMPLE).slug == SLUG


@pytest.mark.parametrize(("old", "new", "key", "words"), FAULTS)
def test_every_fault_is_found_at_its_place(old: str, new: str, key: str, words: str) -> None:
    """Each fault is reported at its key, with file and model, and says what is wrong."""
    with pytest.raises(TableError) as refusal:
        load_model(faulty(old, new), file="loop.toml")
    faults = [fault for fault in refusal.value.faults if fault.key == key and words in fault.message]
    assert len(faults) == 1, str(refusal.value)
    assert (faults[0].file, faults[0].model) == ("loop.toml", SLUG)
    assert str(faults[0]).startswith("loop.toml:")


def test_all_faults_in_one_run() -> None:
    """All faults are reported at once, for all fields and levels."""
    text = faulty("max_length = 10", "max_length = '10'").replace('label = "second"', "label = 2").replace("Loop", '"')
    with pytest.raises(TableError, match="invalid TOML"):
        load_model(text)
    text = faulty("max_length = 10", "max_length = '10'").replace('label = "second"', "label = 2")
    with pytest.raises(TableError) as refusal:
        load_model(text)
    assert [fault.key for fault in refusal.value.faults] == [
        "revision[1].input.prompt.max_length",
        "revision[1].price.label",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xff", "invalid TOML: 'utf-8' codec"),
        ("a = [" * 10_000, "invalid TOML"),
        (f"a = {'9' * 5_000}", "invalid TOML: Exceeds the limit"),
        ("a = ", "at end of document"),
        ("", "the file is empty"),
        ("model = 5", "expected a string, got the number 5"),
    ],
)
def test_no_text_crashes_the_reader(text: str | bytes, words: str) -> None:
    """Invalid UTF-8, deep nesting, long numbers and unfinished lines are faults and not crashes."""
    with pytest.raises(TableError, match=words.replace("(", r"\(")):
        load_model(text)


def revisions(*effective: str) -> str:
    """Return a table whose revisions start at these instants; an empty string omits `effective`."""
    parts = [SECOND.replace("checked", f"effective = {start}\nchecked" if start else "checked") for start in effective]
    return invented.HEAD.format(slug=SLUG) + "".join(parts)


def test_revisions_in_order() -> None:
    """Revisions in ascending order load, with every instant in UTC."""
    model = load_model(revisions("", "2026-12-01T00:00:00Z", "2027-01-01T01:00:00+02:00"))
    starts = [revision.effective for revision in model.revisions]
    assert starts == [None, datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)]
    assert model.latest is model.revisions[-1]


@pytest.mark.parametrize(
    ("effective", "words"),
    [
        (["", ""], "only the first revision may leave it out"),
        (["2026-12-01T00:00:00Z", "2026-12-01T01:00:00+01:00"], "is not after"),
        (["2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z"], "is not after"),
    ],
)
def test_revisions_out_of_order(effective: list[str], words: str) -> None:
    """A later revision without a start, or with the same or an earlier one, is a fault at its own key."""
    with pytest.raises(TableError, match=words) as refusal:
        load_model(revisions(*effective))
    assert refusal.value.faults[0].key == "revision[2].effective"


def test_the_slug_is_also_called_model() -> None:
    """`model` is a read-only property, and the key in files."""
    table = evolve(invented.model(), slug="acme/other")
    assert (table.slug, table.model) == ("acme/other", "acme/other")
    with pytest.raises(AttributeError):
        table.model = "acme/third"  # type: ignore[misc]


def test_keys_of_fields_are_named_as_they_are_written() -> None:
    """A field may have the name of an attribute that has another key in files."""
    for name in ("slug", "revisions", "examples"):
        with pytest.raises(TableError) as refusal:
            load_model(invented.table_text(fields=f"[revision.input.{name}]\ntype = 5\n"))
        assert f"revision[1].input.{name}.type" in [fault.key for fault in refusal.value.faults]


def test_no_revision() -> None:
    """A table needs at least one revision."""
    with pytest.raises(TableError, match=r"at least one \[\[revision\]\]"):
        load_model(invented.HEAD.format(slug=SLUG) + "revision = []")


class TestCatalog:
    """A catalogue is an immutable set of tables with a version and a digest."""

    def test_the_path_of_a_shipped_table_is_its_slug(self) -> None:
        """The path of the file of a model is its slug."""
        assert tuple(map(slug_of, table_files())) == Catalog.bundled().models
        for file in table_files():
            assert load_model(file.read_bytes()).slug == slug_of(file)

    def test_bundled_is_read_once(self) -> None:
        """Every call returns the same object."""
        assert Catalog.bundled() is Catalog.bundled()

    def test_version_is_the_newest_check(self) -> None:
        """The version is the newest day on which a page was read; an empty catalogue has none."""
        days = re.findall(
            r"(?m)^checked = (\S+)", "\n".join(file.read_text(encoding="utf-8") for file in table_files())
        )
        assert Catalog.bundled().version == max(days)
        assert Catalog().version == ""
        assert repr(Catalog()) == "<Catalog without version, 0 models>"

    def test_look_up(self) -> None:
        """A model is found by its exact slug; anything else is UnknownModel, with similar names."""
        catalog = invented.catalog()
        assert catalog[SLUG].name == "Loop 1"
        assert SLUG in catalog
        assert 5 not in catalog
        assert [model.slug for model in catalog] == [SLUG]
        with pytest.raises(UnknownModel, match="no such model: acme/loop; did you mean acme/loop-1") as refusal:
            catalog["acme/loop"]
        assert refusal.value.nearest == (SLUG,)
        with pytest.raises(LookupError, match=r"no such model: nothing like it$"):
            catalog["nothing like it"]
        assert catalog.nearest("x" * 1_000_000) == []

    def test_equal_tables_have_equal_digests(self, tmp_path: Path) -> None:
        """Comments, spaces, the form of numbers and the order of files change nothing; any value changes the digest."""
        text = invented.table_text()
        other = "# a comment\n" + text.replace("10_000", "10000").replace("1.5", "1.50").replace(
            "max = 99", "\nmax  = 99"
        )
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "one.toml").write_text(other, encoding="utf-8")
        (tmp_path / "a.toml").write_text(invented.table_text(slug="acme/loop-2"), encoding="utf-8")
        (tmp_path / "notes.txt").write_text("not a table", encoding="utf-8")
        loaded = Catalog.load(tmp_path)
        assert loaded == Catalog((load_model(invented.table_text(slug="acme/loop-2")), load_model(text)))
        assert loaded.digest == Catalog(tuple(reversed(list(loaded)))).digest
        changed = load_model(text.replace('"8"]', '"9"]'))
        assert Catalog((changed,)).digest != Catalog((load_model(text),)).digest

    def test_the_canonical_form_is_stable(self) -> None:
        """The canonical form is stable: this digest of an invented table must never change."""
        table = load_model(invented.table_text() + EXAMPLE)
        assert Catalog((table,)).digest == "ff98576db8055dcb345d871fb6436041bdd6171c00da52907ee372802debae7d"

    def test_load_one_file(self, tmp_path: Path) -> None:
        """A single file is a catalogue of one model."""
        path = tmp_path / "loop.toml"
        path.write_text(invented.table_text(), encoding="utf-8")
        assert Catalog.load(str(path)).models == (SLUG,)

    def test_load_is_all_or_nothing(self, tmp_path: Path) -> None:
        """If one file is faulty nothing is loaded, and the faults of all files are reported together."""
        (tmp_path / "a.toml").write_text("model = 1", encoding="utf-8")
        (tmp_path / "b.toml").write_text("=", encoding="utf-8")
        (tmp_path / "c.toml").write_text(invented.table_text(), encoding="utf-8")
        with pytest.raises(TableError) as refusal:
            Catalog.load(tmp_path)
        assert {Path(fault.file).name for fault in refusal.value.faults} == {"a.toml", "b.toml"}

    def test_a_missing_path_is_an_os_error(self, tmp_path: Path) -> None:
        """A missing path raises FileNotFoundError."""
        with pytest.raises(FileNotFoundError):
            Catalog.load(tmp_path / "none.toml")

    @pytest.mark.parametrize("copy", [lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301  our own bytes
    def test_tables_can_be_sent_to_another_process(self, copy: Callable[[Catalog], Catalog]) -> None:
        """A catalogue survives pickling, used or not."""
        catalog = invented.catalog()
        validate(invented.request(), catalog=catalog)
        assert copy(catalog) == catalog
        assert copy(catalog).digest == catalog.digest


def test_errors_survive_pickling() -> None:
    """A pickled error keeps its text."""
    with pytest.raises(TableError) as refusal:
        load_model("model = 1")
    again = pickle.loads(pickle.dumps(refusal.value))  # noqa: S301  our own bytes
    assert str(again) == str(refusal.value)


def test_a_recorded_conflict_explains_what_does_not_fit() -> None:
    """Printed dollars that are not the micros, or a label with another unit, load if the conflict is recorded."""
    odd = invented.PRICE.replace('label = "second"', 'label = "request"\nprinted_usd = "0.10"')
    conflicts = [
        f'\n[[revision.conflict]]\nabout = "price.{key}"\nsays = "so it says"\n' for key in ("label", "printed_usd")
    ]
    assert len(load_model(invented.table_text(odd + "".join(conflicts))).latest.conflicts) == 2
    for missing, key in zip(conflicts, ("price.printed_usd", "price.label"), strict=True):
        with pytest.raises(TableError, match=f"record a conflict about {re.escape(key)}"):
            load_model(invented.table_text(odd + missing))
