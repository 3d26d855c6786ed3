"""What a report does with a request: raise, and fix it to the end."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

import invented
from ratecard import Fix, InvalidRequest, Problem, Report, price, quote, try_quote, validate
from ratecard_rules import Catalog, load_model
from ratecard_rules._judge.problems import MAX_PASSES

CATALOG = invented.catalog()
SLIPS = invented.request(durtion=8, Sound="true")
FIXED = invented.request(duration="8", sound=True)


class TestRaising:
    """`raise_for_errors` raises for errors and returns everything else."""

    @pytest.mark.parametrize("request_", [invented.request(), {**invented.request(), "version": "7"}])
    def test_a_request_that_may_be_sent(self, request_: dict[str, Any]) -> None:
        """The report itself is returned, also with warnings."""
        report = validate(request_, catalog=CATALOG)
        assert report.raise_for_errors() is report

    def test_a_request_with_errors(self) -> None:
        """The error has the report, and says what is wrong."""
        report = validate(SLIPS, catalog=CATALOG)
        with pytest.raises(InvalidRequest, match="unknown_field  /input/Sound") as caught:
            report.raise_for_errors()
        assert caught.value.report is report


class TestFixing:
    """`fixed` goes on until nothing more can be fixed."""

    def test_to_the_end(self) -> None:
        """Misspelled fields get their names, and then their values the right type; the request is not modified."""
        report = validate(SLIPS, catalog=CATALOG)
        assert report.fixed(SLIPS) == FIXED
        assert [fix.to_dict() for fix in report.fixes(SLIPS)] == [
            {"op": "move", "from": "/input/Sound", "path": "/input/sound"},
            {"op": "move", "from": "/input/durtion", "path": "/input/duration"},
            {"op": "replace", "path": "/input/duration", "value": "8"},
            {"op": "replace", "path": "/input/sound", "value": True},
        ]
        assert invented.request(durtion=8, Sound="true") == SLIPS

    def test_the_reports_of_errors(self) -> None:
        """The reports of declined requests and of prices of options alone do the same."""
        declined = try_quote(SLIPS, catalog=CATALOG)
        assert declined.report.fixed(SLIPS) == FIXED  # type: ignore[union-attr]  # it is declined
        with pytest.raises(InvalidRequest) as caught:
            price(str(SLIPS["model"]), {"durtion": 8}, catalog=CATALOG)
        without = {"model": SLIPS["model"], "input": {"durtion": 8}}
        assert caught.value.report.fixed(without) == {"model": SLIPS["model"], "input": {"duration": "8"}}

    def test_the_same_instant(self) -> None:
        """Every pass has the rules of the instant of the first: since 2021 there are 5 seconds, and no longer 8."""
        text = invented.table_text()
        later = invented.REVISION.format(complete="true").replace("2026-11-20", "2026-11-21")
        later = later.replace("[[revision]]", "[[revision]]\neffective = 2021-01-01T00:00:00Z")
        later += invented.INPUT.replace('"8"', '"5"') + invented.PRICE
        catalog = Catalog([load_model(text + later)])
        slip = invented.request(durtion=8)
        before = validate(slip, catalog=catalog, at=datetime(2020, 12, 31, tzinfo=UTC)).fixed(slip)
        assert before == invented.request(duration="8")
        assert validate(slip, catalog=catalog).fixed(slip) == invented.request(duration=8)

    def test_it_ends(self) -> None:
        """Fixes that reveal each other for ever are applied a limited number of times."""
        fix = Fix(op="replace", path="/input/seed", value=1)
        problem = Problem(code="wrong_type", pointer="/input/seed", fix=fix)
        endless = Report.of([problem], lambda _: endless)
        assert endless.fixes({"input": {"seed": 0}}) == (fix,) * MAX_PASSES
        assert endless.fixed({"input": {"seed": 0}}) == {"input": {"seed": 1}}

    def test_without_the_catalogue(self) -> None:
        """A report that was unpickled, or made by hand, applies its own fixes."""
        report = validate(SLIPS, catalog=CATALOG)
        for own in (pickle.loads(pickle.dumps(report)), Report(report.problems)):  # noqa: S301  our own bytes
            assert own == report
            assert own.fixed(SLIPS) == invented.request(duration=8, sound="true")


class _Text(StrEnum):
    REQUEST = '{"model": "acme/loop-1/text-to-video"}'


class TestText:
    """JSON text instead of a request is refused with the advice to parse it."""

    @pytest.mark.parametrize(
        "request_", ['{"model": 5}', ' \n{"a', b"{}", bytearray(b"\t{}"), _Text.REQUEST, "{" * 1_000_000]
    )
    def test_an_object(self, request_: object) -> None:
        """Text and bytes that begin like a JSON object."""
        (problem,) = validate(request_)
        assert (problem.code, problem.pointer) == ("wrong_type", "")
        assert problem.message.startswith("expected an object, got ")
        assert problem.message.endswith("; parse it with json.loads first")
        with pytest.raises(InvalidRequest, match=r"json\.loads"):
            quote(request_)

    @pytest.mark.parametrize("request_", ["a cat", "", "[1]", b"a cat", bytearray(), 5, None, [{}]])
    def test_anything_else(self, request_: object) -> None:
        """Nothing is advised for text that is no JSON object, and for other values."""
        (problem,) = validate(request_)
        assert "json.loads" not in problem.message
