"""What a person types, and what they see first: on a terminal of 80 and of 120 columns."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from cli_runner import draw, run_on_terminal
from ratecard import Catalog

if TYPE_CHECKING:
    from pathlib import Path

O3 = "kling-plus/kling-o3-standard/image-to-video"  # 84,000 x duration x 1.5 with sound
T2V = "kling-plus/kling-o1-standard/text-to-video"  # 50,000 x duration
V25 = "kling/kling-text2video-v25/text-to-video"  # 45,000 x 1.5 if pro x duration
I2V = "kling/kling-2.6-i2v/image-to-video"  # 40,000 x duration, always with sound
VEO = "google/veo-3.1-fast/text-to-video"
MOTION = "kling/kling-motion-create-v3/motion-transfer-to-video"  # 70,000 x measured duration x quality
GROK = "xai/grok-imagine/image-to-video"  # 50,000 x duration x resolution, no defaults
UNPRICED = "google/nano-banana/edit-image"
CAT = "image_url=https://example.com/cat.jpg"
WEB = r"\"https://example.com/cat.jpg\""
PAGES = "https://pixelbyte.mintlify.app/models"

ROWS = [
    # find
    ("find --capability image-to-video --with duration=10 --sound", 0, f"{I2V} $0.40 duration 10"),
    ("find --capability image-to-video --with duration=10s --sound", 0, f"{I2V} $0.40 duration 10"),
    ("find --capability image-to-video --with duration='10 s' --sound", 0, f"{I2V} $0.40 duration 10"),
    ("find i2v --sound", 0, f"{I2V} $0.20 duration 5"),
    ("find i2v --no-sound", 4, "no model can do what is wanted not stated: "),
    ("find --capability image-to-video --max-usd 0.01", 4, "no model can do what is wanted cannot: 23 models"),
    ("find kling o1 --with durtion=10", 4, "no model can do what is wanted not stated: 2 models"),
    ("find --capability text-to-video --max-usd 0.05", 0, "minimax-plus/hailuo-2.3-pro/text-to-video $0.05"),
    ("find kling-2.6 --with duration=10", 0, f"{I2V} $0.40 duration 10"),
    ("find kling o3 --sort name", 0, "kling-plus/kling-o3-pro/video-edit $0.05"),
    ("find kling --sort time", 0, "kling-plus/kling-o1-pro/video-edit-fast $0.03"),
    ("find --provider OpenAI --capability text-to-video", 0, "openai/sora-2/text-to-video $0.40 duration 4"),
    ("find --provider kling-plus --with resolution=4k", 4, "no model can do what is wanted"),
    ("find --provider opneai", 2, 'Error: unknown provider "opneai"; known: alibaba, alibaba-plus, bytedance,'),
    ("find --capability image2video", 2, 'Error: unknown capability "image2video"; known: edit-image, '),
    ("find --max-usd '$2'", 2, "Error: Invalid value for '--max-usd': expected dollars as a plain decimal such as"),
    ("find --with duration", 2, "Error: Invalid value for '--with': expected key=value"),
    ("find --sort cheapest", 2, "Error: Invalid value for '--sort': 'cheapest' is not one of 'price', 'time', 'name'"),
    ("find zebra", 4, "no models match; run `ratecard models` to list them all"),
    ("find zebra --json", 4, 'no models match; run `ratecard models` to list them all { "ok": false, "code": "no_'),
    # price
    (f"price {O3} duration=10 has_sound=true", 0, f"$1.26 {O3} base"),
    (f"price {O3}", 0, f"$0.42 {O3} base"),
    (f"price {V25} quality=pro", 0, f"$0.3375 {V25} base"),
    (f"price {O3} duration=16", 3, 'error not_allowed /input/duration the string "16" is not allowed'),
    (f"price {O3} duration:=10", 3, "error wrong_type /input/duration expected a string, got the number 10"),
    (f"price {O3} durtion=10", 3, 'error unknown_field /input/durtion no such field; did you mean "duration"?'),
    (f"price {O3} audio=true", 3, 'error unknown_field /input/audio no such field; did you mean "has_sound"?'),
    (f"price {O3} duration 10", 2, "Error: Invalid value for '[KEY=TEXT | KEY:=JSON]...': expected key=value"),
    (f"price {O3} duration=10s", 3, 'error not_allowed /input/duration the string "10s" is not allowed; use one of '),
    (f"price {O3} seconds=10", 3, 'error unknown_field /input/seconds no such field; did you mean "duration"?'),
    (f"price {VEO} resolution=1080P", 3, 'error not_allowed /input/resolution the string "1080P" is not allowed'),
    (f"price {O3[11:]}", 3, f"error unknown_model /model no such model; did you mean {O3} ($0.252 to $1.89)?"),
    (f"price {O3[:-1]}", 3, f"error unknown_model /model no such model; did you mean {O3} ($0.252 to $1.89)"),
    (f"price {UNPRICED}", 4, f"error price_unknown the price of {UNPRICED} is not known"),
    (f"price {GROK}", 4, "error undetermined duration: left out, and its default is not known"),
    (f"price {GROK} duration=10 resolution=480p", 0, f"$0.50 {GROK} base"),
    (f"price {MOTION}", 4, "error needs_measurement duration: measured rather than sent"),
    (f"price {MOTION} --measured duration=10", 0, f"$0.70 {MOTION} base"),
    (f"price {MOTION} --measured duration=7", 3, 'error not_allowed /measured/duration the string "7" is not allowed'),
    (f"price {O3} --count 300", 0, f"$126.00 for 300 requests, each as follows: $0.42 {O3} base"),
    (
        f"price {O3} --count 300 --max-usd 100 --format csv",
        5,
        f"request,model,count,usd,because request,{O3},300,126.00,",
    ),
    ("price", 2, "Error: Missing argument 'MODEL'"),
    # models
    ("models o3-standard/image", 0, f"{O3} $0.42"),
    ("models kling o3 IMAGE", 0, f"{O3} $0.42"),
    ("models grok", 0, f"{GROK} - "),
    ("models nano-banana edit --provider google", 0, "google/nano-banana-2/edit-image $0.134"),
    ("models --provider kling-plus", 0, "kling-plus/kling-2.1-master/image-to-video $0.20"),
    ("models --provider 'Kling Plus'", 0, "kling-plus/kling-2.1-master/image-to-video $0.20"),
    ("models --provider nobody", 2, 'Error: unknown provider "nobody"; known: alibaba, '),
    ("models --capability text-to-speech", 2, 'Error: unknown capability "text-to-speech"; known: edit-image, '),
    ("models zebra", 0, "no models match; run `ratecard models` to list them all"),
    (f"models {O3} --uncertain", 0, f"{O3} input.prompt.max_length sibling"),
    ("models veo-3.1-fast/text --uncertain", 0, "every rule is on the page of the model itself"),
    # show and sheet
    (f"show {O3}", 0, f"$0.42 by default ($0.252 to $1.89) {O3} formula: $0.084 per second x duration x has_sound"),
    (f"show {GROK}", 0, f"$0.30 to $1.05 {GROK} formula: $0.05 x duration x resolution"),
    (f"show {UNPRICED}", 0, f"not known {UNPRICED} formula: not known: the pricing of this model"),
    (f"show {PAGES}/video/kling-plus/kling-o3-standard-image-to-video", 0, f"$0.42 by default ($0.252 to $1.89) {O3}"),
    (
        f"show '{PAGES}/video/kling-plus/kling-o3-standard-image-to-video#pricing'",
        0,
        "$0.42 by default ($0.252 to $1.89",
    ),
    (f"show {PAGES}/image/google/nano-banana", 3, f"{PAGES}/image/google/nano-banana documents several models: "),
    ("show https://example.com/cat", 3, "no such model: https://example.com/cat"),
    (f"show {O3[:-1]}", 3, f"no such model: {O3[:-1]}; did you mean {O3}"),
    (f"show {O3[11:]}", 3, f"no such model: {O3[11:]}; did you mean {O3} ($0.252 to $1.89)?"),
    (f"show kling/{O3[11:]}", 3, f"no such model: kling/{O3[11:]}; did you mean {O3} ($0.252 to $1.89)?"),
    (f"sheet {V25}", 0, "std 5 $0.225 225000 std 10 $0.45 450000 pro 5 $0.3375 337500 pro 10 $0.675 675000"),
    (f"sheet {UNPRICED}", 4, f"the price of {UNPRICED} is not known"),
    # quote, range and validate
    (f"quote {O3} {CAT}", 0, f"$0.42 {O3} base"),
    (f"quote {V25} prompt='a cat' quality=pro duration=10", 0, f"$0.675 {V25} base"),
    (f"quote {O3}", 3, "error missing_field /input/image_url this field is required"),
    (
        f"quote {O3} image_url=cat.jpg",
        3,
        "error bad_url /input/image_url expected an http or https URL, got the string",
    ),
    (f"quote {O3} image_url=", 3, "error bad_url /input/image_url expected an http or https URL, got the string"),
    (f"validate {O3} image_url=ftp://example.com/cat.jpg", 0, "warning bad_url /input/image_url expected an http or"),
    (f"quote {O3} {CAT} durtion=10", 3, 'error unknown_field /input/durtion no such field; did you mean "duration"?'),
    (f"quote {O3} {CAT} --count 300", 0, f"$126.00 for 300 requests, each as follows: $0.42 {O3} base"),
    (f"quote {O3} {CAT} --count 300 --max-usd 100", 5, "$126.00 for 300 requests"),
    (f"quote {O3} {CAT} --summary", 0, "1 1 0 $0.42"),
    (f"quote {O3} {CAT} --quiet", 0, ""),
    (f"quote {O3} --quiet", 3, "error missing_field /input/image_url this field is required"),
    (f"quote {O3} --format github", 3, "::error title=missing_field::/input/image_url this field is required"),
    (
        f"quote {UNPRICED} prompt=a image_urls:=[{WEB}] --format github",
        4,
        f"::error title=price_unknown::the price of {UNPRICED}",
    ),
    (f"quote {O3} {CAT} --json --format csv", 2, "Error: --json and --format csv are mutually exclusive"),
    (f"range {O3} {CAT} --any resolution", 3, '--any "resolution": no price depends on this field; priced fields: '),
    (
        'quote \'{"model": "x"}\'',
        2,
        "Error: a request is not an argument: pipe it to the command, or save it to a FILE",
    ),
    ("quote -f nowhere.json", 2, "error unreadable No such file or directory (at nowhere.json)"),
    (f"range {O3} {CAT} --any duration", 0, f"$0.252 to $1.26 {O3}"),
    (f"validate {T2V} prompt='a cat'", 0, "ok"),
    (f"validate {T2V} prompt='a cat' duration:=10", 3, "error wrong_type /input/duration expected a string, got the"),
    # tables, help and mistakes
    ("check", 0, "ok, "),
    ("diff bundled bundled", 0, "catalogue "),
    ("--help", 0, "Usage: ratecard [OPTIONS] COMMAND [ARGS]... Validate and price generation requests offline"),
    ("--version", 0, "ratecard "),
    ("help", 0, "Usage: ratecard [OPTIONS] COMMAND [ARGS]... Validate and price generation requests offline"),
    ("help find", 0, "Usage: ratecard find [OPTIONS] [TEXT]... Find the models that can do what is wanted"),
    ("help exit-codes", 0, "0 success 1 unexpected failure"),
    ("help exitcodes", 2, "Error: no such command or topic: exitcodes; run `ratecard help` to list the commands"),
    ("completion", 2, "Error: Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish"),
    ("completion tcsh", 2, "Error: Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ("qoute", 2, "Error: No such command 'qoute'"),
    ("jobs --status failing", 2, "Error: Invalid value for '--status': 'failing' is not one of 'pending', "),
]

REQUEST = {"model": T2V, "input": {"prompt": "a cat"}}  # 50,000 x 5 by default
TYPO = {"model": T2V, "input": {"prompt": "a cat", "durtion": "10"}}
NUMBER = {"model": T2V, "input": {"prompt": "a cat", "duration": 10}}
BODY = json.dumps(REQUEST)
FILES = {
    "body.json": BODY,
    "body.json.gz": BODY,
    "input.json": json.dumps(REQUEST["input"]),
    "typo.json": json.dumps(TYPO),
    "broken.json": '{\n  "model": }',
    "body.yaml": f"model: {T2V}\ninput:\n  prompt: a cat\n",
    "doubtful.yaml": f"model: {T2V}\ninput:\n  prompt: yes\n",
    "dict.txt": repr(REQUEST),
    "code.txt": "{'model': print('called')}",
    "curl.txt": f"curl https://api.muvi.video/v1/jobs/submit \\\n  -H 'Authorization: Bearer key' \\\n  -d '{BODY}'",
    "curl-file.txt": "curl https://api.muvi.video/v1/jobs/submit -d @body.json",
    "notes.txt": "hello",
    "empty.txt": "",
    "batch.jsonl": "\n".join(map(json.dumps, [REQUEST, REQUEST, TYPO, TYPO, NUMBER])),
    "records.jsonl": json.dumps({"id": 1, "request": REQUEST}),
    "folder/a.json": BODY,
    "folder/more/b.jsonl.gz": BODY,
}
DURTION = 'unknown_field /input/durtion no such field; did you mean "duration"?'

FILE_ROWS = [
    # one request
    ("quote body.json", 0, f"$0.25 {T2V} base"),
    ("quote body.json.gz", 0, f"$0.25 {T2V} base"),
    ("quote body.yaml", 0, f"$0.25 {T2V} base"),
    ("quote dict.txt", 0, f"$0.25 {T2V} base"),
    ("quote curl.txt", 0, f"$0.25 {T2V} base"),
    ("quote - < body.json", 0, f"$0.25 {T2V} base"),
    ("quote < body.json", 0, f"$0.25 {T2V} base"),
    ("quote < body.json.gz", 0, f"$0.25 {T2V} base"),
    ("quote < curl.txt", 0, f"$0.25 {T2V} base"),
    ("quote < dict.txt", 0, f"$0.25 {T2V} base"),
    ("quote < empty.txt", 2, "Error: give a MODEL with its fields, or FILEs, or pipe requests to the command"),
    ("quote < notes.txt", 3, "error bad_json expected JSON, a Python dict or a curl command; YAML needs a file named"),
    ("quote broken.json", 3, "error bad_json Expecting value (at broken.json:2:12)"),
    (
        "quote code.txt",
        3,
        "error bad_input only dicts, lists, strings, numbers, True, False and None are read; nothing",
    ),
    (
        "quote curl-file.txt",
        3,
        'error bad_input -d "@body.json" names a file, which is not opened for a pasted command',
    ),
    ("validate doubtful.yaml", 3, 'error bad_input "yes" is ambiguous in YAML; put it in quotes if it is text,'),
    (
        "validate typo.json --fix",
        0,
        f'{{ "model": "{T2V}", "input": {{ "prompt": "a cat", "duration": "10" }} }} fixed',
    ),
    (f"quote {T2V} -f input.json", 0, f"$0.25 {T2V} base"),
    (f"quote {T2V} -f input.json duration=10", 0, f"$0.50 {T2V} base"),
    (f"quote {T2V} -f body.json", 3, "error bad_input this is a whole request, not an input; leave out MODEL, or pass"),
    (
        f"quote {T2V} input.json",
        2,
        'Error: expected key=value or key:=json, got "input.json"; to read a file, write -f',
    ),
    # several
    ("quote body.json folder --summary", 0, "3 3 0 $0.75"),
    ("quote folder --count 300 --max-usd 100 --summary", 5, "2 2 0 $150.00"),
    (
        "quote folder --format jsonl",
        0,
        '{"source": {"file": "folder/a.json"}, "ok": true, "quote": {"format": 1, "model',
    ),
    ("quote records.jsonl", 3, "records.jsonl:1 - bad_input: the request is in /request; pass --at-path /request"),
    ("quote records.jsonl --at-path /request --summary", 0, "1 1 0 $0.25"),
    ("quote records.jsonl --at-path /body --summary", 3, "1 0 1 - "),
    ("quote records.jsonl --at-path /body --quiet", 3, "error bad_input nothing at /body; the request is in /request"),
    ("validate batch.jsonl", 3, f"error {DURTION} (\u00d72, first at batch.jsonl:3) error wrong_type /input/duration"),
    ("validate batch.jsonl --quiet", 3, f"error {DURTION} (\u00d72, first at batch.jsonl:3) error wrong_type /input"),
    ("quote batch.jsonl --summary", 3, "5 2 3 $0.50"),
    ("quote batch.jsonl --by provider", 3, "Kling Plus 5 2 3 $0.50 total 5 2 3 $0.50"),
    ("quote batch.jsonl --format csv", 3, f"request,model,usd,because batch.jsonl:1,{T2V},0.25,"),
    (
        "quote batch.jsonl --format github",
        3,
        f"::error file=batch.jsonl,line=3,title=unknown_field::{DURTION[14:]} (2 times)",
    ),
]


def colourless(written: str) -> str:
    """Return text without the escape sequences of colours and links."""
    return re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", written)


def seen(written: str) -> str:
    """Return what a person reads first, on one line: no headers of tables, and no usage before an error."""
    lines = colourless(written).splitlines()
    start = next((at + 1 for at, line in enumerate(lines[:3]) if line.strip().startswith("\u2500")), 0)
    return re.sub(r"^Usage: .* for help\. (?=Error: )", "", " ".join(" ".join(lines[start:]).split()))


@pytest.mark.parametrize(("typed", "code", "first"), ROWS, ids=[typed for typed, *_ in ROWS])
def test_what_is_seen_first(typed: str, code: int, first: str) -> None:
    """The answer itself, or what is wrong and what is allowed, at each width."""
    for columns in (80, 120):
        exit_code, written = draw(*shlex.split(typed), columns=columns)
        assert seen(written)[: len(first)] == first
        assert exit_code == code


@pytest.mark.parametrize(("typed", "code", "first"), ROWS[::8], ids=[typed for typed, *_ in ROWS[::8]])
def test_what_is_seen_first_in_a_real_terminal(typed: str, code: int, first: str) -> None:
    """A process of its own on a pseudo-terminal shows the same."""
    exit_code, written = run_on_terminal(*shlex.split(typed), COLUMNS="80" if code else "120")
    assert seen(written)[: len(first)] == first
    assert exit_code == code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, which has all `FILES`."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("typed", "code", "first"), FILE_ROWS, ids=[typed for typed, *_ in FILE_ROWS])
def test_what_is_seen_first_of_files(
    typed: str, code: int, first: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for requests in files and pipes; `< FILE` is standard input."""
    args, _, piped = typed.partition(" < ")
    for columns in (80, 120):
        with (folder / piped).open() if piped else nullcontext() as stream, monkeypatch.context() as patch:
            patch.setattr("sys.stdin", stream)
            exit_code, written = draw(*shlex.split(args), columns=columns)
        assert seen(written)[: len(first)] == first
        assert exit_code == code


@pytest.mark.usefixtures("folder")
def test_prices_of_many_requests_fold_on_a_narrow_terminal() -> None:
    """What does not fit beside a request is below it; no slug is broken."""
    because = '$0.05 x 5 (duration "5", default)'
    narrow, wide = (seen(draw("quote", "folder", columns=columns)[1]) for columns in (80, 120))
    assert wide.startswith(f"folder/a.json {T2V} $0.25 {because} ")
    assert narrow.startswith(f"folder/a.json $0.25 {T2V}; {because} ")


@pytest.mark.parametrize(
    "typed",
    [
        "models --provider nobody",
        "models --capability text-to-speech",
        f"show {O3[:-1]}",
        f"sheet {UNPRICED}",
        f"range {T2V} prompt=a --any resolution",
        "completion tcsh",
        "help exit-codes",
    ],
)
def test_messages_are_wrapped(typed: str) -> None:
    """On a terminal, no line of an error or a meaning is too long, and no word is broken."""
    narrow, wide = (colourless(draw(*typed.split(), columns=columns)[1]) for columns in (50, 1000))
    assert max(map(len, narrow.splitlines())) <= 50
    assert narrow.split() == wide.split()


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("typed", ["models", "find --all"])
def test_tables_fold_on_a_narrow_terminal(typed: str, columns: int) -> None:
    """Every line fits, and no word of a wider terminal is missing."""
    narrow, wide = (colourless(draw(*typed.split(), columns=width)[1]) for width in (columns, 1000))
    assert max(map(len, narrow.splitlines())) <= columns
    assert set(re.findall(r"[\w./$-]+", wide)) <= set(re.findall(r"[\w./$-]+", narrow)) | {
        *("from", "to", "rate", "options", "name", "capability", "time", "next", "better", "group", "reason"),
    }
    assert all(slug in narrow for slug in Catalog.bundled().models)
