"""The command line in one process: what each command answers, where it goes, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ratecard
from cli_runner import data, run
from invented import catalog as invented_catalog
from ratecard import Catalog, _cli, quote
from ratecard._cli import _commands, _output
from ratecard_rules import one_line
from strategies import priced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


O3 = "kling-plus/kling-o3-standard/image-to-video"
T2V = "kling-plus/kling-o1-standard/text-to-video"
EDIT = "kling-plus/kling-o1-pro/video-edit-fast"
V25 = "kling/kling-text2video-v25/text-to-video"
CAT = "image_url=https://example.com/cat.jpg"
ACME = "acme/loop-1/text-to-video"

UNKNOWN_PRICE = '[revision.price]\nunknown = "the page shows none"\n'
GOOD = {"model": T2V, "input": {"prompt": "a cat", "duration": "10"}}  # 50,000 x 10 = 500,000

ESCAPE = "\x1b[31mred\x07"


@pytest.fixture
def batch(tmp_path: Path) -> str:
    """Return a file of JSON Lines: good, empty, not JSON, with a typo, good."""
    file = tmp_path / "batch.jsonl"
    typo = {"model": O3, "input": {"image_url": "https://example.com/cat.jpg", "durtion": 5}}
    first = {"model": O3, "input": {"image_url": "https://example.com/cat.jpg"}}
    file.write_text(f'{json.dumps(first)}\n\n{{"model": }}\n{json.dumps(typo)}\n{json.dumps(GOOD)}\n', encoding="utf-8")
    return str(file)


# quote


def test_quote_says_the_price_and_why() -> None:
    """84,000 x 10 x 1.5 = 1,260,000 millionths: $1.26; in a pipe exactly what `explain` says."""
    result = run("quote", O3, CAT, "duration=10", "has_sound=true")
    explanation = quote(
        {
            "model": O3,
            "input": {"image_url": "https://example.com/cat.jpg", "duration": "10", "has_sound": "true"},
        }
    ).explain()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == explanation + "\n"
    assert result.stdout.startswith(f"$1.26  {O3}\n")


def test_quote_as_json() -> None:
    """The quote as it is stored, money in whole millionths beside text."""
    result = run("quote", O3, CAT, "duration=10", "has_sound=true", "--json")
    answer = data(result)
    assert list(answer) == ["ok", "quote", "warnings"]
    assert (answer["ok"], answer["warnings"]) == (True, [])
    assert (answer["quote"]["usd_micros"], answer["quote"]["usd"]) == (1_260_000, "1.26")
    assert ratecard.Quote.from_dict(answer["quote"]).usd_micros == 1_260_000


def test_quote_takes_json_values_and_the_top_level() -> None:
    """`:=` passes any JSON value; the options fill `version` and `webhookUrl`; a warning goes to standard error."""
    hook = ["--webhook-url", "https://example.com/hook", "--model-version", "1.0"]
    result = run(
        "quote", EDIT, "prompt=a cat", "video_url=https://example.com/cat.mp4", "keep_original_sound:=true", *hook
    )
    assert result.exit_code == 0
    assert result.stdout.startswith("$0.03  ")
    assert result.stderr.startswith("warning  version_pinned  /version  ")
    bad = run("quote", EDIT, "--webhook-url", "http://example.com", "--json")
    assert {problem["pointer"] for problem in data(bad)["problems"]} >= {"/webhookUrl"}


def test_quote_declines_an_invalid_request() -> None:
    """No amount at all on standard output; the problems on standard error; exit 3."""
    result = run("quote", O3, "durtion=5")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        "error    missing_field  /input/image_url  this field is required; expected a string",
        'error    unknown_field  /input/durtion  no such field; did you mean "duration"?',
        "1 fixable with `ratecard validate --fix`",
    ]


def test_quote_declines_as_json() -> None:
    """A declined request has a code, a message and its problems, and nothing like an amount."""
    result = run("quote", O3, "durtion=5", "--json")
    answer = data(result)
    assert (result.exit_code, result.stderr) == (3, "")
    assert list(answer) == ["ok", "code", "message", "problems"]
    assert (answer["ok"], answer["code"], len(answer["problems"])) == (False, "invalid_request", 2)
    assert "usd" not in result.stdout


def test_strict_turns_warnings_into_errors() -> None:
    """A field that the page does not describe is a warning, and an error with --strict."""
    args = ["quote", O3, CAT, "multishot:=[{}]"]
    lax, strict = run(*args), run(*args, "--strict")
    assert (lax.exit_code, strict.exit_code) == (0, 3)
    assert lax.stderr.startswith("warning  unverifiable  /input/multishot  ")
    assert strict.stderr.startswith("error    unverifiable  /input/multishot  ")


def test_a_model_without_a_price_exits_with_4(tables: Callable[[Catalog], None]) -> None:
    """A valid request without a known price is not an invalid one, and never a zero."""
    tables(invented_catalog(UNKNOWN_PRICE))
    result = run("quote", ACME, "prompt=a cat")
    assert (result.exit_code, result.stdout) == (4, "")
    message = f"the price of {ACME} is not known: the page shows none"
    assert result.stderr == f"error    price_unknown  {message}\n"
    answer = data(run("quote", ACME, "prompt=a cat", "--json"))
    assert answer == {"ok": False, "code": "price_unknown", "message": message, "problems": []}


def test_a_priced_field_without_default_exits_with_4(tables: Callable[[Catalog], None]) -> None:
    """Left out, a priced field without a known default has no price; the warnings of the request are listed too."""
    fields = '[revision.input.duration]\ntype = "string"\nallowed = ["4", "8"]\n'
    price = '[revision.price]\nbase_usd_micros = 10_000\n[revision.price.factors]\nduration = "value"\n'
    tables(invented_catalog(price, fields))
    result = run("quote", ACME, "--model-version", "2")
    assert result.exit_code == 4
    assert result.stderr.splitlines()[0] == (
        'error    undetermined  duration: left out, and its default is not known; priced options: "4", "8"'
    )
    assert result.stderr.splitlines()[1].startswith("warning  version_pinned")
    assert run("quote", ACME, "duration=8").stdout.startswith("$0.08  ")  # 10,000 x 8


def test_a_batch_answers_every_request(batch: str) -> None:
    """One row each in order and the exact total: $0.084 x 5 + $0.05 x 10 = $0.92; the bad ones by their lines."""
    result = run("quote", "-f", batch)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert result.exit_code == 3
    assert rows == [
        ["request", "model", "usd", "because"],
        [f"{batch}:1", O3, "$0.42", '$0.084 x 5 (duration "5", default) x 1 (has_sound "false", default)'],
        [f"{batch}:3", "", "-", "bad_json: line 3, column 11: Expecting value"],
        [f"{batch}:4", "", "-", "invalid_request: 1 error"],
        [f"{batch}:5", T2V, "$0.50", '$0.05 x 10 (duration "10")'],
        ["total", "", "$0.92", "2 quoted, 2 declined"],
    ]
    assert result.stderr.splitlines() == [
        f"error    bad_json  Expecting value  (at {batch}:3:11)",
        f'error    unknown_field  /input/durtion  no such field; did you mean "duration"?  (at {batch}:4)',
        "1 fixable with `ratecard validate --fix`",
    ]


def test_a_batch_as_json(batch: str) -> None:
    """Every result with its source, the total as whole millionths and text, and how many were quoted."""
    result = run("quote", "-f", batch, "--json")
    answer = data(result)
    assert (result.exit_code, result.stderr) == (3, "")
    keys = ["results", "requests", "quoted", "declined", "total_usd_micros", "total_usd", "codes", "ok"]
    assert list(answer) == keys
    assert (answer["ok"], answer["requests"], answer["codes"]) == (False, 4, {"bad_json": 1, "unknown_field": 1})
    assert [result["source"] for result in answer["results"]] == [
        {"file": batch, "line": line} for line in (1, 3, 4, 5)
    ]
    assert [result["ok"] for result in answer["results"]] == [True, False, False, True]
    assert answer["results"][1] == {
        "source": {"file": batch, "line": 3},
        "ok": False,
        "code": "bad_json",
        "message": "line 3, column 11: Expecting value",
        "problems": [],
    }
    totals = [answer[key] for key in ("total_usd_micros", "total_usd", "quoted", "declined")]
    assert totals == [920_000, "0.92", 2, 2]


def test_an_array_names_requests_by_index(tables: Callable[[Catalog], None]) -> None:
    """The source of an element has its index, and a row without a price has the reason; 3 takes precedence over 4."""
    tables(invented_catalog(UNKNOWN_PRICE))
    unpriced = {"model": ACME, "input": {"prompt": "a cat"}}
    result = run("quote", "-f", "-", stdin=json.dumps([unpriced, 5]))
    assert result.exit_code == 3
    assert result.stdout.splitlines()[1:] == [
        f"-[0]\t\t-\tprice_unknown: the price of {ACME} is not known: the page shows none",
        "-[1]\t\t-\tinvalid_request: 1 error",
        "total\t\t-\t0 quoted, 2 declined",
    ]
    assert run("quote", "-f", "-", stdin=json.dumps([unpriced, unpriced])).exit_code == 4


def test_the_form_of_the_input_shapes_the_answer(tmp_path: Path) -> None:
    """An array of one is a list of one, also a broken one; a document is a single answer."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    line = json.dumps(GOOD)
    many = [("-f", "-", f"[{line}]"), ("-f", "-", "[]"), ("-f", "-", "[{"), ("-f", "-", f"{line}\n{line}"),
            ("-f", str(file), "-f", "-", line), ("-f", "-", "--lines", line)]  # fmt: skip
    for *args, stdin in many:
        assert "results" in data(run("quote", "--json", *args, stdin=stdin)), args
        assert "results" in data(run("validate", "--json", *args, stdin=stdin)), args
    for *args, stdin in [("-f", "-", line), ("-f", str(file), ""), ("-f", "-", "{"), ("-f", "-", "")]:
        assert "results" not in data(run("quote", "--json", *args, stdin=stdin)), args
        assert "results" not in data(run("validate", "--json", *args, stdin=stdin)), args


def test_an_empty_array_is_an_empty_answer() -> None:
    """No requests were asked for, and none are answered; but no input at all is a broken one."""
    result = run("quote", "-f", "-", "--json", stdin="[]")
    assert (result.exit_code, data(result)["results"], data(result)["total_usd"]) == (0, [], "0.00")
    assert run("quote", "-f", "-", stdin="").exit_code == 3


@pytest.mark.parametrize(
    ("limit", "code"), [("0.5", 0), ("0.499999", 5), ("0.4999999999", 5), ("0.50", 0), ("1", 0), ("0", 5)]
)
def test_a_budget_is_exact(limit: str, code: int) -> None:
    """$0.50 is within 0.5 and over 0.4999999999; the quote is printed either way."""
    result = run("quote", T2V, "prompt=a cat", "duration=10", "--max-usd", limit)
    assert result.exit_code == code
    assert result.stdout.startswith("$0.50  ")
    assert result.stderr == (f"over budget: $0.50 is more than --max-usd {limit}\n" if code else "")


def test_a_budget_is_for_all_requests_together() -> None:
    """Three times $0.50 is over $1.49; an invalid request beside them sets the exit code, but both are reported."""
    lines = "\n".join([json.dumps(GOOD)] * 3)
    within, over = (run("quote", "-f", "-", "--json", "--max-usd", limit, stdin=lines) for limit in ("1.5", "1.49"))
    assert (within.exit_code, over.exit_code) == (0, 5)
    assert over.stderr == "over budget: $1.50 is more than --max-usd 1.49\n"
    assert data(over)["total_usd_micros"] == 1_500_000
    message = over.stderr.rstrip()
    assert (data(over)["ok"], data(over)["code"], data(over)["message"]) == (False, "over_budget", message)
    single = data(run("quote", T2V, "prompt=a cat", "duration=10", "--max-usd", "0.4", "--json"))
    assert list(single) == ["ok", "code", "message", "quote", "warnings"]
    assert (single["ok"], single["code"]) == (False, "over_budget")
    assert single["message"] == "over budget: $0.50 is more than --max-usd 0.4"
    invalid = run("quote", "-f", "-", "--max-usd", "1", stdin=lines + "\n{}")
    assert invalid.exit_code == 3
    assert invalid.stderr.endswith("over budget: $1.50 is more than --max-usd 1\n")


@settings(max_examples=20)
@given(priced())
def test_the_command_line_quotes_as_the_library_does(drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Whatever valid request comes in, the quote that goes out is that of the library."""
    request, measured = drawn
    options = [part for name, value in measured.items() for part in ("--measured", f"{name}={value}")]
    result = run("quote", "-f", "-", "--json", *options, stdin=json.dumps(request))
    assert data(result)["quote"] == quote(request, measured=measured).to_dict()


# JSON documents


@pytest.mark.parametrize(
    ("ok", "args"),
    [
        (True, ["quote", O3, CAT]),
        (False, ["quote", O3]),
        (False, ["quote", O3, CAT, "--max-usd", "0.41"]),
        (True, ["quote", "-f", "-"]),
        (False, ["quote", "-f", "no/such/file.json"]),
        (True, ["range", O3, CAT]),
        (False, ["range", O3]),
        (True, ["range", "-f", "-"]),
        (True, ["validate", "-f", "-"]),
        (False, ["validate", O3]),
        (True, ["validate", O3, CAT, "--fix"]),
        (False, ["validate", O3, "--fix"]),
        (True, ["validate", "-f", "-", "--fix"]),
        (True, ["models"]),
        (True, ["models", "no such model"]),
        (True, ["models", "--uncertain"]),
        (False, ["models", "--tables", "no/such/folder"]),
        (True, ["show", O3]),
        (False, ["show", "no/such/model"]),
        (True, ["sheet", O3]),
        (False, ["sheet", "google/nano-banana/edit-image"]),
        (True, ["check"]),
        (False, ["check", "no/such/folder"]),
        (True, ["diff", "bundled", "bundled"]),
        (False, ["diff", "bundled", "no/such/folder"]),
        (False, ["diff", "bundled", "bundled", "--requests", "no/such/file.json"]),
    ],
)
def test_every_document_says_ok(*, ok: bool, args: list[str]) -> None:
    """`ok` is true exactly if the command exits with 0; it comes first, or after results that are written before."""
    result = run(*args, "--json", stdin=json.dumps([GOOD]))
    answer = data(result)
    assert [*answer].index("ok") == (next(iter(answer)) != "ok" and len(answer) - 1)
    assert (answer["ok"], result.exit_code == 0) == (ok, ok)


@pytest.mark.parametrize(
    "args",
    [
        ["quote", O3, CAT, "--json"],
        ["range", O3, CAT, "--json"],
        ["validate", O3, CAT, "--json"],
        ["models", "--json"],
        ["show", O3, "--json"],
        ["sheet", O3, "--json"],
        ["sheet", O3, "--format", "json"],
    ],
)
def test_broken_tables_are_reported_as_json(args: list[str], tmp_path: Path) -> None:
    """A broken table ends a command with 3, wherever `--tables` is given, and programs get every fault too."""
    file = tmp_path / "broken.toml"
    file.write_text('model = 5\nname = ""\n', encoding="utf-8")
    result = run(args[0], "--tables", str(file), *args[1:])
    answer = data(result)
    assert result.exit_code == 3
    assert (answer["ok"], answer["code"], answer["message"] + "\n") == (False, "table_error", result.stderr)
    assert result.stderr.count(str(file)) > 1
    for_people = run(args[0], O3, "--tables", str(file))
    assert (for_people.exit_code, for_people.stdout, for_people.stderr) == (3, "", result.stderr)


# usage


@pytest.mark.parametrize(
    "args",
    [
        ["quote"],
        ["validate"],
        ["quote", "-f", "-", "a=b"],
        ["quote", O3, "duration"],
        ["quote", O3, "a=1", "a=2"],
        ["quote", O3, "a:={'b': 1}"],
        ["quote", O3, 'a:={"b": 1, "b": 2}'],
        ["quote", O3, "a:=NaN"],
        ["quote", "-f", "-", "--webhook-url", "https://example.com"],
        ["quote", "-f", "-", "--model-version", "1"],
        ["quote", O3, "--lines"],
        ["quote", O3, "--max-usd", "1e3"],
        ["quote", O3, "--max-usd", "$1"],
        ["quote", O3, "--max-usd", "-1"],
        ["quote", O3, "--max-usd", "NaN"],
        ["quote", O3, "--max-usd", "1" * 5_000],
        ["quote", O3, "--max-usd", "\u0661"],
        ["show"],
        ["sheet", O3, "--json", "--format", "csv"],
        ["sheet", O3, "--format", "xml"],
        ["prices", O3],
        ["--prices"],
    ],
)
def test_wrong_usage_exits_with_2(args: list[str]) -> None:
    """A wrong use of the command line says so on standard error, answers nothing and exits with 2."""
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


@pytest.mark.parametrize("command", ["quote", "validate"])
def test_a_file_that_cannot_be_read_exits_with_2(command: str, tmp_path: Path) -> None:
    """One line names the file and why; so does one for a folder without requests."""
    missing = str(tmp_path / f"{ESCAPE}.json")
    result = run(command, "-f", missing)
    assert result.exit_code == 2
    place = one_line(missing)
    assert (result.stdout + result.stderr).startswith(f"error    unreadable  No such file or directory  (at {place})\n")
    assert run(command, "-f", str(tmp_path)).exit_code == 2


@pytest.mark.parametrize("command", _commands.cli.list_commands(click.Context(_commands.cli)))
def test_every_command_explains_itself(command: str) -> None:
    """The help of every command has an example and, except for servers and the help, the option for programs."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"  ratecard {command}" in result.stdout
    assert ("--json" in result.stdout) == (command not in ("fake-api", "mcp", "serve", "help", "completion"))


def test_version() -> None:
    """The program prints its version."""
    assert run("--version").stdout == f"ratecard {ratecard.__version__}\n"


def test_exit_codes_are_documented() -> None:
    """The help names every exit code, in order; tests/test_docs.py holds the page of exit codes to them."""
    assert "ratecard help exit-codes" in " ".join(run("--help").stdout.split())
    text = run("help", "exit-codes").stdout
    assert [int(code) for code in re.findall(r"^ *(\d+)  \w", text, re.MULTILINE)] == [*_output.Exit]


# validate


def test_validate_says_ok() -> None:
    """A request that may be sent is ok, also with warnings, which are counted."""
    result = run("validate", T2V, "prompt=a cat")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "ok\n", "")
    warned = run("validate", O3, CAT, "multishot:=[{}]")
    assert warned.exit_code == 0
    assert warned.stdout.splitlines()[-1] == "ok, 1 warning"


def test_validate_lists_every_problem() -> None:
    """The problems are the answer, so they go to standard output; exit 3."""
    result = run("validate", O3, "duration:=5", "durtion=5")
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (3, "")
    assert [line.split()[:3] for line in lines[:3]] == [
        ["error", "missing_field", "/input/image_url"],
        ["error", "wrong_type", "/input/duration"],
        ["error", "unknown_field", "/input/durtion"],
    ]
    assert lines[3:] == ["invalid, 3 errors, 1 fixable with --fix"]


def test_validate_as_json(batch: str) -> None:
    """One request gives its report; several give one each, with their sources."""
    single = run("validate", O3, "--json")
    assert single.exit_code == 3
    assert list(data(single)) == ["ok", "problems", "omitted"]
    many = data(run("validate", "-f", batch, "--json"))
    assert list(many) == ["results", "requests", "valid", "invalid", "codes", "ok"]
    assert [(result["source"]["line"], result["ok"]) for result in many["results"]] == [
        (1, True), (3, False), (4, False), (5, True),
    ]  # fmt: skip
    assert many["ok"] is False
    assert data(run("validate", "-f", "-", "--json", stdin=json.dumps([GOOD])))["ok"] is True


def test_validate_a_batch(batch: str) -> None:
    """Every problem says where it is, so that it can be searched and opened, and the end counts them."""
    result = run("validate", "-f", batch)
    assert (result.exit_code, result.stderr) == (3, "")
    assert result.stdout.splitlines() == [
        f"error    bad_json  Expecting value  (at {batch}:3:11)",
        f'error    unknown_field  /input/durtion  no such field; did you mean "duration"?  (at {batch}:4)',
        "2 valid, 2 invalid, 2 errors, 1 fixable with --fix",
    ]


def test_fix_prints_the_fixed_request() -> None:
    """Certain fixes are applied, again and again, and listed; the result can be quoted."""
    result = run("validate", O3, CAT, "durtion:=10", "has_sound:=true", "shot_type:=null", "--fix")
    assert result.exit_code == 0
    assert data(result) == {
        "model": O3,
        "input": {"image_url": "https://example.com/cat.jpg", "duration": "10", "has_sound": "true"},
    }
    assert result.stdout.startswith('{\n  "model"')
    assert result.stderr.splitlines() == [
        'fixed    /input/has_sound  is now "true"',
        "fixed    /input/shot_type  is left out",
        "fixed    /input/durtion  is now /input/duration",
        'fixed    /input/duration  is now "10"',
    ]
    assert run("quote", "-f", "-", stdin=result.stdout).stdout.startswith("$1.26  ")  # 84,000 x 10 x 1.5


def test_fix_lists_remaining_problems() -> None:
    """Problems without a fix are listed on standard error, and the exit code is 3; the others are fixed."""
    result = run("validate", O3, "duration:=5", "--fix")
    assert result.exit_code == 3
    assert data(result)["input"] == {"duration": "5"}
    assert result.stderr.splitlines()[-1] == (
        "error    missing_field  /input/image_url  this field is required; expected a string"
    )


def test_fix_of_a_batch_prints_json_lines(batch: str) -> None:
    """One line each in the order of the input; the bad line is named and left out."""
    result = run("validate", "-f", batch, "--fix")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 3
    assert [line["input"].get("duration") for line in lines] == [None, "5", "10"]
    assert result.stderr.splitlines() == [
        f"error    bad_json  Expecting value  (at {batch}:3:11)",
        f"fixed    /input/durtion  is now /input/duration  (at {batch}:4)",
        f'fixed    /input/duration  is now "5"  (at {batch}:4)',
    ]


def test_fix_as_json(batch: str) -> None:
    """With `--json`, the report contains the fixed request and its fixes."""
    single = data(run("validate", O3, "durtion=10", "--fix", "--json"))
    assert list(single) == ["ok", "problems", "omitted", "fixes", "request"]
    assert single["request"] == {"model": O3, "input": {"duration": "10"}}
    assert single["fixes"] == [{"op": "move", "from": "/input/durtion", "path": "/input/duration"}]
    many = data(run("validate", "-f", batch, "--fix", "--json"))
    assert [result["ok"] for result in many["results"]] == [True, False, True, True]
    assert [len(result["fixes"]) for result in many["results"]] == [0, 0, 2, 0]
    assert (many["results"][1]["code"], many["results"][1]["request"]) == ("bad_json", None)
    assert many["results"][3]["request"] == GOOD


# safety


@given(st.text())
def test_nothing_cleaned_moves_a_cursor(text: str) -> None:
    """Whatever comes in, all of it prints and stays on its line; what printed before is not changed."""
    assert one_line(text).isprintable()
    assert not text.isprintable() or one_line(text) == text


@pytest.mark.parametrize(
    "args",
    [
        ["quote", ESCAPE],
        ["quote", O3, f"{ESCAPE}=1"],
        ["quote", O3, ESCAPE],
        ["quote", O3, f"a:={ESCAPE}"],
        ["validate", O3, CAT, f"duration={ESCAPE}", f"{ESCAPE}\n[bold]=1"],
        ["validate", O3, f"{ESCAPE}=1", "--fix"],
        ["show", ESCAPE],
        ["show", O3, ESCAPE],
        ["sheet", ESCAPE, "--json"],
        ["sheet", O3, "--format", ESCAPE],
        ["models", ESCAPE],
        [ESCAPE],
        [f"--{ESCAPE}"],
        ["quote", O3, "--max-usd", ESCAPE],
        ["quote", "-f", ESCAPE],
    ],
)
def test_nothing_that_is_sent_reaches_the_terminal_as_it_is(args: list[str]) -> None:
    """No control character that came in goes out, on either stream."""
    result = run(*args)
    assert (result.stdout + result.stderr).replace("\n", "").isprintable()


def test_errors_of_usage_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    """Click repeats arguments in its errors: what does not print is written as its code. Its lists become one line."""
    for message, shown in (
        (f"no such option: {ESCAPE}", "no such option: \\u001b[31mred\\u0007"),
        ("one of:\n\ta,\n\tb", "one of: a, b"),
    ):
        with pytest.raises(SystemExit), _commands._clean_errors():  # noqa: SLF001  old versions of click need it, new ones hardly
            raise click.UsageError(message)
        assert capsys.readouterr().err == f"Error: {shown}\n"


def test_cells_stay_cells() -> None:
    """A tab, a line end or a bar inside a cell neither adds a column nor a row."""
    table = _output.Table(("a", "b"), (("x\ty", "z\n|"),))
    lines = _output.FORMATS["markdown"](table)
    assert "".join(lines) == "| a | b |\n| --- | --- |\n| x\\\\u0009y | z\\\\u000a\\| |\n"
    assert list(csv.reader(_output.csv_lines(table))) == [["a", "b"], ["x\ty", "z\n|"]]


# main


@pytest.mark.parametrize("name", ["click", "rich"])
def test_a_missing_extra_is_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without click or rich there is one line that names the extra, and exit code 1."""
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit) as caught:
        _cli.main()
    assert caught.value.code == f'the command line needs {name}: pip install "ratecard[cli]"'  # text exits with 1


def test_another_missing_module_is_not_mistaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation of something else is not put down to the extra."""

    def broken(_: str) -> None:
        raise ModuleNotFoundError("No module named 'colorsys'", name="colorsys")

    monkeypatch.setattr(_cli, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="colorsys"):
        _cli.main()


def test_main_lets_a_closed_pipe_end_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is SIGPIPE it is set to its default; where there is none, nothing is set."""
    handlers: list[tuple[object, object]] = []
    monkeypatch.setattr(signal, "signal", lambda *handler: handlers.append(handler))
    monkeypatch.setattr(signal, "SIGPIPE", "SIGPIPE", raising=False)
    monkeypatch.setattr(sys, "argv", ["ratecard", "--version"])
    with pytest.raises(SystemExit) as caught:
        _cli.main()
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("ratecard ")
    assert handlers == [("SIGPIPE", signal.SIG_DFL)]
    monkeypatch.delattr(signal, "SIGPIPE")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(SystemExit):
        _cli.main()
    assert len(handlers) == 1
