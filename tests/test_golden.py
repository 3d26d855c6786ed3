"""The documented numbers, by hand arithmetic: never computed by the code that they check.

Each row names the page on which the cost, or the base and the multipliers, are printed. 1,000,000 micros are $1.00.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext
from itertools import product
from typing import Any

import pytest

from ratecard import Quote, price_sheet, quote

IMAGE = {"image_url": "https://example.com/cat.jpg"}
FRAMES = {"image_url": "https://example.com/a.jpg", "end_image_url": "https://example.com/b.jpg"}
VIDEO = {"video_url": "https://example.com/cat.mp4"}
PROMPT = {"prompt": "a cat in the snow"}

O1_TEXT = "kling-plus/kling-o1-standard/text-to-video"
O1_FRAMES = "kling-plus/kling-o1-standard/start-end-frame-to-video"
O3_IMAGE = "kling-plus/kling-o3-standard/image-to-video"
O1_EDIT = "kling-plus/kling-o1-pro/video-edit-fast"
V25_TEXT = "kling/kling-text2video-v25/text-to-video"

GOLDEN: list[tuple[str, dict[str, str], int, str]] = [
    # The default costs, as the page of each model prints them.
    (O1_TEXT, PROMPT, 250_000, "0.25"),
    (O1_FRAMES, FRAMES, 250_000, "0.25"),
    (O3_IMAGE, IMAGE, 420_000, "0.42"),
    (O1_EDIT, VIDEO, 30_000, "0.03"),
    (V25_TEXT, PROMPT, 225_000, "0.225"),
    # By hand from base and multipliers: 84,000 x 15 x 1.5, 45,000 x 1.5 x 10, 50,000 x 7, 84,000 x 10 x 1.5.
    (O3_IMAGE, {**IMAGE, "duration": "15", "has_sound": "true"}, 1_890_000, "1.89"),
    (V25_TEXT, {**PROMPT, "quality": "pro", "duration": "10"}, 675_000, "0.675"),
    (O1_FRAMES, {**FRAMES, "duration": "7"}, 350_000, "0.35"),
    (O3_IMAGE, {**IMAGE, "duration": "10", "has_sound": "true"}, 1_260_000, "1.26"),
]


def request(model: str, fields: dict[str, str]) -> dict[str, Any]:
    """Return a request."""
    return {"model": model, "input": fields}


@pytest.mark.parametrize(("model", "fields", "usd_micros", "usd"), GOLDEN)
def test_documented_cost(model: str, fields: dict[str, str], usd_micros: int, usd: str) -> None:
    """A documented cost comes out to the micro, in every form that a quote gives it."""
    quoted = quote(request(model, fields))
    assert quoted.usd_micros == usd_micros
    assert quoted.exact == usd_micros
    assert quoted.usd == Decimal(usd)
    stored = quoted.to_dict()
    assert (stored["usd_micros"], stored["usd"], stored["exact_micros"]) == (usd_micros, usd, str(usd_micros))


def test_decimal_context_of_the_caller_changes_nothing() -> None:
    """Every golden number stands under any precision and rounding, with the trap on inexact results set."""
    for (model, fields, usd_micros, usd), precision in product(GOLDEN, (1, 3, 9, 28, 50)):
        with localcontext(Context(prec=precision, rounding="ROUND_UP", traps=[Inexact])):
            quoted = quote(request(model, fields))
            assert (quoted.usd_micros, str(quoted.usd)) == (usd_micros, usd)
            assert Quote.from_dict(quoted.to_dict()) == quoted
            assert f"${usd}" in quoted.explain()


def test_the_whole_sheet_of_one_model_by_hand() -> None:
    """V2.5 text-to-video: 45,000 micros x (1 or 1.5) x (5 or 10) seconds."""
    rows = [([one.value for one in row.factors], row.usd_micros) for row in price_sheet(V25_TEXT)]
    assert rows == [
        (["std", "5"], 225_000),
        (["std", "10"], 450_000),
        (["pro", "5"], 337_500),
        (["pro", "10"], 675_000),
    ]
