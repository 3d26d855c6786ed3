"""`rerate` and suspense: stored quotes and declined requests against tables that have changed.

Prices of the invented model: $0.01 for each second of "4" or "8", times 1.5 with sound: 40,000 by default.
"""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from cli_runner import data, run
from ratecard import Catalog, Declined, StoredQuote, quote, rerate, try_quote
from ratecard._bill.rows import BadRow
from ratecard._bill.suspense import held, recycle
from ratecard_rules import load_model

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "acme/loop-1/text-to-video"
OLD = invented.catalog()
RAISED = invented.catalog(invented.PRICE.replace("10_000", "12_000"))
SOUND = invented.INPUT.replace("default = false", "default = true")
WITH_SEED = 'seed = { "1" = 1, "2" = 2 }\n'
SEEDED = invented.catalog(
    invented.PRICE + WITH_SEED, invented.INPUT.replace("min = 0\nmax = 99", "allowed = [1, 2]\ndefault = 1")
)


def request(**given: Any) -> dict[str, Any]:
    """Return a request to the invented model."""
    return {"model": SLUG, "input": {"prompt": "a cat", **given}}


def stored(**given: Any) -> dict[str, Any]:
    """Return a stored quote of the old prices."""
    return quote(request(**given), catalog=OLD).to_dict()


def test_every_change() -> None:
    """Each kind of record, and the sum of the differences by hand."""
    free = invented.catalog(fields=SOUND)
    records: list[Any] = [
        {"job_id": "a", "quote": stored()},
        stored(sound=False),
        quote(request(sound=True), catalog=OLD),
        {"request": request(duration="8"), "job_id": 5},
        {"request": request(duration="5")},
        {"quote": {**stored(), "model": "acme/gone"}},
        {"job_id": "b", "request": request(duration="9"), "quote": stored()},
        BadRow("not JSON"),
        None,
    ]
    result = rerate(records, catalog=free)  # sound is now on by default: $0.06
    assert [(row.entry, row.change, row.difference_micros) for row in result.rows] == [
        (1, "corrected", 20_000),
        (2, "unchanged", 0),
        (3, "unchanged", 0),
        (4, "newly_priced", 120_000),
        (5, "unchanged", 0),
        (6, "unreadable", 0),
        (7, "no_longer_priced", 0),
        (8, "unreadable", 0),
        (9, "unreadable", 0),
    ]
    assert result.difference_micros == 140_000
    assert str(result).split("\n") == [
        "9 records, corrections of $0.14",
        "  unchanged         3",
        "  corrected         1",
        "  newly_priced      1",
        "  no_longer_priced  1",
        "  unreadable        3",
    ]
    document = result.to_dict()
    assert document["catalog_digest"] == free.digest
    assert document["difference_usd"] == "0.14"
    assert [row["entry"] for row in document["results"]] == [1, 4, 6, 7, 8, 9]
    first = document["results"][0]
    assert (first["old_digest"], first["old_usd_micros"], first["new_usd_micros"]) == (
        stored()["digest"],
        40_000,
        60_000,
    )
    assert first["new_digest"] == quote(request(), catalog=free).to_dict()["digest"]


def test_corrections_are_pairs() -> None:
    """The reversal names the old quote, and the new one follows."""
    records = [{"job_id": "a", "quote": stored()}, {"request": request()}]
    reversal, correction, new = rerate(records, catalog=RAISED).corrections()
    assert reversal == {
        "type": "reversal",
        "entry": 1,
        "job_id": "a",
        "usd_micros": -40_000,
        "usd": "-0.04",
        "reversed_digest": stored()["digest"],
    }
    assert (correction["type"], correction["job_id"], correction["quote"]["usd_micros"]) == ("correction", "a", 48_000)
    assert (new["type"], new["entry"]) == ("correction", 2)


RECORDS = st.one_of(
    st.builds(stored, duration=st.sampled_from(["4", "8"]), sound=st.booleans()),
    st.builds(
        lambda **given: {"quote": stored(), "request": request(**given)}, duration=st.sampled_from(["4", "8", "9"])
    ),
    st.builds(lambda **given: {"request": request(**given)}, sound=st.booleans()),
    st.none()
    | st.dictionaries(st.sampled_from(["quote", "type", "entry", "request"]), st.none() | st.text() | st.integers()),
)


@given(
    st.lists(RECORDS, max_size=8), st.lists(st.sampled_from([OLD, RAISED, SEEDED, Catalog()]), min_size=1, max_size=3)
)
def test_running_twice_corrects_nothing(records: list[Any], catalogs: list[Catalog]) -> None:
    """With its corrections appended, no record needs another, and what they add is the difference."""
    for catalog in catalogs:
        result = rerate(records, catalog=catalog)
        corrections = list(result.corrections())
        added = sum(each["quote"]["usd_micros"] if "quote" in each else each["usd_micros"] for each in corrections)
        assert added == result.difference_micros
        records = records + corrections
        again = rerate(records, catalog=catalog)
        assert not again
        assert list(again.corrections()) == []
        assert again.counts["unreadable"] == result.counts["unreadable"]


def test_corrections_that_do_not_fit() -> None:
    """The entry of a correction exists, and a reversal is of the quote in force."""
    reversal, correction = rerate([stored()], catalog=RAISED).corrections()
    lone = rerate([correction], catalog=RAISED)
    assert lone.rows[0].says == "the correction of an entry that does not exist"
    twice = rerate([stored(), reversal, reversal], catalog=RAISED)
    assert twice.rows[0].says == "record 3 reverses another quote than that in force"
    other = rerate([stored(sound=True), reversal, correction], catalog=RAISED)
    assert other.rows[0].change == "unreadable"


def test_a_new_priced_field() -> None:
    """A price that now depends on what the stored quote does not have is not guessed."""
    row = rerate([stored()], catalog=SEEDED).rows[0]
    assert (row.change, row.says) == (
        "no_longer_priced",
        "the price now depends on seed, which the stored quote does not have",
    )
    assert rerate([{"quote": stored(), "request": request(seed=2)}], catalog=SEEDED).difference_micros == 40_000


def test_measured_and_dated_quotes() -> None:
    """Measured quantities are priced as measured, and the time of a record applies."""
    fields = invented.INPUT.replace("[revision.input.duration]", "[revision.measured.duration]").replace(
        'default = "4"', ""
    )
    measured = invented.catalog(fields=fields)
    raised = invented.catalog(invented.PRICE.replace("10_000", "12_000"), fields)
    quoted = quote({"model": SLUG, "input": {"prompt": "a"}}, catalog=measured, measured={"duration": "8"})
    assert rerate([quoted], catalog=raised).difference_micros == 16_000
    dated = Catalog((load_model(invented.dated_text(y2030="20_000")),))
    records = [
        {"quote": stored(), "time": "2029-12-31T23:59:59Z"},
        {"quote": stored(), "time": datetime(2030, 1, 1, tzinfo=UTC)},
    ]
    assert [row.difference_micros for row in rerate(records, catalog=dated).rows] == [0, 40_000]


def test_quotes_with_what_they_were_asked_for() -> None:
    """A `StoredQuote` is priced at its own instant, alone and in a record; one that was changed is unreadable."""
    dated = Catalog((load_model(invented.dated_text(y2030="20_000")),))
    kept = StoredQuote(quote=quote(request(), catalog=OLD), asked_at=datetime(2030, 1, 1, tzinfo=UTC)).to_dict()
    rows = rerate(
        [kept, {"quote": kept}, {"quote": {**kept, "reference": "x"}}], catalog=dated, at=date(2029, 1, 1)
    ).rows
    assert [row.difference_micros for row in rows[:2]] == [40_000, 40_000]
    assert rows[2].change == "unreadable"


# suspense


def declined(asked: Any, catalog: Catalog, **options: Any) -> dict[str, Any]:
    """Return the record of a declined request."""
    answer = try_quote(asked, catalog=catalog, **options)
    assert isinstance(answer, Declined)
    return held(asked, answer.code, answer.message, catalog, options)


def released(records: list[Any], catalog: Catalog, *known: Catalog) -> list[tuple[bool, str]]:
    """Return which requests are released, and why."""
    return [(each.is_released, each.says) for each in recycle(records, catalog, known)]


def test_what_released_a_request() -> None:
    """The change that is about what was wrong, or else every change of the table."""
    longer = invented.INPUT.replace('["4", "8"]', '["4", "8", "9"]')
    new = invented.catalog(invented.PRICE.replace("10_000", "11_000"), longer)
    record = declined(request(duration="9"), OLD)
    assert released([record], new, OLD) == [(True, 'input.duration.allowed: +"9"')]
    unknown = invented.catalog('[revision.price]\nunknown = "not on the page"\n')
    ((_, says),) = released([declined(request(), unknown)], new, unknown)
    assert "base price: not known -> $0.011" in says
    assert "input.duration" not in says
    ((_, added),) = released([declined(request(), Catalog())], OLD, Catalog())
    assert added == "model added: Loop 1, text-to-video, price $0.04 to $0.12"
    ((_, other),) = released([record], new, unknown)
    assert other == f"another catalogue, 2026-11-20 ({new.digest[:12]}); the old one is not known"
    open_default = invented.catalog(fields=invented.INPUT.replace('default = "4"', ""))
    assert released([declined(request(), open_default)], OLD, open_default) == [
        (True, 'input.duration.default: added "4"')
    ]


def test_what_is_still_held() -> None:
    """The reason of today; options of the first attempt apply again."""
    assert released([declined(request(duration="5"), OLD)], OLD, OLD)[0][1].startswith("invalid_request: ")
    assert released([5, {}, BadRow("not JSON (at held:3)")], OLD) == [
        (False, "expected an object with a request"),
        (False, "expected an object with a request"),
        (False, "not JSON (at held:3)"),
    ]
    dated = Catalog((load_model(invented.dated_text(y2030="20_000", retired="2040-01-01T00:00:00Z")),))
    record = declined(request(), dated.at(datetime(2041, 1, 1, tzinfo=UTC)))
    assert released([record], dated, dated)[0][0] is False
    assert released([record], dated.at(datetime(2031, 1, 1, tzinfo=UTC)), dated) == [
        (True, "no change of its table; the instant, or how it is priced, is another")
    ]


# the command line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with old and new tables, and stored quotes."""
    (tmp_path / "old.toml").write_text(invented.table_text())
    longer = invented.INPUT.replace('["4", "8"]', '["4", "8", "9"]')
    (tmp_path / "new.toml").write_text(invented.table_text(invented.PRICE.replace("10_000", "12_000"), longer))
    lines = [json.dumps({"job_id": "a", "quote": stored()}), json.dumps(stored(sound=True))]
    (tmp_path / "quotes.jsonl").write_text("\n".join(lines))
    asked = [request(), request(duration="9"), request(duration="7"), 5]
    (tmp_path / "big.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in asked))
    return tmp_path


def test_rerate_command(folder: Path) -> None:
    """A dry run shows the corrections, --apply appends them, and then there are none."""
    quotes, tables = folder / "quotes.jsonl", ("--tables", str(folder / "new.toml"))
    before = quotes.read_text()
    quotes.chmod(0o640)
    dry = run("rerate", str(quotes), *tables)
    assert (dry.exit_code, quotes.read_text()) == (1, before)
    assert dry.stdout.split("\n") == [
        "2 records, corrections of $0.02",
        "  corrected  2",
        "",
        "record\tchange\tmodel\told\tnew\tdifference\tbecause",
        f"a\tcorrected\t{SLUG}\t$0.04\t$0.048\t$0.008\t",
        f"2\tcorrected\t{SLUG}\t$0.06\t$0.072\t$0.012\t",
        "",
    ]
    applied = data(run("rerate", str(quotes), *tables, "--apply", "--json"))
    assert (applied["ok"], applied["applied"], applied["difference_micros"]) == (True, True, 20_000)
    after = quotes.read_text()
    assert after.startswith(f"{before}\n")
    assert [json.loads(line)["type"] for line in after.splitlines()[2:]] == ["reversal", "correction"] * 2
    assert quotes.stat().st_mode & 0o777 == 0o640
    again = run("rerate", str(quotes), *tables, "--apply", "--format", "csv")
    assert (again.exit_code, again.stdout) == (0, "record,change,model,old,new,difference,because\n")
    assert quotes.read_text() == after
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_exit_codes_of_rerate(folder: Path) -> None:
    """Records without a price exit with 4, records that cannot be read with 3."""
    quotes = folder / "quotes.jsonl"
    assert run("rerate", str(quotes)).exit_code == 4
    quotes.write_text("{}\n")
    assert run("rerate", str(quotes)).exit_code == 3
    assert run("rerate", str(folder / "none.jsonl")).exit_code == 2
    assert "--apply appends to .jsonl and .ndjson files" in run("rerate", "-", "--apply", stdin="").stderr
    assert run("rerate", str(folder / "quotes.jsonl.gz"), "--apply").exit_code == 2


def test_suspense_and_recycle(folder: Path) -> None:
    """What is declined is held, and released by new tables; both files are complete at every moment."""
    held_file, out = folder / "held.jsonl", folder / "released.jsonl"
    old, new = ("--tables", str(folder / "old.toml")), ("--tables", str(folder / "new.toml"))
    held_file.write_text("")
    quoted = run("quote", "-f", str(folder / "big.jsonl"), "--suspense", str(held_file), *old, "--json")
    assert quoted.exit_code == 3
    records = [json.loads(line) for line in held_file.read_text().splitlines()]
    assert [(each["request"], each["code"]) for each in records] == [
        (request(duration="9"), "invalid_request"),
        (request(duration="7"), "invalid_request"),
        (5, "invalid_request"),
    ]
    whole = Catalog.bundled() | Catalog.load(folder / "old.toml")
    assert records[0]["catalog"] == {"version": whole.version, "digest": whole.digest}
    assert records[0]["message"].startswith('the request is invalid: /input/duration: the string "9" is not allowed')
    before = held_file.read_text()
    looked = run("recycle", str(held_file), *new, "--old", str(folder / "old.toml"))
    assert (looked.exit_code, held_file.read_text()) == (4, before)
    assert looked.stdout.split("\n")[1] == f'1\t{SLUG}\t$0.108\tinput.duration.allowed: +"9"'
    moved = data(run("recycle", str(held_file), *new, "--released", str(out), "--json"))
    assert (moved["released"], moved["held"]) == (1, 2)
    assert out.stat().st_mode == held_file.stat().st_mode == (folder / "big.jsonl").stat().st_mode
    (line,) = out.read_text().splitlines()
    assert json.loads(line)["request"] == request(duration="9")
    kept = [json.loads(line) for line in held_file.read_text().splitlines()]
    newer = Catalog.bundled() | Catalog.load(folder / "new.toml")
    assert [each["catalog"]["digest"] for each in kept] == [newer.digest] * 2
    run("quote", "-f", str(folder / "big.jsonl"), "--suspense", str(held_file), "--strict", *old)
    assert len(held_file.read_text().splitlines()) == 5
    assert json.loads(held_file.read_text().splitlines()[-1])["strict"] is True


def test_nothing_is_half_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If quoting is interrupted, the held requests are as before, and no other file is left."""
    held_file = folder / "held.jsonl"
    held_file.write_text("kept\n")
    names = sorted(path.name for path in folder.iterdir())
    monkeypatch.setattr("ratecard._cli._batch.Totals.add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    answer = run("quote", "-f", str(folder / "big.jsonl"), "--suspense", str(held_file))
    assert answer.exit_code == 130
    assert held_file.read_text() == "kept\n"
    assert sorted(path.name for path in folder.iterdir()) == names


def test_wrong_usage_of_suspense(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that does not exist, a full disk, and records that cannot be read."""

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    answer = run("quote", "-f", str(folder / "big.jsonl"), "--suspense", str(folder / "none" / "held.jsonl"))
    assert (answer.exit_code, answer.stderr.partition(": ")[0]) == (2, f"cannot write {folder / 'none' / 'held.jsonl'}")
    monkeypatch.setattr("os.fsync", fail)
    full = run("quote", "-f", str(folder / "big.jsonl"), "--suspense", str(folder / "held.jsonl"), "--json")
    assert (full.exit_code, full.stderr) == (2, f"cannot write {folder / 'held.jsonl'}: No space left on device\n")
    assert not (folder / "held.jsonl").exists()
    (folder / "held.jsonl").write_text("{\n")
    assert run("recycle", str(folder / "held.jsonl")).exit_code == 3
    stopped = run("recycle", str(folder / "held.jsonl"), "--released", str(folder / "out.jsonl"))
    assert (stopped.exit_code, (folder / "out.jsonl").exists()) == (3, False)
    assert "is not changed" in stopped.stderr
