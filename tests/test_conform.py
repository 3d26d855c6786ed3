"""`ratecard conform`: ports that answer well, wrongly, too late, in the wrong order, or not at all."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from cli_runner import data, run
from dated import has_dates, whole
from make_vectors import FILE
from ratecard import price_sheet
from ratecard._conform import run as runner
from ratecard._conform.run import conform
from ratecard._conform.vectors import read_vectors
from ratecard._page.data import sheets_data
from ratecard_rules import Catalog, load_model

if TYPE_CHECKING:
    from pathlib import Path

O1 = "kling-plus/kling-o1-standard/text-to-video"
VECTORS = [json.loads(line) for line in FILE.read_text(encoding="ascii").splitlines()[1:]]
FIRST = VECTORS[0]["id"]
PRICED = [vector for vector in VECTORS if vector["expect"].get("code") != "invalid_request"]
COSTS = next(vector for vector in VECTORS if vector["kind"] == "price")

REPLAY = """
import json, sys
frozen = {vector["id"]: vector["expect"] for vector in map(json.loads, list(open(sys.argv[1]))[1:])}
for line in sys.stdin:
    asked = json.loads(line)
    answer = {"id": asked["id"], "extra": 1, **frozen[asked["id"]]}
"""
"""A port that reads its answers from the file of the vectors; what it does with them is appended."""


def port(*lines: str, file: str = str(FILE)) -> tuple[str, ...]:
    """Return the command that runs a port."""
    body = "".join(f"    {line}\n" for line in lines)
    return (sys.executable, "-S", "-c", REPLAY + body, file)


def test_a_port_that_conforms() -> None:
    """Every level compares the requests that it is about: those that are refused have no price to compare."""
    result = conform(port("print(json.dumps(answer))"))
    assert (result.ok, result.differences, result.failure) == (True, [], None)
    assert result.compared == {"price": len(PRICED), "validate": len(VECTORS), "fixes": len(VECTORS)} == result.agreed
    result = conform(port('print(json.dumps({**answer, "problems": 1, "fixes": asked["level"]}))'), "price")
    assert (result.ok, result.compared) == (True, {"price": len(PRICED)})


def test_differences() -> None:
    """Each vector that differs is counted at its level and named with a pointer and both values."""
    wrong = (
        f"if asked['id'] == '{COSTS['id']}':",
        "    answer['usd_micros'] = True; answer['problems'].append(['error', 'x', ''])",
        'if answer.get("code") == "invalid_request": answer["usd_micros"] = 1',
        'if answer.get("code") == "undetermined": del answer["code"]',
        "print(json.dumps(answer))",
    )
    document = data(run("conform", "--json", "--", *port(*wrong)))
    levels = {name: counts["compared"] - counts["agreed"] for name, counts in document["levels"].items()}
    codes = [vector["expect"].get("code") for vector in VECTORS]
    counts = {"price": 1 + codes.count("undetermined"), "validate": 1 + codes.count("invalid_request"), "fixes": 0}
    assert (document["ok"], levels) == (False, counts)
    first, second, third, *_ = document["differences"]
    assert (first["id"], first["level"], first["pointer"]) == (COSTS["id"], "price", "/usd_micros")
    assert (first["expected"], first["answered"]) == (COSTS["expect"]["usd_micros"], True)
    assert (second["level"], second["pointer"]) == ("validate", f"/problems/{len(COSTS['expect']['problems'])}")
    assert (second["answered"], "expected" in second) == (["error", "x", ""], False)
    assert (third["pointer"], third["answered"], "expected" in third) == ("/usd_micros", 1, False)


def test_differences_for_people() -> None:
    """The first differences are lines, the others are counted, and CSV has all of them."""
    command = ("conform", "--level", "price", "--", *port('print(json.dumps({"id": asked["id"]}))'))
    result = run(*command)
    assert (result.exit_code, result.stderr) == (1, "")
    *lines, rest, total = result.stdout.splitlines()
    costs = str(COSTS["expect"]["usd_micros"])
    assert lines[0] == f"{COSTS['id']} ({COSTS['about']}): price /usd_micros"
    assert lines[1] == f"  expected {costs}, got nothing"
    assert len(lines) == 40
    assert total == f"price: 0 of {len(PRICED):,} answers agree"
    assert rest == f"and {len(PRICED) - 20:,} more; --format csv lists them all"
    rows = list(csv.DictReader(io.StringIO(run("conform", "--format", "csv", *command[1:]).stdout)))
    assert len(rows) == len(PRICED)
    assert (rows[0]["pointer"], rows[0]["expected"], rows[0]["answered"]) == ("/usd_micros", costs, "")


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a file with the first vectors, to which the suite is reduced."""
    vectors = read_vectors()[:3]
    monkeypatch.setattr(runner, "read_vectors", lambda: vectors)
    monkeypatch.setattr(runner, "_ENDING", 0.1)
    file = tmp_path / "vectors.jsonl"
    file.write_text("\n".join(FILE.read_text(encoding="ascii").splitlines()[:4]), encoding="ascii")
    return str(file)


NEXT = "keep the order of the requests"
FAILURES = {
    "sys.exit(3)": f"the port ended with exit code 3 before it answered {FIRST}",
    "import os, time; os.close(1); time.sleep(60)": f"the port ended before it answered {FIRST}",
    "print('{', end='', flush=True); import time; time.sleep(60)": f"no answer to {FIRST} within 0.2 s",
    "print('Starting\\x1b[0m …')": f'the answer to {FIRST} is not a JSON object: "Starting\\u001b[0m …"',
    "print('[' * 100_000)": f'the answer to {FIRST} is not a JSON object: "{"[" * 60}"',
    "print('1')": f'the answer to {FIRST} is not a JSON object: "1"',
    "sys.stdout.buffer.write(bytes([255, 10]))": f'the answer to {FIRST} is not a JSON object: "\ufffd"',
    "print('x' * 2_000_000)": f"the answer to {FIRST} is longer than 1,048,576 bytes",
    "print('{}')": f'expected the answer with the "id" "{FIRST}", got none; {NEXT}',
    "print(json.dumps({'id': 7}))": f'expected the answer with the "id" "{FIRST}", got "7"; {NEXT}',
}


@pytest.mark.parametrize(("line", "failure"), FAILURES.items())
def test_ports_that_fail(line: str, failure: str, few: str) -> None:
    """A port that ends, hangs or writes anything but the next answer is ended, and the message says what it did."""
    assert conform(port(line, file=few), timeout=0.2 if "0.2 s" in failure else 10).failure == failure


@pytest.mark.parametrize(
    ("end", "failure"),
    [
        ("print()", "more lines than requests: write one answer a line and nothing else"),
        ("sys.exit(4)", "exit code 4 after the last answer"),
        ("import time; time.sleep(60)", "the port did not end after its last answer within 0.3 s"),
        ("import os, time; os.close(1); time.sleep(60)", "the port did not end after its last answer within 0.3 s"),
    ],
)
def test_the_end_of_a_port(end: str, failure: str, few: str) -> None:
    """After the last answer a port writes nothing more and ends well; the answers were compared all the same."""
    last = 'if asked["id"] == list(frozen)[-1]: sys.stdout.flush();' + end
    result = conform(port("print(json.dumps(answer))", last, file=few), timeout=0.3)
    assert (result.failure, result.compared == result.agreed, result.ok) == (failure, True, False)


@pytest.mark.usefixtures("few")
def test_a_failure_on_the_command_line() -> None:
    """It is told apart from answers that differ by its code and by the exit code."""
    result = run("conform", "--json", "--", *port("sys.exit(3)"))
    assert (result.exit_code, data(result)["ok"], data(result)["code"]) == (3, False, "port_failed")
    assert data(result)["message"] == f"the port ended with exit code 3 before it answered {FIRST}"
    assert run("conform", "--", *port("sys.exit(3)")).stdout.splitlines()[-1] == f"failed: {data(result)['message']}"


def test_wrong_usage(tmp_path: Path) -> None:
    """A command that cannot be run, and a folder that cannot be written, are named."""
    result = run("conform", "--", "no-such-command")
    assert (result.exit_code, result.stderr) == (2, "cannot run no-such-command: No such file or directory\n")
    result = run("conform", "--", "a\0b")
    assert (result.exit_code, result.stderr) == (2, "cannot run a\\u0000b: embedded null byte\n")
    for arguments in ((), ("--write", "folder", "--", "true")):
        assert "Error: give either a COMMAND after --, or --write FOLDER" in run("conform", *arguments).stderr
    (tmp_path / "file").touch()
    result = run("conform", "--write", str(tmp_path / "file"))
    assert (result.exit_code, result.stderr) == (2, f"cannot write {tmp_path / 'file'}: File exists\n")


def test_the_kit(tmp_path: Path) -> None:
    """The folder has the vectors and what a port starts from, and nothing that is half written."""
    files = data(run("conform", "--json", "--write", str(tmp_path / "kit")))["files"]
    names = {"vectors.jsonl", "vectors.schema.json", "sheets.json", "lookup.mjs", "port.mjs"}
    assert {file.name for file in (tmp_path / "kit").iterdir()} == names
    assert {str(tmp_path / "kit" / name) for name in names} == set(files)
    assert (tmp_path / "kit" / "vectors.jsonl").read_bytes() == FILE.read_bytes()
    assert json.loads((tmp_path / "kit" / "sheets.json").read_text(encoding="utf-8")) == sheets_data()
    assert run("conform", "--write", str(tmp_path / "kit")).stdout.startswith(f"wrote {tmp_path / 'kit'}")


def test_sheets() -> None:
    """Each model has the prices of its price sheet in their order, or says why there are none."""
    catalog = Catalog.bundled()
    document = json.loads(json.dumps(sheets_data()))
    assert list(document["models"]) == [model.slug for model in catalog]
    assert document["catalog"] == {"version": catalog.version, "digest": catalog.digest}
    for model in catalog:
        sheet = document["models"][model.slug]
        assert (sheet["name"], sheet["capability"], sheet["provider"]) == (model.name, model.capability, model.provider)
        period = sheet["periods"][0]
        if has_dates(whole(model.slug)):
            continue
        if "unpriced" in period:
            assert model.latest.price.unknown is not None
            continue
        rows = price_sheet(model.slug)
        assert period["usd_micros"] == [quote.usd_micros for quote in rows]
        assert period["exact_micros"] == [quote.to_dict()["exact_micros"] for quote in rows]
        assert period["usd"] == [str(row["usd"]) for row in rows.rows()]
    fields = document["models"]["kling/kling-motion-create-v3/motion-transfer-to-video"]["periods"][0]["fields"]
    assert {field["name"]: field.get("measured", False) for field in fields} == {"quality": False, "duration": True}
    assert ["default" in field for field in fields if field["name"] == "duration"] == [False]


DATED = """
model = "acme/wave-1/text-to-video"
name = "Wave 1"
provider = "Acme"
capability = "text-to-video"
retired = 2027-06-01T00:00:00Z
[[revision]]
checked = 2026-11-20
source = ["https://example.com/wave-1"]
input = {}
price = { base_usd_micros = 10 }
[[revision]]
checked = 2026-11-20
effective = 2027-01-01T00:00:00Z
source = ["https://example.com/wave-1"]
input = {}
price = { base_usd_micros = 20 }
"""


def test_dated_sheets() -> None:
    """A model has a sheet for each period of its prices; at an instant, only the one in force."""
    catalog = Catalog([load_model(DATED.encode())])
    new_year, end = "2027-01-01T00:00:00+00:00", "2027-06-01T00:00:00+00:00"
    (model,) = sheets_data(catalog)["models"].values()
    periods = [(period["from"], period["to"], period["usd_micros"]) for period in model["periods"]]
    assert periods == [(None, new_year, [10]), (new_year, end, [20])]
    (model,) = sheets_data(catalog, at=date(2027, 2, 1))["models"].values()
    assert [period["usd_micros"] for period in model["periods"]] == [[20]]
