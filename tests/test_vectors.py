"""The frozen answers of `data/vectors.jsonl`, which every port of these tables runs too (its first line says how)."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dated import has_dates, periods, slug_of, table_files, whole
from make_vectors import FILE, answer, text
from ratecard import price_sheet
from ratecard._conform.vectors import LEVELS, PACKED, expand, read_vectors
from ratecard_rules import CODES, FIELD_RULES, is_stated

SLUGS = [slug_of(file) for file in table_files()]
HEADER: dict[str, Any]
VECTORS: list[dict[str, Any]]
HEADER, *VECTORS = map(json.loads, FILE.read_text(encoding="ascii").splitlines())

DATED = {"not_yet_effective", "retired"}
"""Codes that need a table with dates; the shipped tables may have none."""


def model_of(vector: dict[str, Any]) -> str:
    """Return the model whose table a vector tries; empty where it is none."""
    return str(vector["id"]).partition("#")[0]


def instant_of(vector: dict[str, Any]) -> datetime | None:
    """Return the instant at which a vector is judged and priced; None where it makes no difference."""
    return datetime.fromisoformat(vector["at"]) if "at" in vector else None


def difference(vector: dict[str, Any]) -> str | None:
    """Return what the library answers otherwise than frozen; None if the answers agree."""
    given = answer(expand(vector["request"]), vector.get("measured", {}), instant_of(vector))
    if given == vector["expect"]:
        return None
    return f"{vector['id']} ({vector['about']}): frozen {vector['expect']}, now {given}"


ADVICE = (
    f"{FILE.name} is frozen, and ports rely on it. Where the tables or rules changed on purpose, run "
    "`python rules/regenerate.py` and read the difference line by line before it is committed; else mend the code."
)


def test_frozen_answers() -> None:
    """The file is what `make_vectors` writes, with every price, refusal, problem and fix. The package has the same."""
    if FILE.read_text(encoding="ascii") != text():
        pytest.fail("\n".join([*filter(None, map(difference, VECTORS)), ADVICE]))
    assert gzip.decompress(PACKED.read_bytes()) == FILE.read_bytes(), ADVICE


def test_every_priced_combination_is_frozen() -> None:
    """Every revision has a vector for each row of its price sheet, and one with nothing but what is required."""
    kinds = Counter((vector["kind"], model_of(vector), instant_of(vector)) for vector in VECTORS)
    assert HEADER["models"] == len(SLUGS), ADVICE
    for slug in SLUGS:
        for revision, at in periods(whole(slug)):
            rows = () if revision.price.unknown else price_sheet(slug, at=at)
            assert kinds.pop(("price", slug, at), 0) == len(rows), ADVICE
            assert kinds.pop(("default", slug, at), 0) == 1, ADVICE
    assert {kind for kind, _, _ in kinds} <= {"edge", "dated"}
    assert all("usd_micros" in vector["expect"] for vector in VECTORS if vector["kind"] == "price")


def test_dated_models_are_judged_at_an_instant() -> None:
    """No answer about a model with dates depends on the day on which it is asked."""
    dated = {slug for slug in SLUGS if has_dates(whole(slug))}
    assert {model_of(vector) for vector in VECTORS if "at" in vector} == dated
    assert not [vector["id"] for vector in VECTORS if model_of(vector) in dated and "at" not in vector]


def test_the_header() -> None:
    """The first line counts the others, no two have one id, and it explains every key and kind that occurs."""
    assert (HEADER["format"], HEADER["version"]) == ("ratecard-vectors", 2)
    assert HEADER["vectors"] == len(VECTORS) == len({vector["id"] for vector in VECTORS})
    assert set(map(model_of, VECTORS)) == {"", *SLUGS}
    assert {vector["kind"] for vector in VECTORS} | {"dated"} == set(HEADER["kind"])
    assert {key for vector in VECTORS for key in vector["expect"]} == set(HEADER["expect"])
    assert tuple(HEADER["level"]) == LEVELS
    keys = {"id", "kind", "about", "request", "measured", "at", "expect"}
    assert {key for vector in VECTORS for key in vector} | {"at"} == keys
    assert keys - {"about"} <= HEADER.keys()


def test_the_schema() -> None:
    """The first line, and one vector with each kind of answer of each model, are as the JSON Schema says.

    So are the questions that are made of them, and their answers.
    """
    schema = json.loads(PACKED.with_name("vectors.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(HEADER)
    samples: dict[object, dict[str, Any]] = {
        key: vector
        for vector in VECTORS
        for key in (
            (model_of(vector), vector["expect"].get("code"), vector["kind"]),
            *((code, bool(vector["expect"]["fixes"])) for _, code, _ in vector["expect"]["problems"]),
        )
    }
    for vector in samples.values():
        validator.validate(vector)
    messages = {
        name: Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
        for name in ("question", "answer")
    }
    for sample in read_vectors()[:100]:
        messages["question"].validate(sample.question("fixes"))
        messages["answer"].validate({"id": sample.id, **sample.expect})
    for wrong in ({}, {"id": "a#1"}, {"id": "a#1", "code": "x", "usd_micros": 1, "exact_micros": "1"}):
        assert not messages["answer"].is_valid(wrong)


def test_all_kinds_of_answers_are_frozen() -> None:
    """Every reason for a refusal occurs, and so does every problem, but those of rules that no shipped table states."""
    codes = {vector["expect"].get("code") for vector in VECTORS}
    assert codes - DATED == {None, "invalid_request", "price_unknown", "undetermined", "needs_measurement"}
    problems = Counter(code for vector in VECTORS for _, code, _ in vector["expect"]["problems"])
    assert set(problems) <= set(CODES)
    revisions = [revision for slug in SLUGS for revision in whole(slug).revisions]
    fields = {field for revision in revisions for field in (*revision.input, *revision.measured)}
    unstated = [rule for rule in FIELD_RULES if not any(is_stated(field, rule) for field in fields)]
    assert len(set(CODES) - set(problems) - DATED) <= len(unstated)
    for vector in VECTORS:
        refused = any(severity == "error" for severity, _, _ in vector["expect"]["problems"])
        assert refused == (vector["expect"].get("code") in {"invalid_request", *DATED})
        assert ("code" in vector["expect"]) != ("usd_micros" in vector["expect"])


def test_repetitions_are_written_out() -> None:
    """Long texts and arrays are short in the file and long in the request, at any depth; nothing else is touched."""
    assert expand({"a": [{"$repeat": ["xy", 2]}, {"$repeat": [[1], 3]}], "b": 1}) == {"a": ["xyxy", [1, 1, 1]], "b": 1}
    assert expand({"$repeat": ["x", 2], "b": 1}) == {"$repeat": ["x", 2], "b": 1}
    repeated = [vector for vector in VECTORS if "$repeat" in json.dumps(vector["request"])]
    assert repeated
    assert "$repeat" not in json.dumps([expand(vector["request"]) for vector in repeated])


def test_the_file_stays_small() -> None:
    """At most 20 kB for each revision of a table."""
    revisions = sum(len(whole(slug).revisions) for slug in SLUGS)
    assert FILE.stat().st_size < 20_000 * revisions
