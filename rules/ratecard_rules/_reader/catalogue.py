"""Checks across tables: duplicate slugs, overlays and siblings that do not exist, misspelled capabilities.

Only `ratecard check` compares tables with the shipped ones: a loaded catalogue may be overlaid on any other.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ratecard_rules._errors import NEEDS_OVERLAY
from ratecard_rules._similar import similar
from ratecard_rules._table.fault import fault_in
from ratecard_rules._text import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from ratecard_rules._table.fault import Fault
    from ratecard_rules._table.model import Evidenced, Model


def clashes(models: Iterable[Model]) -> Iterator[Fault]:
    """Yield a fault for every slug that is also in an earlier file, exactly or with different case."""
    seen: dict[str, Model] = {}
    for model in models:
        first = seen.setdefault(model.slug.casefold(), model)
        if first is not model:
            says = f"this slug is also in {first.file}, as {first.slug}: rename or remove one of the two"
            yield fault_in(model, "model", says)


def faults_beside(models: Sequence[Model], shipped: Mapping[str, Model], known: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of tables compared with the shipped ones. `known` holds the slugs that siblings may name."""
    by_case = {slug.casefold(): table for slug, table in shipped.items()}
    for model in models:
        below = by_case.get(model.slug.casefold(), model)
        if below.slug != model.slug:
            yield fault_in(model, "model", f"this slug differs only by case from {below.slug}: rename it")
        elif below != model and model.overlay is None:
            yield fault_in(model, "model", NEEDS_OVERLAY)
        for key, part in _parts(model):
            if part.sibling is not None and part.sibling not in known:
                says = f"{literal(part.sibling)} is not in the catalogue{_hint(part.sibling, known)}"
                yield fault_in(model, f"{key}.sibling", says)


def warnings_beside(models: Sequence[Model], shipped: Mapping[str, Model]) -> Iterator[Fault]:
    """Yield warnings about tables compared with the shipped ones."""
    by_case = {slug.casefold() for slug in shipped}
    capabilities = Counter(
        model.capability for model in {**shipped, **{model.slug: model for model in models}}.values()
    )
    for model in models:
        if model.overlay is not None and model.slug.casefold() not in by_case:
            says = f"no such model is shipped, so this would be added as a new model{_hint(model.slug, shipped)}"
            yield fault_in(model, "overlay", says)
        # A capability at the end of the slug is spelled correctly, even if no other model has it.
        if capabilities[model.capability] == 1 and not model.slug.endswith(f"/{model.capability}"):
            hint = _hint(model.capability, capabilities.keys() - {model.capability})
            yield fault_in(model, "capability", f"no other table has the capability {literal(model.capability)}{hint}")


def stale_tables(models: Iterable[Model], max_age: timedelta, on: date | None) -> Iterator[Fault]:
    """Yield a fault for each page that was read too long before a day, of the revisions in force then."""
    if on is None:
        raise ValueError("max_age needs a day, in `on`")
    end_of_day = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)
    for model in models:
        current = model.as_of(end_of_day)
        age = (end_of_day.date() - current.latest.checked).days
        if age > max_age.days:
            says = f"the page was read {age} days before {end_of_day.date()}: read it again, and set `checked`"
            yield fault_in(model, f"revision[{len(current.revisions)}].checked", says)


def _parts(model: Model) -> Iterator[tuple[str, Evidenced]]:
    """Yield every part of a table that can name a sibling, with its key."""
    for number, revision in enumerate(model.revisions, start=1):
        for kind, fields in (("input", revision.input), ("measured", revision.measured)):
            yield from ((f"revision[{number}].{kind}.{field.name}", field) for field in fields)
        yield f"revision[{number}].price", revision.price


def _hint(name: str, known: Iterable[str]) -> str:
    found = similar(name, sorted(known))
    return f"; did you mean {', '.join(found)}?" if found else ""
