"""The fast path: the same verdict as the judge's for plain requests, in a fraction of the time.

Rule 1  A compiled check for each model (see `compile`) walks over a request and is either sure that nothing is wrong
        with it, which is what nearly every request comes to, or names the fields that need a look.
Rule 2  Only exact dicts with exact string keys are taken. No method that the caller could have overridden is called.
Rule 3  It is optional: with `ENABLED` set to False every answer is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import finalize

from ratecard_rules._catalog import PerRevision
from ratecard_rules._fast.compile import compile_check, field_check

if TYPE_CHECKING:
    from ratecard_rules._catalog import Catalog
    from ratecard_rules._fast.compile import Check, Key
    from ratecard_rules._judge.fields import ObjectRules
    from ratecard_rules._table.model import Model

ENABLED = True
"""Whether there is a fast path. The tests switch it off to compare."""

_Answer = TypeVar("_Answer")


class FastPath(Generic[_Answer]):
    """The compiled check of one revision of a model, and the answers that its user keeps.

    Attributes:
        check: Takes a dict with string keys that names the model. Returns the values of the priced fields where nothing
            is wrong (None for one that is left out), or the names of the fields that need a look (none of them, where
            something else does), or None where the judge must look at everything.
        model: The model; the revision is its newest.
        names: The fields that `check` is sure of unless it names them.
        rules: The rules that judge what needs a look, kept here by the judge.
        answers: What the user of the path keeps for the values of the priced fields.
    """

    __slots__ = ("answers", "check", "model", "names", "rules")

    def __init__(self, model: Model, _: Catalog) -> None:
        """Compile the check of the newest revision of a model."""
        self.model = model
        table = model.latest
        checks = [check for check in map(field_check, table.input) if check is not None]
        one_of = [frozenset(rule.of) for rule in table.at_least_one]
        self.names = frozenset(check.name for check in checks)
        self.rules: ObjectRules | None = None
        self.answers: dict[Key, _Answer] = {}
        self.check: Check = _unsure  # where a field that every request needs cannot be checked
        is_useful = all(field.name in self.names for field in table.input if field.required)
        if is_useful and all(map(self.names.__and__, one_of)):
            self.check = compile_check(checks, one_of, tuple(table.priced))


def _unsure(_: object) -> None:
    """Leave every judgement to the judge."""


class FastPaths(Generic[_Answer]):
    """The fast paths of all catalogues, with one kind of answers."""

    def __init__(self) -> None:
        self._paths: PerRevision[FastPath[_Answer]] = PerRevision(FastPath)
        self._undated: dict[int, dict[str, FastPath[_Answer]]] = {}

    def find(self, request: object, catalog: Catalog) -> FastPath[_Answer] | None:
        """Return the fast path for a request, if it is a dict with string keys that names an available model."""
        if not ENABLED or type(request) is not dict:
            return None
        try:
            for key in request:
                if type(key) is not str:
                    return None
        except RuntimeError:  # another thread is changing the request
            return None
        slug = request.get("model")
        if type(slug) is not str:
            return None
        undated = self._undated.get(id(catalog))
        return self._find(slug, catalog) if undated is None or slug not in undated else undated[slug]

    def _find(self, slug: str, catalog: Catalog) -> FastPath[_Answer] | None:
        model, history = catalog.get(slug), catalog.history(slug)
        if model is None or history is None or catalog.unavailable(model) is not None or catalog.predates(model):
            return None
        path = self._paths.get(model, catalog)
        if catalog.instant is None and not history.is_dated:
            self._undated_of(catalog)[slug] = path
        return path

    def _undated_of(self, catalog: Catalog) -> dict[str, FastPath[_Answer]]:
        undated = self._undated.get(id(catalog))
        if undated is None:
            undated = self._undated[id(catalog)] = {}
            finalize(catalog, self._undated.pop, id(catalog), None).atexit = False
        return undated
