"""The fast path against the judge, on a great many requests for every shipped model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import mutations
from ratecard import Catalog, Quote, try_quote, try_quote_json, validate
from ratecard._quote.document import parse
from ratecard._quote.price import PATHS, judged
from ratecard_rules import resolve

if TYPE_CHECKING:
    from ratecard import Declined

CATALOG = Catalog.bundled()
MODELS = tuple(CATALOG)
COUNT = 10_000


def told(answer: Quote | Declined) -> tuple[object, ...]:
    """Return an answer and its text: Python calls 1 and 1.0 equal, the text does not."""
    return (answer, answer.explain()) if isinstance(answer, Quote) else (answer, answer.message, str(answer.report))


@pytest.mark.parametrize("seed", range(6))
def test_requests_get_the_answers_of_the_judge(seed: int) -> None:
    """`try_quote` and `validate` answer what the judge alone answers."""
    kinds: Counter[str] = Counter()
    for request in mutations.requests(MODELS, seed, COUNT, mutations.NO_JSON):
        answer, report = try_quote(request), validate(request)
        expected: Any = judged(request, CATALOG)
        assert told(answer) == told(expected), request
        judged_report = resolve(request, CATALOG).report
        assert (report, str(report)) == (judged_report, str(judged_report)), request
        warned = "with" if report.warnings else "without"
        kinds[f"{'quote' if isinstance(answer, Quote) else answer.code} {warned}"] += 1
    assert min(kinds[kind] for kind in ("quote with", "quote without", "undetermined without")) > COUNT / 1_000, kinds
    assert COUNT / 10 < kinds["quote with"] + kinds["quote without"] < COUNT * 9 / 10, kinds


@pytest.mark.parametrize("seed", range(6))
def test_json_gets_the_answers_of_the_judge(seed: int) -> None:
    """`try_quote_json` answers what the judge alone answers to the parsed request, and refuses what is not JSON."""
    pytest.importorskip("msgspec")
    kinds: Counter[str] = Counter()
    for text in mutations.texts(MODELS, seed, COUNT):
        body = text.encode("utf-8", "surrogatepass")
        known = PATHS.ask_json(body, CATALOG)
        try:
            request = parse(body)
        except ValueError:
            assert known is None, text
            kinds["not JSON"] += 1
            continue
        expected = told(judged(request, CATALOG))
        assert known is None or told(known) == expected, text
        assert told(try_quote_json(body)) == expected, text
        kinds["known" if known is not None else "judged"] += 1
    assert min(kinds.values()) > COUNT / 10, kinds
