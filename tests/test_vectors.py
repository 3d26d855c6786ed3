"""The frozen answers of `data/vectors.jsonl`, which every port of these tables runs too (its first line says how)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from make_vectors import FILE, answer, expand, text
from ratecard import Catalog, price_sheet
from ratecard_rules import CODES

CATALOG = Catalog.bundled()
HEADER: dict[str, Any]
VECTORS: list[dict[str, Any]]
HEADER, *VECTORS = map(json.loads, FILE.read_text(encoding="ascii").splitlines())
UNPRICED = {"google/nano-banana/edit-image", "google/nano-banana-pro/edit-image", "openai/gpt-image-1-mini/edit-image"}


DATED = {"not_yet_effective", "retired"}
"""Codes that need a table with dates; the shipped tables have none."""


def model_of(vector: dict[str, Any]) -> str:
    """Return the model whose table a vector tries; empty where it is none."""
    return str(vector["id"]).partition("#")[0]


def differences(model: str) -> list[str]:
    """Return what the library answers otherwise than frozen."""
    found = []
    for vector in VECTORS:
        if model_of(vector) == model:
            given = answer(expand(vector["request"]), vector.get("measured", {}))
            if given != vector["expect"]:
                found.append(f"{vector['id']} ({vector['about']}): frozen {vector['expect']}, now {given}")
    return found


def advice() -> str:
    """Say what to do about a difference."""
    same = text(CATALOG) == FILE.read_text(encoding="ascii")
    return (
        f"{FILE.name} is frozen, and ports rely on it. Where the tables or rules changed on purpose, run "
        "`python tests/make_vectors.py` and read the difference line by line before it is committed; else mend the "
        f"code. Written today, the file would be {'the same' if same else 'another'}."
    )


@pytest.mark.parametrize("model", ["", *CATALOG.models])
def test_frozen_answers(model: str) -> None:
    """Every request gets its frozen price or refusal, and its frozen problems in their order."""
    found = differences(model)
    assert not found, "\n".join([*found, advice()])


def test_every_priced_combination_is_frozen() -> None:
    """76 models; each has one vector for each combination of its price sheet, and one with nothing but the required."""
    priced = Counter(model_of(vector) for vector in VECTORS if vector["kind"] == "price")
    default = Counter(model_of(vector) for vector in VECTORS if vector["kind"] == "default")
    assert len(CATALOG) == HEADER["models"] == 76, advice()
    assert default == dict.fromkeys(CATALOG.models, 1), advice()
    assert priced == {slug: len(price_sheet(slug)) for slug in CATALOG.models if slug not in UNPRICED}, advice()
    assert all("usd_micros" in vector["expect"] for vector in VECTORS if vector["kind"] == "price")


def test_the_header() -> None:
    """The first line counts the others, no two have one id, and it explains every key and kind that occurs."""
    assert (HEADER["format"], HEADER["version"]) == ("ratecard-vectors", 1)
    assert HEADER["vectors"] == len(VECTORS) == len({vector["id"] for vector in VECTORS})
    assert set(map(model_of, VECTORS)) == {"", *CATALOG.models}
    assert {vector["kind"] for vector in VECTORS} == set(HEADER["kind"])
    assert {key for vector in VECTORS for key in vector["expect"]} == set(HEADER["expect"])
    assert {key for vector in VECTORS for key in vector} == {
        "id", "kind", "about", "request", "measured", "expect",
    }  # fmt: skip


def test_all_kinds_of_answers_are_frozen() -> None:
    """Every reason for a refusal occurs, and so does every problem."""
    codes = {vector["expect"].get("code") for vector in VECTORS}
    assert codes == {None, "invalid_request", "price_unknown", "undetermined", "needs_measurement"}
    problems = Counter(code for vector in VECTORS for _, code, _ in vector["expect"]["problems"])
    assert set(problems) | DATED == set(CODES) | DATED
    for vector in VECTORS:
        refused = any(severity == "error" for severity, _, _ in vector["expect"]["problems"])
        assert refused == (vector["expect"].get("code") == "invalid_request")
        assert ("code" in vector["expect"]) != ("usd_micros" in vector["expect"])


def test_repetitions_are_written_out() -> None:
    """Long texts and arrays are short in the file and long in the request, at any depth; nothing else is touched."""
    assert expand({"a": [{"$repeat": ["xy", 2]}, {"$repeat": [[1], 3]}], "b": 1}) == {"a": ["xyxy", [1, 1, 1]], "b": 1}
    assert expand({"$repeat": ["x", 2], "b": 1}) == {"$repeat": ["x", 2], "b": 1}
    repeated = [vector for vector in VECTORS if "$repeat" in json.dumps(vector["request"])]
    assert len(repeated) > 100
    assert "$repeat" not in json.dumps([expand(vector["request"]) for vector in repeated])


def test_the_file_stays_small() -> None:
    """Below two megabytes, in ASCII, one object for each line."""
    assert FILE.stat().st_size < 2_000_000
