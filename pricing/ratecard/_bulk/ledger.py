"""The sums of many answers, and the reasons why rows have no price."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ratecard._quote.quote import Quote
from ratecard._quote.total import Total
from ratecard._relation.options import Refusal
from ratecard._sale.batch import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._errors import Declined
    from ratecard._relation.options import Answer, Terms


def reasons(answer: Declined | Refusal) -> Iterator[tuple[str, str, str]]:
    """Yield the code, the JSON Pointer and the message of every reason why there is no price."""
    match answer:
        case Refusal(reason=code, message=message):
            yield code, "", message
        case _ if answer.code == "invalid_request":
            for problem in answer.report.errors:
                yield problem.code, problem.pointer, problem.message
        case _:
            yield answer.code, "", answer.message


@define
class _Tally:
    """Exact sums in progress.

    Attributes:
        models: For each model how many rows have a price, and the sums of prices and of sale prices, in micros.
        codes: How often each code occurs among the rows without a price.
    """

    models: dict[str, list[int]] = field(factory=dict)
    codes: Counter[str] = field(factory=Counter)

    def add(self, models: dict[str, list[int]], codes: dict[str, int]) -> None:
        """Add other sums to these."""
        for model, amounts in models.items():
            before = self.models.get(model, [0] * len(amounts))
            self.models[model] = [one + other for one, other in zip(before, amounts, strict=True)]
        self.codes.update(codes)

    def summary(self, groups: tuple[tuple[str | None, Summary], ...] = ()) -> Summary:
        """Return the sums."""
        amounts = sorted(self.models.items())
        cost = Total({model: (count, usd_micros) for model, (count, usd_micros, *_) in amounts})
        sales = Total({model: (count, sale[0]) for model, (count, _, *sale) in amounts if sale})
        margin = sales.usd_micros - cost.usd_micros if sales.requests else 0
        codes = tuple(sorted(self.codes.items()))
        return Summary(cost=cost, sales=sales, margin_micros=margin, codes=codes, groups=groups)


@define
class Ledger:
    """What is known about all rows of a file so far.

    Attributes:
        terms: What the rows are priced with.
        lists_rejects: Whether the reasons of rows without a price are kept.
        rows: How many rows there are.
        rejects: The reasons that have not been written yet, as JSON.
    """

    terms: Terms
    lists_rejects: bool
    rows: int = 0
    rejects: list[str] = field(factory=list)
    _tallies: dict[str | None, _Tally] = field(factory=dict)

    def count(self, key: str | None, answer: Answer, number: int = 1) -> None:
        """Count rows of a group with the same answer."""
        tally = self._tallies.setdefault(key, _Tally())
        if isinstance(answer, Quote):
            amounts: list[Any] = [*self.terms.outcome(answer)][:-1]
            tally.add({answer.model: [number, *(number * amount for amount in amounts)]}, {})
        else:
            tally.add({}, {answer.code: number})

    def reject(self, row: int, answer: Answer) -> None:
        """Keep the reasons why a row has no price."""
        if self.lists_rejects and not isinstance(answer, Quote):
            for code, pointer, message in reasons(answer):
                reject = {"row": row, "code": code, "pointer": pointer, "message": message}
                self.rejects.append(json.dumps(reject) + "\n")

    def state(self) -> dict[str, Any]:
        """Return the sums as JSON data."""
        return {"rows": self.rows, "tallies": [[key, one.models, one.codes] for key, one in self._tallies.items()]}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to earlier sums."""
        self.rows = state["rows"]
        for key, models, codes in state["tallies"]:
            self._tallies.setdefault(key, _Tally()).add(models, codes)

    def summary(self, *, grouped: bool) -> Summary:
        """Return the totals and, if asked for, those of each group, sorted by their keys."""
        whole = _Tally()
        for tally in self._tallies.values():
            whole.add(tally.models, tally.codes)
        keys = sorted(self._tallies, key=lambda key: (key is not None, key or "")) if grouped else []
        return whole.summary(tuple((key, self._tallies[key].summary()) for key in keys))
