"""Measured quantities, which are passed in `measured` and judged like the fields of a request."""

from __future__ import annotations

from typing import Any

import pytest

import invented
from cli_runner import run
from ratecard import Declined, InvalidRequest, Quote, quote, quote_many, quote_range, try_quote
from ratecard_rules import resolve

MEASURED = """
[revision.measured.length]
type = "string"
allowed = ["5", "10"]

[revision.price]
base_usd_micros = 10_000
[revision.price.factors]
length = "value"
duration = { "4" = 1, "8" = 2 }
"""
CATALOG = invented.catalog(MEASURED)
PLAIN = invented.catalog()


def declined(measured: Any, catalog: Any = CATALOG) -> list[tuple[str, str, str]]:
    """Return code, pointer and message of each error of a request with these measured options."""
    answer = try_quote(invented.request(), catalog=catalog, measured=measured)
    assert isinstance(answer, Declined)
    return [(problem.code, problem.pointer, problem.message) for problem in answer.report.errors]


def test_a_measured_option_is_priced() -> None:
    """10,000 x 10 x 1: the measured option multiplies, and the quote says where it comes from."""
    quoted = quote(invented.request(), catalog=CATALOG, measured={"length": "10"})
    assert quoted.usd_micros == 100_000
    assert quoted.factors[0].origin == "measured"


@pytest.mark.parametrize("catalog", [CATALOG, PLAIN])
def test_a_field_that_is_sent_is_not_measured(catalog: Any) -> None:
    """`--measured duration=8` where the duration is sent must not be quoted at the default of 4 seconds."""
    measured = {"length": "5", "duration": "8"} if catalog is CATALOG else {"duration": "8"}
    ((code, pointer, message),) = declined(measured, catalog)
    assert (code, pointer) == ("unknown_measured", "/measured/duration")
    assert "set it in `input`" in message


def test_an_unknown_name_is_an_error() -> None:
    """An unknown name is reported with the known ones."""
    ((code, pointer, message),) = declined({"length": "5", "lenght": "10"})
    assert (code, pointer) == ("unknown_measured", "/measured/lenght")
    assert message.endswith("measured quantities: length")
    assert declined({"size": "5"}, PLAIN)[0][2].endswith("measured quantities: none")


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        ("7", "not_allowed", 'the string "7" is not allowed; use one of "5", "10"'),
        (5, "wrong_type", 'did you mean "5"?'),
        (None, "wrong_type", "got null"),
        (["5"], "wrong_type", "got an array with 1 item"),
        (b"5", "not_json", "a Python bytes object"),
    ],
)
def test_a_value_that_is_no_option_is_an_error(value: Any, code: str, says: str) -> None:
    """A wrong option is reported with the options, not as missing."""
    ((found, pointer, message),) = declined({"length": value})
    assert (found, pointer) == (code, "/measured/length")
    assert says in message


def test_uncertain_options_are_errors_too() -> None:
    """A value that is not an option is an error, whatever the evidence of the list is."""
    uncertain = MEASURED.replace(
        'allowed = ["5", "10"]', 'allowed = ["5", "10"]\nevidence = { allowed = "assumed" }', 1
    )
    ((code, _, _),) = declined({"length": "7"}, invented.catalog(uncertain))
    assert code == "not_allowed"


@pytest.mark.parametrize("measured", [[("length", "5")], "length=5", 5, {"length"}])
@pytest.mark.parametrize(
    "ask",
    [
        quote,
        try_quote,
        quote_range,
        lambda request, **options: list(quote_many([request], **options)),
        lambda request, catalog, measured: resolve(request, catalog, measured=measured),
    ],
)
def test_only_a_mapping_will_do(ask: Any, measured: Any) -> None:
    """Anything but a mapping is a TypeError in every function."""
    with pytest.raises(TypeError, match=r"^measured must be a mapping of options by name, got "):
        ask(invented.request(), catalog=CATALOG, measured=measured)


@pytest.mark.parametrize("command", ["quote", "range"])
def test_on_the_command_line(command: str) -> None:
    """The command line reports problems with `--measured` like those of a request."""
    done = run(command, "kling-plus/kling-o1-standard/text-to-video", "prompt=a cat", "--measured", "duration=10")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "unknown_measured  /measured/duration" in done.stderr


def test_many_problems_on_the_command_line() -> None:
    """Problems that are not listed are counted."""
    fields = [f"x{number}=1" for number in range(150)]
    done = run("quote", "kling-plus/kling-o1-standard/text-to-video", "prompt=a cat", *fields)
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1] == "and 50 more"


def test_odd_names_do_not_crash() -> None:
    """Names that are not strings, or contain slashes, are reported too."""
    assert [pointer for _, pointer, _ in declined({5: "5", "a/b": "5", "length": "5"})] == [
        "/measured/5", "/measured/a~1b",
    ]  # fmt: skip
    with pytest.raises(InvalidRequest):
        quote(invented.request(), catalog=CATALOG, measured={"": "5", "length": "5"})
    assert isinstance(try_quote(invented.request(), catalog=CATALOG, measured={"length": "5"}), Quote)
