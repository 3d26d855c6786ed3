"""One catalogue over another: a customer's own tables on top of the shipped ones.

Rule 1  A table adds its model. Over a model that is there already it must say how: `overlay = "replace"`, or
        `overlay = "extend"` to append its revisions. Anything else is a conflict, and names both files.
Rule 2  Laying is associative, and laying the same catalogue twice is laying it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ratecard_rules._errors import TableError
from ratecard_rules._selfcheck import Fault, order_of_revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ratecard_rules._tables import Model


def laid_over(below: Iterable[Model], above: Iterable[Model]) -> Iterator[Model]:
    """Yield the models of two catalogues as one. Raises TableError with every conflict."""
    tables = {model.model: model for model in below}
    faults: list[Fault] = []
    for model in above:
        try:
            tables[model.model] = _both(tables[model.model], model) if model.model in tables else model
        except TableError as error:
            faults += error.faults
    if faults:
        raise TableError(faults)
    yield from tables.values()


def _both(below: Model, above: Model) -> Model:
    if above.overlay == "replace":  # over a table that itself waits to be laid on another, it replaces that one too
        return evolve(above, overlay="replace" if below.overlay else None)
    if above == below:
        return below
    if above.overlay == "extend":
        return _extended(below, above)
    says = 'it is there already: write `overlay = "replace"` or `overlay = "extend"` at the top of this table'
    raise TableError([_fault(below, above, "model", says)])


def _extended(below: Model, above: Model) -> Model:
    added = tuple(one for one in above.revisions if one not in below.revisions)
    model = evolve(below, revisions=below.revisions + added, retired=above.retired or below.retired)
    if faults := [_fault(below, above, key, message) for key, message in order_of_revisions(model)]:
        raise TableError(faults)
    return model


def _fault(below: Model, above: Model, key: str, message: str) -> Fault:
    both = f"{message} (the table below is {below.file or 'not from a file'})"
    return Fault(file=above.file or "not from a file", model=above.model, key=key, message=both)
