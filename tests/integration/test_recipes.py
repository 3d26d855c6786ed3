"""Quotes in pydantic models and FastAPI, price sheets in data frames, and the recipes of the documentation."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Annotated, Any

import pytest

from ratecard import Quote, price_sheet, quote, stored_quote_schema

pytest.importorskip("sqlalchemy", reason="needs the dependency group integration")
fastapi = pytest.importorskip("fastapi", reason="needs the dependency group integration")
testclient = pytest.importorskip("fastapi.testclient", reason="needs the dependency group integration")
pandas = pytest.importorskip("pandas", reason="needs the dependency group integration")
polars = pytest.importorskip("polars", reason="needs the dependency group integration")
pydantic = pytest.importorskip("pydantic", reason="needs the dependency group integration")

QUOTE = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
SLUGS = ("kling/kling-text2video-v25/text-to-video", "kling-plus/kling-o3-standard/image-to-video")


def test_recipes() -> None:
    """Every example of the recipes prints what it says."""
    file = Path(__file__).parents[2] / "docs" / "how-to" / "embed.md"
    failed, attempted = doctest.testfile(str(file), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (failed, attempted > 20) == (0, True)


class TestPydantic:
    """A quote is a field like any other."""

    def test_round_trip(self) -> None:
        """It is written in its stored form and read back, as Python data and as JSON, alone and in containers."""
        adapter = pydantic.TypeAdapter(dict[str, Quote | None])
        value = {"a": QUOTE, "b": None}
        assert adapter.validate_python(value) == value
        assert adapter.validate_python(value)["a"] is QUOTE
        assert adapter.dump_python(value) == {"a": QUOTE.to_dict(), "b": None}
        assert adapter.validate_json(adapter.dump_json(value)) == value

    @pytest.mark.parametrize("wrong", [None, {}, {"usd_micros": 1}, {"usd": "0.1"}])
    def test_what_is_refused(self, wrong: Any) -> None:
        """Anything but a quote and its unchanged stored form is a validation error."""
        changed = {**QUOTE.to_dict(), **wrong} if wrong else wrong
        with pytest.raises(pydantic.ValidationError, match="not a stored quote: "):
            pydantic.TypeAdapter(Quote).validate_python(changed)

    def test_schema(self) -> None:
        """The JSON Schema is that of stored quotes, for reading and for writing."""
        expected = {key: value for key, value in stored_quote_schema().items() if key != "$schema"}
        assert pydantic.TypeAdapter(Quote).json_schema(mode="validation") == expected
        assert pydantic.TypeAdapter(Quote).json_schema(mode="serialization") == expected


def test_fastapi() -> None:
    """A quote is a response and a body, with its schema in the OpenAPI document; a changed one is refused."""
    app = fastapi.FastAPI()

    def store(body: Annotated[Quote, fastapi.Body()]) -> Quote:
        return body

    app.put("/quotes")(store)
    client = testclient.TestClient(app)
    response = client.put("/quotes", json=QUOTE.to_dict())
    assert (response.status_code, response.json()) == (200, QUOTE.to_dict())
    assert client.put("/quotes", json={**QUOTE.to_dict(), "usd_micros": 1}).status_code == 422
    operation = client.get("/openapi.json").json()["paths"]["/quotes"]["put"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"] == stored_quote_schema()["properties"]


@pytest.mark.parametrize("slug", SLUGS)
def test_data_frames(slug: str) -> None:
    """The rows of a price sheet are the rows of a data frame, with amounts as integers."""
    sheet = price_sheet(slug)
    for frame in (pandas.DataFrame(sheet.rows()), polars.DataFrame(sheet.rows())):
        assert list(frame.columns) == ["model", *(factor.field for factor in sheet[0].factors), "usd_micros", "usd"]
        assert list(frame["usd_micros"]) == [row.usd_micros for row in sheet]
        assert str(frame["usd_micros"].dtype).lower() == "int64"
