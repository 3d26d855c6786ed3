"""Findings at places in files: where they are, and SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from cli_runner import data, run
from ratecard._cli import _alerts
from ratecard_rules import pointer_to

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

O1 = "kling-plus/kling-o1-standard/text-to-video"
REQUESTS = f"""
[
  {{"model": "{O1}", "input": {{"prompt": "x"}}}},
  {{
    "model": "{O1}",
    "input": {{
      "prompt": "x",
      "duration":
        10
    }}
  }},
  {{"model": "{O1}", "input": {{}},
    "webhookUrl": "http://example.com"}}
]
"""


def results(*arguments: str) -> list[dict[str, Any]]:
    """Return the results of a SARIF log. What every log must have is checked."""
    log = data(run(*arguments, "--format", "sarif"))
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (part,) = log["runs"]
    driver = part["tool"]["driver"]
    assert driver["name"] == "ratecard"
    assert [rule["id"] for rule in driver["rules"]] == [*dict.fromkeys(result["ruleId"] for result in part["results"])]
    for result in part["results"]:
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        for location in result.get("locations", ()):
            assert location["physicalLocation"]["region"]["startLine"] >= 1
    return list(part["results"])


def places(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the rule, the URI, the region and the logical location of each result."""
    locations = [(result["ruleId"], result["locations"][0]) for result in found]
    return [
        (
            *(rule, location["physicalLocation"]["artifactLocation"]["uri"]),
            tuple(location["physicalLocation"]["region"].values()),
            *(logical["fullyQualifiedName"] for logical in location.get("logicalLocations", ())),
        )
        for rule, location in locations
    ]


def test_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem is at the line of its value, or of what lacks it; text that is not JSON at the line of its fault."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.json").write_text(REQUESTS, encoding="utf-8")
    (tmp_path / "lines.jsonl").write_text(f'\n{{"model": "{O1}", "input": {{"duration": 5}}}}\n' * 2, encoding="utf-8")
    (tmp_path / "bad.json").write_text('{\n"a" 1}', encoding="utf-8")
    found = results("validate", "a b.json", "lines.jsonl", "bad.json", "missing.json")
    assert sorted(places(found)) == [
        ("bad_json", "bad.json", (2, 5)),
        ("bad_url", "a%20b.json", (13,), "/webhookUrl"),
        ("missing_field", "a%20b.json", (12,), "/input/prompt"),
        ("unreadable", "missing.json", (1,)),
        ("wrong_type", "a%20b.json", (9,), "/input/duration"),
    ]
    counts = {result["ruleId"]: result["occurrenceCount"] for result in found}
    assert counts == {"bad_json": 1, "bad_url": 1, "missing_field": 3, "unreadable": 1, "wrong_type": 3}
    annotations = run("validate", "a b.json", "--format", "github").stdout
    assert "::error file=a b.json,line=9,title=wrong_type::/input/duration expected a string" in annotations


def test_other_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file there is no location; where the line cannot be told, it is the first."""
    (result,) = results("validate", O1)
    assert ("locations" in result, result["ruleId"]) == (False, "missing_field")
    assert results("validate", O1, "prompt=a cat") == []
    (fixed, *_) = results("validate", O1, "prompt=a cat", "duration:=5", "--fix")
    assert (fixed["level"], fixed["message"]["text"]) == ("note", '/input/duration is now "5"')
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(f"\nmodel: {O1}\ninput: {{}}\n", encoding="utf-8")
    (tmp_path / "python.json").write_text(f"\n{{'model': '{O1}',\n'input': {{}}}}", encoding="utf-8")
    curl = f"curl -H ] https://example.com -d '{json.dumps({'model': O1})}'"
    (tmp_path / "curl.json").write_text(curl, encoding="utf-8")
    for name, line in {"a.yaml": 1, "python.json": 2, "curl.json": 1}.items():
        assert {place[2] for place in places(results("validate", name))} == {(line,)}
    monkeypatch.setattr(_alerts, "MAX_TEXT", 10)
    (tmp_path / "long.json").write_text(f'\n{{"model": "{O1}", "input": {{}}}}', encoding="utf-8")
    assert [place[2] for place in places(results("validate", "long.json"))] == [(1,)]


def test_tables(tmp_path: Path) -> None:
    """A fault of a table is at its line, with its key in the message; warnings are not errors."""
    file = tmp_path / "own.toml"
    file.write_text('model = "acme/x/text-to-video"\nname = 3\n', encoding="utf-8")
    found = results("check", str(file))
    assert ("table", file.as_uri(), (2,), "name") in places(found)
    assert "acme/x/text-to-video name: expected a string, got the number 3" in [
        result["message"]["text"] for result in found
    ]


JSON = st.recursive(
    st.none() | st.integers() | st.text() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON, st.sampled_from([None, 1]))
def test_every_value_has_its_line(value: Any, indent: int | None) -> None:
    """With one value on each line, the lines of the values count up in the order of the document."""

    def pointers(value: Any, pointer: str = "") -> list[str]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [pointer, *(name for key, item in inner for name in pointers(item, pointer_to(pointer, str(key))))]

    lines = _alerts.json_lines(json.dumps(value, indent=indent))
    assert list(lines) == pointers(value)
    numbers = list(lines.values())
    assert numbers[0] == 1
    assert numbers == sorted(numbers if indent is None else set(numbers))
    assert indent or set(numbers) == {1}
