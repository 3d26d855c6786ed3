"""What five models accept and cost, written by hand from their tables, for those who cannot read the tables.

The peers and the floor get their rules from here, so a slip in the engine cannot hide in them. A test compares every
line with the shipped tables.
"""

from __future__ import annotations

from itertools import product
from typing import Literal

from attrs import frozen

Kind = Literal["string", "number", "boolean", "objects"]


@frozen(kw_only=True)
class Rule:
    """What one field may say: its type, its options, its limits, and what the API takes where it is left out."""

    kind: Kind = "string"
    required: bool = False
    options: tuple[str, ...] = ()
    default: str | None = None
    address: bool = False
    secure: bool = False
    max_length: int | None = None
    max_items: int | None = None

    @property
    def pattern(self) -> str | None:
        """How a web address with a host begins, where the field takes one; `secure`: https alone."""
        return None if not self.address else r"^https://[^/?#\s]" if self.secure else r"^https?://[^/?#\s]"


TEXT = "kling-plus/kling-o1-standard/text-to-video"
FRAMES = "kling-plus/kling-o1-standard/start-end-frame-to-video"
IMAGE = "kling-plus/kling-o3-standard/image-to-video"
EDIT = "kling-plus/kling-o1-pro/video-edit-fast"
TEXT_25 = "kling/kling-text2video-v25/text-to-video"

_RATIO = Rule(options=("16:9", "9:16", "1:1"), default="16:9")
_NEEDED_PROMPT = Rule(required=True, max_length=2500)
_NEEDED_ADDRESS = Rule(required=True, address=True)

MODELS: dict[str, dict[str, Rule]] = {
    TEXT: {
        "prompt": _NEEDED_PROMPT,
        "aspect_ratio": _RATIO,
        "duration": Rule(options=("5", "10"), default="5"),
    },
    FRAMES: {
        "prompt": Rule(max_length=2500),
        "image_url": _NEEDED_ADDRESS,
        "end_image_url": _NEEDED_ADDRESS,
        "duration": Rule(options=("3", "4", "5", "6", "7", "8", "9", "10"), default="5"),
    },
    IMAGE: {
        "prompt": Rule(max_length=2500),
        "image_url": _NEEDED_ADDRESS,
        "duration": Rule(options=("3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"), default="5"),
        "has_sound": Rule(options=("false", "true"), default="false"),
        "shot_type": Rule(options=("customize", "intelligent"), default="customize"),
        "multishot": Rule(kind="objects"),
    },
    EDIT: {
        "prompt": _NEEDED_PROMPT,
        "video_url": _NEEDED_ADDRESS,
        "images": Rule(kind="objects", max_items=10),
        "keep_original_sound": Rule(kind="boolean"),
        "aspect_ratio": _RATIO,
    },
    TEXT_25: {
        "prompt": _NEEDED_PROMPT,
        "quality": Rule(options=("std", "pro"), default="std"),
        "duration": Rule(options=("5", "10"), default="5"),
        "aspect_ratio": _RATIO,
        "seed": Rule(kind="number"),
    },
}
"""The fields of each model, in the order of its table."""

ENVELOPE = {"version": Rule(), "webhookUrl": Rule(address=True, secure=True)}
"""The optional fields of the request itself, beside `model` and `input`."""

CERTAIN_LENGTH = FRAMES
"""The one model whose own page states how long a prompt may be; for the others a longer one is only a warning."""

UNCHECKABLE = ("multishot", "images")
"""Fields of which nobody says what they hold: naming them is a warning, so the workload leaves them out."""

_PRICES: dict[str, tuple[int, dict[str, dict[str, tuple[int, int]]]]] = {
    TEXT: (50_000, {"duration": {"5": (5, 1), "10": (10, 1)}}),
    FRAMES: (50_000, {"duration": {str(n): (n, 1) for n in range(3, 11)}}),
    IMAGE: (
        84_000,
        {"duration": {str(n): (n, 1) for n in range(3, 16)}, "has_sound": {"false": (1, 1), "true": (3, 2)}},
    ),
    EDIT: (30_000, {}),
    TEXT_25: (45_000, {"quality": {"std": (1, 1), "pro": (3, 2)}, "duration": {"5": (5, 1), "10": (10, 1)}}),
}
"""Base price in millionths of a dollar, and for each priced field the multiplier of each option as a fraction."""


def priced_fields(slug: str) -> tuple[str, ...]:
    """Return the fields on which the price of a model depends, in the order of its formula.

    >>> priced_fields(IMAGE)
    ('duration', 'has_sound')
    """
    return tuple(_PRICES[slug][1])


def prices(slug: str) -> dict[tuple[str, ...], int]:
    """Return the price of every combination of priced options, in millionths of a dollar.

    >>> prices(TEXT_25)[("pro", "10")], prices(EDIT)[()]
    (675000, 30000)
    """
    base, factors = _PRICES[slug]
    sheet = {}
    for options in product(*(one.items() for one in factors.values())):
        above, below = base, 1
        for _, (numerator, denominator) in options:
            above, below = above * numerator, below * denominator
        sheet[tuple(option for option, _ in options)] = above // below
    return sheet
