"""The command line on what is open, measured or uncertain."""

from __future__ import annotations

import json

import pytest

from cli_runner import run

GROK = "xai/grok-imagine/image-to-video"
O3 = "kling-plus/kling-o3-standard/image-to-video"
MOTION = "kling/kling-motion-create-v3/motion-transfer-to-video"
CAT = "image_url=https://example.com/cat.jpg"
DANCE = "motion_video_url=https://example.com/dance.mp4"


def test_range_of_one_request() -> None:
    """50,000 x 6 x 1 to 50,000 x 15 x 1.4, since no default is documented; a given field narrows it."""
    result = run("range", GROK, CAT)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"$0.30 to $1.05  {GROK}\n")
    assert "  duration is open: up to x 2.5\n" in result.stdout
    assert run("range", GROK, CAT, "duration=6").stdout.startswith(f"$0.30 to $0.42  {GROK}\n")


def test_range_as_json() -> None:
    """Both ends are whole quotes, the open fields are named, and warnings stand beside them."""
    data = json.loads(run("range", GROK, CAT, "--any", "duration", "resolution=720p", "--json").stdout)
    assert data["ok"] is True
    assert (data["range"]["low"]["usd_micros"], data["range"]["high"]["usd_micros"]) == (420_000, 1_050_000)
    assert data["range"]["undetermined"] == ["duration"]


def test_range_of_several_requests() -> None:
    """Each request has its row, and the total is the exact range of all together; what is wrong is counted."""
    image = {"image_url": "https://example.com/cat.jpg"}
    lines = [json.dumps({"model": GROK, "input": image}), json.dumps({"model": GROK, "input": []}), "{", "5"]
    result = run("range", "-f", "-", "--lines", stdin="\n".join(lines))
    assert result.exit_code == 3
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[1] == ["-:1", GROK, "$0.30", "$1.05", "open: duration, resolution"]
    assert [row[:4] for row in rows[2:5]] == [[f"-:{line}", "", "-", "-"] for line in (2, 3, 4)]
    assert rows[-1][:4] == ["total", "", "$0.30", "$1.05"]
    data = json.loads(run("range", "-f", "-", "--lines", "--json", stdin="\n".join(lines)).stdout)
    assert (data["total_low_usd"], data["total_high_usd_micros"]) == ("0.30", 1_050_000)
    assert [entry["ok"] for entry in data["results"]] == [True, False, False, False]


@pytest.mark.parametrize("name", ["nosuchfield", "prompt", "", "\x1b[2J"])
def test_a_field_on_which_no_price_depends(name: str) -> None:
    """It is named beside the priced fields: exit 3, and a code for programs."""
    result = run("range", O3, CAT, "--any", name, "--any", "duration")
    assert (result.exit_code, result.stdout) == (3, "")
    reason = "no price depends on this field; priced fields: duration, has_sound"
    assert result.stderr == f"--any {json.dumps(name)}: {reason}\n"
    answer = json.loads(run("range", O3, CAT, "--any", name, "--json").stdout)
    assert answer == {"ok": False, "code": "unknown_field", "message": f"--any {json.dumps(name)}: {reason}"}
    flat = run("range", "kling-plus/kling-o1-pro/video-edit-fast", "--any", "duration")
    assert flat.stderr == '--any "duration": no price depends on this field; priced fields: none\n'


def test_a_measured_quantity_may_be_named() -> None:
    """It is open anyway: 70,000 x 5 to 70,000 x 10."""
    named = run("range", MOTION, CAT, DANCE, "--any", "duration")
    assert named.stdout == run("range", MOTION, CAT, DANCE).stdout
    assert "duration is open" in named.stdout


def test_open_fields_of_several_models() -> None:
    """A field is open in the requests whose price depends on it; one of an unknown model is refused as such."""
    image = {"image_url": "https://example.com/cat.jpg"}
    requests = [{"model": GROK, "input": {**image, "duration": "6"}}, {"model": O3, "input": image}]
    result = run("range", "-f", "-", "--any", "resolution", "--json", stdin=json.dumps(requests))
    assert [entry["range"]["undetermined"] for entry in json.loads(result.stdout)["results"]] == [["resolution"], []]
    unknown = run("range", "no/such/model", "--any", "nosuchfield")
    assert (unknown.exit_code, "unknown_model" in unknown.stderr) == (3, True)
    assert run("range", "-f", "-", "--any", "x", stdin="[5, {}]").exit_code == 3


def test_range_without_a_price() -> None:
    """A model without a known price has no range either."""
    result = run("range", "google/nano-banana/edit-image", "prompt=snow", 'image_urls:=["https://example.com/cat.jpg"]')
    assert result.exit_code == 4
    assert "price_unknown" in result.stderr


def test_measured() -> None:
    """What cannot be sent is passed beside the request: 70,000 x 5. Without it the quote is declined."""
    result = run("quote", MOTION, CAT, DANCE, "--measured", "duration=5")
    assert result.exit_code == 0
    assert result.stdout.startswith("$0.35  ")
    declined = run("quote", MOTION, CAT, DANCE)
    assert declined.exit_code == 4
    assert declined.stderr.startswith(
        "error    needs_measurement  duration: measured rather than sent, and not passed in"
    )
    assert declined.stderr.endswith("; pass it with --measured\n")
    assert run("range", MOTION, CAT, DANCE, "--measured", "duration=10").stdout.startswith("$0.70  ")


def test_what_is_uncertain() -> None:
    """Every rule that only a sibling's page states, or none, is listed with its model; nothing certain is."""
    result = run("models", "grok", "--uncertain")
    assert result.stdout.splitlines() == [
        "model\trule\tevidence\tsibling",
        f"{GROK}\tinput.image_url.format\tassumed\t",
    ]
    data = json.loads(run("models", "--uncertain", "--json").stdout)["rules"]
    assert {entry["evidence"] for entry in data} == {"sibling", "assumed"}
    assert all((entry["evidence"] == "sibling") == (entry["page"] is not None) for entry in data)
    assert len({entry["model"] for entry in data}) > 1


def test_show_says_how_we_know() -> None:
    """The evidence, the page and the day of every rule are shown; what nobody states says so."""
    text = run("show", O3, "-v").stdout
    assert "assumed\tinput.image_url.format\tno page\t" in text
    pages = [line.split("\t") for line in text.splitlines() if line.startswith("sibling\t")]
    assert [(row[2].rsplit("/", 1)[-1], row[3]) for row in pages] == [("kling-o3-pro-video-edit", "2026-11-20")]
    data = json.loads(run("show", "kling-plus/kling-o3-standard/reference-to-video", "--json").stdout)
    assert data["at_least_one"] == [
        {"of": ["images", "video_url"], "evidence": "implied", "note": data["at_least_one"][0]["note"]}
    ]
    assert (
        "at least one of: images, video_url (implied)"
        in run("show", "kling-plus/kling-o3-standard/reference-to-video").stdout
    )
    rules = {entry["rule"]: entry["evidence"] for entry in data["provenance"]}
    assert rules["at_least_one[1]"] == "implied"
    assert rules["price.factors"] == "documented"
    measured = json.loads(run("show", MOTION, "--json").stdout)["measured"]
    assert [entry["name"] for entry in measured] == ["duration"]


@pytest.mark.parametrize("command", ["quote", "range"])
def test_measured_needs_a_key(command: str) -> None:
    """A measurement without a key is wrong usage."""
    assert run(command, MOTION, CAT, DANCE, "--measured", "5").exit_code == 2
