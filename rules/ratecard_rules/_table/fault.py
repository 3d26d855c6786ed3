"""What may be wrong with a table. Quotes do not need this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from ratecard_rules._table.model import Model


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Fault(Value):
    """Something that is wrong with a table.

    Attributes:
        file: The file.
        message: What is wrong and how to fix it.
        line: The line in the file, from 1; None if it is not known.
        model: The slug of the model; None if it is not known.
        key: The key in the table, such as `revision[1].price`; None for the file as a whole.
    """

    file: str
    message: str
    line: int | None = None
    model: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.model, self.key, self.message) if part)


def fault_in(model: Model, key: str, message: str) -> Fault:
    """Return a fault of a table that has been read, at one of its keys."""
    return Fault(file=model.file or "not from a file", model=model.slug, key=key, message=message)
