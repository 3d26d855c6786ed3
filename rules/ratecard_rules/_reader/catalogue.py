"""Checks across tables: duplicate slugs, overlays and siblings that do not exist, misspelled capabilities.

Only `ratecard check` compares tables with the shipped ones: a loaded catalogue may be overlaid on any other.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ratecard_rules._errors import Fault
from ratecard_rules._similar import similar
from ratecard_rules._text import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ratecard_rules._table.model import Evidenced, Model


def clashes(models: Iterable[Model]) -> Iterator[Fault]:
    """Yield a fault for every slug that is also in an earlier file, exactly or with different case."""
    seen: dict[str, Model] = {}
    for model in models:
        first = seen.setdefault(model.slug.casefold(), model)
        if first.slug != model.slug:
            yield _fault(model, "model", f"this slug is also in {first.file}, as {first.slug}: rename one of the two")
        elif first is not model:
            yield _fault(model, "model", f"this slug is also in {first.file}: remove one of the two")


def faults_beside(models: Sequence[Model], shipped: Mapping[str, Model], known: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of tables compared with the shipped ones. `known` holds the slugs that siblings may name."""
    by_case = {slug.casefold(): slug for slug in shipped}
    for model in models:
        below = shipped.get(model.slug)
        if below is None and model.slug.casefold() in by_case:
            yield _fault(
                model, "model", f"this slug differs only by case from {by_case[model.slug.casefold()]}: rename it"
            )
        if below is not None and model.overlay is None and model != below:
            says = 'the catalogue already has it: add `overlay = "replace"` or `overlay = "extend"` to this table'
            yield _fault(model, "model", says)
        for key, part in _parts(model):
            if part.sibling is not None and part.sibling not in known:
                says = f"{literal(part.sibling)} is not in the catalogue{_hint(part.sibling, known)}"
                yield _fault(model, f"{key}.sibling", says)


def warnings_beside(models: Sequence[Model], shipped: Mapping[str, Model]) -> Iterator[Fault]:
    """Yield warnings about tables compared with the shipped ones."""
    by_case = {slug.casefold() for slug in shipped}
    every = {**shipped, **{model.slug: model for model in models}}
    capabilities = Counter(model.capability for model in every.values())
    for model in models:
        if model.overlay is not None and model.slug.casefold() not in by_case:
            hint = _hint(model.slug, shipped)
            yield _fault(model, "overlay", f"no such model is shipped, so this would be added as a new model{hint}")
        # A capability at the end of the slug is spelled correctly, even if no other model has it.
        if capabilities[model.capability] == 1 and not model.slug.endswith(f"/{model.capability}"):
            hint = _hint(model.capability, capabilities.keys() - {model.capability})
            yield _fault(model, "capability", f"no other table has the capability {literal(model.capability)}{hint}")


def _parts(model: Model) -> Iterator[tuple[str, Evidenced]]:
    """Yield every part of a table that can name a sibling, with its key."""
    for number, revision in enumerate(model.revisions, start=1):
        for kind, fields in (("input", revision.input), ("measured", revision.measured)):
            yield from ((f"revision[{number}].{kind}.{field.name}", field) for field in fields)
        yield f"revision[{number}].price", revision.price


def _hint(name: str, known: Iterable[str]) -> str:
    found = similar(name, sorted(known))
    return f"; did you mean {', '.join(found)}?" if found else ""


def _fault(model: Model, key: str, message: str) -> Fault:
    return Fault(file=str(model.file), model=model.slug, key=key, message=message)
