"""When the revisions of a shipped table are in force, worked out from the file and not by the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import ratecard_rules
from ratecard_rules import Model, Revision, load_model

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = Path(ratecard_rules.__file__).parent / "tables"
TICK = timedelta(microseconds=1)


def table_files() -> list[Path]:
    """Return the files of the shipped tables, by slug."""
    return sorted(TABLES.rglob("*.toml"), key=slug_of)


def slug_of(file: Path) -> str:
    """Return the slug of a shipped table: its path."""
    return file.relative_to(TABLES).with_suffix("").as_posix()


@cache
def whole(slug: str) -> Model:
    """Return a shipped model with all its revisions, past and announced."""
    return load_model((TABLES / f"{slug}.toml").read_bytes())


def periods(model: Model) -> Iterator[tuple[Revision, datetime | None]]:
    """Yield each revision with an instant at which it is in force; None where the instant makes no difference.

    The instant is the first one of the revision. A revision that has always been in force is looked at on the day on
    which its page was read, or just before it ended, whichever comes first.
    """
    if not has_dates(model):
        yield model.revisions[0], None
        return
    ends = [*(newer.effective for newer in model.revisions[1:]), model.retired]
    for revision, end in zip(model.revisions, ends, strict=True):
        at = revision.effective or datetime.combine(revision.checked, time(), UTC)
        yield revision, at if end is None or at < end else end - TICK


def has_dates(model: Model) -> bool:
    """Return whether the rules or the price of a model depend on the instant."""
    return len(model.revisions) > 1 or model.revisions[0].effective is not None or model.retired is not None
