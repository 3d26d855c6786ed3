"""The commands `find` and `price`, which answer before there is a complete request."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ratecard
from cli_runner import data, run
from invented import dated_text
from ratecard import Catalog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

O3 = "kling-plus/kling-o3-standard/image-to-video"
I2V = "kling/kling-2.6-i2v/image-to-video"
WAN = "alibaba/wan-2.6-flash/image-to-video"
MOTION = "kling/kling-motion-create-v3/motion-transfer-to-video"
WANTED = ("--capability", "image-to-video", "--with", "duration=10", "--sound")

CRITERIA = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["kling", "kling o3", "veo", "zebra"]),
        "capability": st.sampled_from(["image-to-video", "text-to-image"]),
        "provider": st.sampled_from(["kling", "Kling Plus", "google"]),
        "options": st.sampled_from([{"duration": "10"}, {"resolution": "1080p", "duration": "5"}]),
        "sound": st.booleans(),
        "max_usd": st.sampled_from(["0.04", "0.50", "2"]),
        "sort": st.sampled_from(["price", "time", "name"]),
    },
)


def arguments(criteria: Mapping[str, Any]) -> list[str]:
    """Return the criteria of a search as arguments of the command."""
    args = [criteria["text"]] if "text" in criteria else []
    for name, value in criteria.get("options", {}).items():
        args += ["--with", f"{name}={value}"]
    if "sound" in criteria:
        args.append("--sound" if criteria["sound"] else "--no-sound")
    for name in ("capability", "provider", "max_usd", "sort"):
        if name in criteria:
            args += [f"--{name.replace('_', '-')}", criteria[name]]
    return args


@settings(max_examples=25)
@given(CRITERIA)
def test_find_answers_as_the_library_does(criteria: dict[str, Any]) -> None:
    """Each criterion reaches `ratecard.find`, whose three groups are the answer; 4 if there is no offer."""
    expected = ratecard.find(**criteria)
    result = run("find", *arguments(criteria), "--json")
    answer = data(result)
    document = json.loads(json.dumps(expected.to_dict()))
    assert {name: answer[name] for name in document} == document
    assert (answer["ok"], result.exit_code) == ((True, 0) if expected else (False, 4))


def test_find_ranks_models_by_price() -> None:
    """40,000 x 10 = $0.40, always with sound; 50,000 x 10 x 1.3 = $0.65, and x 1.5 for 1080p is $0.325 more."""
    result = run("find", *WANTED)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[:3] == [
        ["model", "price", "options", "time", "next better"],
        [I2V, "$0.40", "duration 10", "4 min", ""],
        [WAN, "$0.65", "duration 10, resolution 720p, has_sound true", "3 min", "resolution 1080p costs $0.325 more"],
    ]
    assert (result.exit_code, result.stderr) == (0, "")
    as_csv = csv.reader(io.StringIO(run("find", *WANTED, "--format", "csv").stdout))
    assert [row[0] for row in as_csv] == [row[0] for row in rows if len(row) == 5]


def test_find_counts_the_other_models_or_lists_them() -> None:
    """Every image-to-video model is an offer, not stated, or cannot; --all gives each its reason."""
    counted, listed = run("find", *WANTED).stdout, run("find", *WANTED, "--all").stdout
    offers, others = ([line.split("\t") for line in part.splitlines()[1:]] for part in listed.split("\n\n"))
    slugs = [slug for slug in Catalog.bundled().models if slug.endswith("/image-to-video")]
    assert sorted(row[0] for row in [*offers, *others]) == slugs
    assert all(reason for *_, reason in others)
    for group in ("not stated", "cannot"):
        number = [row[1] for row in others].count(group)
        assert f"{group}: {number} models (--all shows the reasons)" in counted.splitlines()
    assert [WAN.replace("alibaba", "alibaba-plus"), "not stated"] in [row[:2] for row in others]


def test_find_without_an_offer_says_why() -> None:
    """Exit 4, and the most frequent reasons, each with the number of its models."""
    result = run("find", "kling o1", "--with", "durtion=10")
    assert (result.exit_code, result.stderr) == (4, "no model can do what is wanted\n")
    assert 'cannot: 5 models (--all shows the reasons)\n  4 models: no field "durtion"; did you mean' in result.stdout
    answer = data(run("find", "kling o1", "--with", "durtion=10", "--json"))
    assert (answer["ok"], answer["code"], len(answer["cannot"])) == (False, "no_offer", 5)


def test_find_of_nothing_known_is_told_apart() -> None:
    """No model matches the text: other words than where models cannot do it."""
    result = run("find", "zebra")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "no models match; run `ratecard models` to list them all\n"


def test_find_names_announced_prices(tmp_path: Path) -> None:
    """20,000 x 4 = $0.08 now, and 30,000 x 4 = $0.12 from 2999."""
    (tmp_path / "own.toml").write_text(dated_text(y2020="20_000", y2999="30_000"), encoding="utf-8")
    lines = run("find", "loop", "--tables", str(tmp_path / "own.toml")).stdout.splitlines()
    assert lines[1].startswith("acme/loop-1/text-to-video\t$0.08\t")
    assert lines[2] == "acme/loop-1/text-to-video: sent before 2999-01-01, when the price becomes $0.12"


@pytest.mark.parametrize(
    "args",
    [
        ["--max-usd", "$2"],
        ["--with", "duration"],
        ["--with", "duration:=[5]"],
        ["--with", "duration=5", "--with", "duration=10"],
        ["--sort", "cheapest"],
        ["--at", "tomorrow"],
    ],
)
def test_find_refuses_what_it_cannot_understand(args: list[str]) -> None:
    """Wrong usage exits with 2 and says what is wrong."""
    result = run("find", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_price_needs_no_complete_request() -> None:
    """84,000 x 10 x 1.5 = 1,260,000: $1.26, as `quote` explains it, and then what a request still needs."""
    result = run("price", O3, "duration=10", "has_sound=true")
    image = "image_url=https://example.com/cat.jpg"
    assert (result.exit_code, result.stderr) == (0, "")
    quoted = run("quote", O3, image, "duration=10", "has_sound=true").stdout
    assert result.stdout == f"{quoted}still missing for a request: image_url\n"
    assert run("price", O3, image, "duration=10", "has_sound=true").stdout == quoted


def test_price_says_what_is_probably_missing() -> None:
    """A set of fields of which one is required, and a field that no page calls required."""
    lines = run("price", "kling-plus/kling-o3-standard/reference-to-video").stdout.splitlines()
    assert lines[-2:] == ["still missing for a request: images or video_url", "probably missing too: prompt"]


def test_price_as_json() -> None:
    """The quote, and a problem for each missing field."""
    answer = data(run("price", O3, "duration=10", "--json"))
    assert list(answer) == ["ok", "quote", "warnings", "missing"]
    assert (answer["ok"], answer["quote"]["usd_micros"]) == (True, 840_000)
    assert [problem["pointer"] for problem in answer["missing"]] == ["/input/image_url"]


def test_price_of_many() -> None:
    """300 x $0.42 = $126.00, which is within $126 and over $125.99; the explanation is that of one."""
    result = run("price", O3, "--count", "300", "--max-usd", "126")
    assert result.exit_code == 0
    assert result.stdout == f"$126.00  for 300 requests, each as follows:\n{run('price', O3).stdout}"
    over = data(run("price", O3, "--count", "300", "--max-usd", "125.99", "--json"))
    assert (over["ok"], over["code"], over["total_usd"], over["quote"]["usd"]) == (
        False,
        "over_budget",
        "126.00",
        "0.42",
    )
    assert [problem["pointer"] for problem in over["missing"]] == ["/input/image_url"]


def test_price_of_a_measured_quantity() -> None:
    """70,000 x 10 = 700,000: $0.70 with the measured duration; without it there is no price."""
    assert run("price", MOTION, "--measured", "duration=10").stdout.startswith(f"$0.70  {MOTION}\n")
    assert run("price", MOTION).exit_code == 4


@pytest.mark.parametrize(
    ("args", "code", "problem"),
    [
        ([O3, "duration=16"], 3, "not_allowed"),
        ([O3, "durtion=10"], 3, "unknown_field"),
        ([O3[:-1]], 3, "unknown_model"),
        (["google/nano-banana/edit-image"], 4, "price_unknown"),
        (["xai/grok-imagine/image-to-video"], 4, "undetermined"),
    ],
)
def test_price_refuses_as_quote_does(args: list[str], code: int, problem: str) -> None:
    """An invalid option exits with 3, a price that is not known with 4; nothing is on standard output."""
    result = run("price", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert problem in result.stderr
    answer = data(run("price", *args, "--json"))
    assert (answer["ok"], answer["missing"]) == (False, [])
    assert problem in (answer["code"], *(each["code"] for each in answer["problems"]))
