"""The commands `models`, `show` and `sheet`: what they say about a model, in each format."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from cli_runner import data, run
from invented import catalog as invented_catalog
from invented import dated_text
from ratecard import Catalog
from ratecard._cli import _output

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

O3 = "kling-plus/kling-o3-standard/image-to-video"
T2V = "kling-plus/kling-o1-standard/text-to-video"
GROK = "xai/grok-imagine/image-to-video"
EDIT = "kling-plus/kling-o1-pro/video-edit-fast"
PAGE = "https://pixelbyte.mintlify.app/models/video/kling-plus/kling-o3-standard-image-to-video"
V25 = "kling/kling-text2video-v25/text-to-video"
ACME = "acme/loop-1/text-to-video"
UNKNOWN_PRICE = '[revision.price]\nunknown = "the page shows none"\n'


# models, show, sheet


def test_models_lists_prices_rates_and_options() -> None:
    """In a pipe: tab-separated values with a header; the price by default, the lowest and the highest."""
    rows = list(csv.reader(io.StringIO(run("models").stdout), dialect="excel-tab"))
    assert rows[0] == ["model", "price", "from", "to", "rate", "options", "name", "capability"]
    assert [row[0] for row in rows[1:]] == list(Catalog.bundled().models)
    # 84,000 x 5 = 420,000 by default, 84,000 x 3 = 252,000 and 84,000 x 15 x 1.5 = 1,890,000
    options = "duration 3, 4 … 15; has_sound false, true"
    names = ["Kling O3 Standard", "image-to-video"]
    assert [O3, "$0.42", "$0.252", "$1.89", "$0.084 per second", options, *names] in rows
    # The page contradicts itself about the unit, and states no default.
    options = "duration 6, 10, 15; resolution 480p, 720p"
    assert [GROK, "-", "$0.30", "$1.05", "", options, "Grok Imagine", "image-to-video"] in rows


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (["TEXT2VIDEO-v2"], [V25]),
        (["kling o1 STANDARD", "--capability", "Text-To-Video"], [T2V]),
        (["--capability", "Video-Edit-Fast"], [EDIT]),
        (["--provider", "Xai"], [GROK]),
        (["video-edit-fast", "--provider", "kling-plus"], [EDIT]),
        (["PRO plus edit-fast"], [EDIT]),
        (["o1 pro", "--provider", "Kling Plus"], [EDIT]),
        (["o1 pro", "--provider", "Kling"], []),
    ],
)
def test_models_are_found_without_regard_to_case(args: list[str], found: list[str]) -> None:
    """The words of TEXT are looked for in slug and names; provider and capability are compared whole."""
    result = run("models", *args, "--json")
    assert [model["model"] for model in data(result)["models"]] == found
    assert result.exit_code == 0
    assert bool(result.stderr) == (not found)


@pytest.mark.parametrize("option", ["--provider", "--capability"])
@pytest.mark.parametrize("command", ["models", "find"])
def test_an_unknown_name_lists_the_known_ones(command: str, option: str) -> None:
    """A provider or a capability that no model has is wrong usage, not an empty answer."""
    result = run(command, option, "nobody")
    known = "bytedance-plus, google, kling, kling-plus" if option == "--provider" else "start-end-frame-to-video"
    assert (result.exit_code, result.stdout) == (2, "")
    assert f'unknown {option[2:]} "nobody"; known: ' in result.stderr
    assert known in result.stderr


def test_no_match_is_an_empty_list() -> None:
    """Nothing found is no failure: an empty answer, and a line on standard error."""
    result = run("models", "nothing like it")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no models match; run `ratecard models` to list them all\n"


def test_models_as_json(tables: Callable[[Catalog], None]) -> None:
    """Money in whole millionths beside text; a price that is not known is null, never zero."""
    found = data(run("models", T2V, "--json"))
    assert found["models"] == [
        {
            "model": T2V,
            "name": "Kling O1 Standard",
            "provider": "Kling Plus",
            "capability": "text-to-video",
            "default_usd_micros": 250_000,  # 50,000 x 5
            "default_usd": "0.25",
            "from_usd_micros": 250_000,
            "from_usd": "0.25",
            "to_usd_micros": 500_000,
            "to_usd": "0.50",
            "unpriced": None,
            "base_usd_micros": 50_000,
            "base_usd": "0.05",
            "unit": "second",
            "options": {"duration": ["5", "10"]},
            "announced": [],
            "retired": None,
        }
    ]
    tables(invented_catalog(UNKNOWN_PRICE))
    (unknown,) = data(run("models", "--json"))["models"]
    amounts = ("default_usd_micros", "default_usd", "from_usd_micros", "from_usd", "to_usd_micros", "to_usd")
    assert [unknown[key] for key in amounts] == [None] * 6
    assert unknown["unpriced"] == "price_unknown"
    assert run("models").stdout.splitlines()[1].split("\t")[1:5] == ["not known"] * 3 + [""]


def parts(*args: str) -> list[list[str]]:
    """Return what `show` prints, in its parts."""
    return [part.splitlines() for part in run("show", *args).stdout.rstrip().split("\n\n")]


def test_show_starts_with_the_price() -> None:
    """The price by default and the range, the formula, the fields, the facts, and a request to copy."""
    price, fields, facts, example = parts(O3)
    assert price == [
        f"$0.42 by default ($0.252 to $1.89)  {O3}",
        "formula: $0.084 per second x duration x has_sound",
    ]
    assert [line.split("\t")[0] for line in fields] == [
        "field", "prompt", "image_url", "duration", "has_sound", "shot_type", "multishot",
    ]  # fmt: skip
    assert fields[0] == "field\ttype\tdefault\tvalues"
    assert "prompt\tstring, optional\t\tat most 2,500 characters" in fields
    assert 'has_sound\tstring\t"false"\t"false", "true"' in fields
    assert facts == [
        "sound: if has_sound is true",
        "processing time: about 4 min",
        "name: Kling O3 Standard (image-to-video, by Kling Plus)",
        "revision: 1, checked 2026-11-20",
        f"source: {PAGE}",
    ]
    command, request = example
    assert run(*shlex.split(command)[1:]).stdout.startswith(f"$0.42  {O3}\n")
    assert run("quote", "-f", "-", stdin=request).stdout.startswith(f"$0.42  {O3}\n")


def test_show_verbose_says_how_it_is_known() -> None:
    """With -v: the evidence of each rule and the sources, multipliers, and the costs on the page."""
    _, fields, grounds, multipliers, examples, _, _ = parts(O3, "-v")
    sure = "documented: required; implied: type; sibling: max_length"
    assert f"prompt\tstring, optional\t\tat most 2,500 characters\t{sure}" in fields
    assert [line.split("\t")[:2] for line in grounds if line.startswith(("sibling", "assumed"))] == [
        ["sibling", "input.prompt.max_length, input.shot_type.allowed, input.shot_type.default"],
        ["assumed", "input.image_url.format"],
    ]
    assert multipliers[1:] == ["duration\tany\tthe value", 'has_sound\t"false"\t1', 'has_sound\t"true"\t1.5']
    assert examples[1:] == ['0.42\tdefault cost: duration "5", has_sound "false"\t0.420']


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("kling/kling-2.6-i2v/image-to-video", ["sound: always"]),
        (GROK, ["sound: the page does not say whether the output has sound"]),
        ("google/nano-banana", []),
    ],
)
def test_show_says_whether_there_is_sound(slug: str, says: list[str]) -> None:
    """Always, by a field, or not stated; nothing for images, which never have sound."""
    assert [line for line in run("show", slug).stdout.splitlines() if line.startswith("sound")] == says


def test_every_example_is_valid() -> None:
    """The command that `show` prints is priced exactly if the model has a price."""
    codes = set()
    for slug in Catalog.bundled().models:
        command, request = parts(slug)[-1]
        result = run(*shlex.split(command)[1:])
        assert result.exit_code == 0, command
        assert json.loads(request)["model"] == slug
        codes.add(command.split()[1])
    assert codes == {"quote", "validate"}


@pytest.mark.parametrize("command", ["show", "sheet"])
def test_a_documentation_page_leads_to_its_model(command: str) -> None:
    """Its address is as good as the slug, with or without a slash at the end."""
    assert run(command, PAGE).stdout == run(command, O3).stdout
    assert run(command, f"{PAGE}/").stdout == run(command, O3).stdout


def test_a_page_of_several_models_names_them() -> None:
    """Which one is meant is not guessed."""
    page = "https://pixelbyte.mintlify.app/models/image/google/nano-banana"
    result = run("show", page, "--json")
    names = "google/nano-banana, google/nano-banana/edit-image"
    assert (result.exit_code, data(result)["code"]) == (3, "unknown_model")
    assert result.stderr == f"{page} documents several models: {names}\n"


def test_show_tells_conflicts() -> None:
    """Where the page contradicts itself, `show` and `sheet` both say so."""
    says = "the label says per second, while the formula and the cost line say flat per video"
    assert f"conflict: price.label: {says}" in run("show", EDIT).stdout
    assert f"$0.03  {EDIT}\nformula: $0.03\n" in run("show", EDIT).stdout
    assert run("sheet", EDIT).stderr.startswith(f"conflict: {says}")


ODD = """
[revision.input.size]
type = "number"
min = 0.5
max = 10
[revision.input.tail]
type = "array"
items = "string"
min_items = 1
max_items = 2
[revision.input.sound]
type = "boolean"
allowed = [false, true]
default = false
[revision.input.hook]
type = "string"
format = "https"
[revision.price]
base_usd_micros = 10_001
rounding = "half_up"
evidence = { base_usd_micros = "sibling", rounding = "assumed" }
sibling = "acme/loop-0/text-to-video"
[revision.price.factors]
sound = { "false" = 0.5, "true" = 1.5 }
[[revision.example]]
kind = "example"
input = { sound = true }
usd_micros = 15_002
"""


def test_show_and_sheet_of_odd_tables(tables: Callable[[Catalog], None]) -> None:
    """Limits, rounding, evidence of the price, an incomplete list of fields: each has its words."""
    tables(invented_catalog("", ODD, complete=False))
    shown = run("show", ACME, "-v").stdout
    for line in (
        f"$0.005001 by default ($0.005001 to $0.015002)  {ACME}",
        "formula: $0.010001 x sound, rounded half up",
        "fields: the page's list of fields may be incomplete",
        "size\tnumber\t\tat least 0.5; at most 10\tdocumented: type, min, max",
        "tail\tarray of strings\t\tat least 1 in the list; at most 2 in the list\t"  # noqa: ISC004  one long line
        "documented: type, items, min_items, max_items",
        "sound\tboolean\tfalse\tfalse, true\tdocumented: type, allowed, default",
        "hook\tstring\t\tan https URL\tdocumented: type, format",
        "sibling\tprice.base_usd_micros\tacme/loop-0/text-to-video\t",
        "0.015002\tsound true\t",
    ):
        assert line in shown.splitlines()
    shown = data(run("show", ACME, "--json"))
    assert (shown["fields"][0]["min"], shown["fields"][0]["max"]) == ("0.5", 10)
    # 10,001 x 0.5 = 5,000.5 and 10,001 x 1.5 = 15,001.5, both rounded half up
    sheet = run("sheet", ACME)
    assert sheet.stdout == "sound\tusd\tusd_micros\nfalse\t$0.005001\t5001\ntrue\t$0.015002\t15002\n"
    assert sheet.stderr.splitlines() == [
        "assumes: price.base_usd_micros: the page does not state base_usd_micros itself (sibling)",
        "assumes: price.rounding: the page does not state rounding itself (assumed)",
    ]


def test_show_of_a_free_a_future_and_an_unpriced_model(tables: Callable[[Catalog], None]) -> None:
    """Free is not the same as not known; a dated revision says from when it holds."""
    dated = "effective = 2999-01-01T00:00:00Z\ninput = {}\n"
    tables(invented_catalog("[revision.price]\nbase_usd_micros = 0\nfree = true\n", dated))
    shown = run("show", ACME).stdout.splitlines()
    assert shown[:2] == [f"not yet available  {ACME}", "formula: free"]
    assert "from 2999-01-01: $0.00" in shown
    assert "revision: 1, checked 2026-11-20, in force from 2999-01-01" in shown
    assert data(run("show", ACME, "--json"))["revision"]["effective"] == "2999-01-01T00:00:00+00:00"
    assert data(run("show", ACME, "--json"))["price"]["evidence"] == {"base_usd_micros": "documented"}
    tables(invented_catalog(UNKNOWN_PRICE))
    assert run("show", ACME).stdout.startswith(f"not known  {ACME}\nformula: not known: the page shows none\n")
    assert data(run("show", ACME, "--json"))["price"]["base_usd"] is None


def test_show_as_json() -> None:
    """All that the table says, as data: evidence by rule, multipliers as text, money without floats."""
    shown = data(run("show", O3, "--json"))
    prompt = shown["fields"][0]
    assert (prompt["name"], prompt["max_length"]) == ("prompt", 2_500)
    assert prompt["evidence"] == {"required": "documented", "type": "implied", "max_length": "sibling"}
    assert prompt["sibling"] == "kling-plus/kling-o3-pro/video-edit"
    assert shown["price"]["factors"] == [
        {"field": "duration", "multipliers": "value"},
        {"field": "has_sound", "multipliers": {"false": "1", "true": "1.5"}},
    ]
    assert (shown["price"]["base_usd_micros"], shown["price"]["base_usd"]) == (84_000, "0.084")
    assert shown["examples"] == [
        {
            "kind": "default",
            "input": {"duration": "5", "has_sound": "false"},
            "usd_micros": 420_000,
            "printed_usd": "0.420",
            "usd": "0.42",
        }
    ]
    assert [shown[f"{name}_usd"] for name in ("default", "from", "to")] == ["0.42", "0.252", "1.89"]
    assert shown["sound"] == {"field": "has_sound", "always": None, "evidence": "implied"}
    assert shown["request"] == {"model": O3, "input": {"image_url": "https://example.com/cat.jpg"}}
    assert shown["catalog"]["digest"] == Catalog.bundled().digest


@pytest.mark.parametrize("command", ["show", "sheet"])
def test_an_unknown_model_exits_with_3(command: str) -> None:
    """The nearest slugs stand on standard error; a program gets a code as well."""
    plain, for_program = run(command, O3[:-1]), run(command, O3[:-1], "--json")
    assert (plain.exit_code, plain.stdout) == (3, "")
    assert plain.stderr.startswith(f"no such model: {O3[:-1]}; did you mean {O3}")
    assert for_program.exit_code == 3
    assert (data(for_program)["ok"], data(for_program)["code"]) == (False, "unknown_model")
    assert O3 in data(for_program)["message"]


SHEET = [
    ["quality", "duration", "usd", "usd_micros"],
    ["std", "5", "$0.225", "225000"],  # 45,000 x 1 x 5
    ["std", "10", "$0.45", "450000"],
    ["pro", "5", "$0.3375", "337500"],  # 45,000 x 1.5 x 5
    ["pro", "10", "$0.675", "675000"],
]


def test_a_sheet_has_every_combination() -> None:
    """The same numbers in every form: tab- and comma-separated, Markdown, JSON."""
    table, as_csv = run("sheet", V25).stdout, run("sheet", V25, "--format", "csv").stdout
    markdown = run("sheet", V25, "--format", "markdown").stdout.splitlines()
    assert [line.split("\t") for line in table.splitlines()] == SHEET
    assert list(csv.reader(io.StringIO(as_csv))) == [[cell.removeprefix("$") for cell in row] for row in SHEET]
    assert [line.replace("\\$", "$").strip("| ").split(" | ") for line in markdown if "---" not in line] == SHEET
    assert markdown[1] == "| --- | --- | ---: | ---: |"
    one, other = run("sheet", V25, "--json"), run("sheet", V25, "--format", "json")
    assert one.stdout == other.stdout == run("sheet", V25, "--json", "--format", "json").stdout
    assert data(one)["combinations"][3] == {
        "options": {"quality": "pro", "duration": "10"},
        "usd_micros": 675_000,
        "usd": "0.675",
    }


@pytest.mark.parametrize("name", _output.FORMATS)
def test_every_table_format_is_offered_by_every_table(name: str) -> None:
    """An entry in the table of formats is all that a format takes; `--json` beside it is wrong usage."""
    for command in (["sheet", V25], ["models", "v25"], ["models", "v25", "--uncertain"]):
        rows = [line.split("\t") for line in run(*command).stdout.splitlines()]
        expected = "".join(_output.FORMATS[name](_output.Table(tuple(rows[0]), [*map(tuple, rows[1:])])))
        answer = run(*command, "--format", name).stdout
        # In CSV, amounts are plain numbers.
        assert answer == (re.sub(r"(?<=,)\$(?=[\d.]+,)", "", expected) if name == "csv" else expected)
        assert run(*command, "--format", name, "--json").exit_code == 2


def test_a_sheet_without_a_price_exits_with_4(tables: Callable[[Catalog], None]) -> None:
    """A price that is not known makes no row."""
    tables(invented_catalog(UNKNOWN_PRICE))
    result = run("sheet", ACME)
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == f"the price of {ACME} is not known: the page shows none\n"
    assert data(run("sheet", ACME, "--json"))["code"] == "price_unknown"


def test_a_flat_sheet_has_one_row() -> None:
    """Without factors there is one price: 30,000 millionths, $0.03 (trap 1: the unit is in the name)."""
    assert run("sheet", EDIT).stdout == "usd\tusd_micros\n$0.03\t30000\n"


# announced changes


@pytest.fixture
def laid(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """Return what writes a table, and returns the option that lays it on the shipped ones."""

    def lay(text: str) -> tuple[str, str]:
        (tmp_path / "own.toml").write_text(text, encoding="utf-8")
        return "--tables", str(tmp_path / "own.toml")

    return lay


def test_an_announced_price_is_named_and_not_charged(laid: Callable[[str], tuple[str, str]]) -> None:
    """20,000 x 4 to 20,000 x 8 x 1.5 since 2020; 30,000 x 4 to 30,000 x 8 x 1.5 from 2999."""
    where = laid(dated_text(retired="3000-01-01T12:00:00Z", y2020="20_000", y2999="30_000"))
    announced = ["from 2999-01-01: $0.12 by default ($0.12 to $0.36)", "retired on 3000-01-01T12:00:00+00:00"]
    rows = [line.split("\t") for line in run("models", "loop 1", *where).stdout.splitlines()]
    assert rows[0][-1] == "announced"
    assert [rows[1][place] for place in (0, 1, 2, 3, -1)] == [ACME, "$0.08", "$0.08", "$0.24", "; ".join(announced)]
    price, *_, facts, _ = parts(ACME, *where)
    assert price == [
        f"$0.08 by default ($0.08 to $0.24)  {ACME}",
        "formula: $0.02 per second x duration x sound",
        *announced,
    ]
    assert "revision: 2, checked 2026-11-20, in force from 2020-01-01" in facts
    assert run("sheet", ACME, *where).stdout.splitlines()[1] == "4\tfalse\t$0.08\t80000"
    assert run("quote", ACME, "prompt=a cat", *where).stdout.startswith("$0.08  ")
    assert run("range", ACME, "prompt=a cat", "--any", "duration", *where).stdout.startswith("$0.08 to $0.16  ")
    (listed,) = data(run("models", "loop 1", "--json", *where))["models"]
    assert listed["announced"] == data(run("show", ACME, "--json", *where))["announced"]
    assert listed["retired"] == "3000-01-01T12:00:00+00:00"
    assert listed["announced"] == [
        {
            "effective": "2999-01-01T00:00:00+00:00",
            "default_usd_micros": 120_000,
            "default_usd": "0.12",
            "from_usd_micros": 120_000,
            "from_usd": "0.12",
            "to_usd_micros": 360_000,
            "to_usd": "0.36",
            "unpriced": None,
        }
    ]


def test_at_looks_from_another_instant(laid: Callable[[str], tuple[str, str]]) -> None:
    """With `--at` the price is that of the instant, and announced is what comes after it."""
    where = laid(dated_text(retired="3000-01-01T00:00:00Z", y2020="20_000", y2999="30_000"))
    before = run("show", ACME, "--at", "2019-12-31", *where).stdout.splitlines()
    assert "from 2020-01-01: $0.08 by default ($0.08 to $0.24)" in before
    assert "from " not in "".join(parts(ACME, "--at", "3000-01-01", *where)[0])
    assert run("quote", ACME, "prompt=a cat", "--at", "2999-01-01", *where).stdout.startswith("$0.12  ")


def test_a_retired_model_says_so(laid: Callable[[str], tuple[str, str]]) -> None:
    """Its price is not unknown: there is none any more."""
    where = laid(dated_text(retired="2021-01-01T00:00:00Z", y2020="20_000"))
    assert f"{ACME}\tretired\tretired\tretired\t" in run("models", *where).stdout
    assert parts(ACME, *where)[0][0] == f"retired  {ACME}"
    assert parts(ACME, *where)[0][2] == "retired on 2021-01-01"
    assert data(run("show", ACME, "--json", *where))["retired"] == "2021-01-01T00:00:00+00:00"
    assert run("sheet", ACME, *where).exit_code == 4
