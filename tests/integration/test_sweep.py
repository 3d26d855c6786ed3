"""The fast path against the judge, on a great many requests for every shipped model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import mutations
from ratecard import Catalog, Quote, try_quote, validate
from ratecard._quote.price import judged
from ratecard_rules import resolve

if TYPE_CHECKING:
    from ratecard import Declined

CATALOG = Catalog.bundled()
MODELS = tuple(CATALOG)
COUNT = 20_000


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
    assert min(kinds[kind] for kind in ("quote with", "quote without", "undetermined without")) > 50, kinds
    assert COUNT / 10 < kinds["quote with"] + kinds["quote without"] < COUNT * 9 / 10, kinds
