"""The fast path: the same verdicts as the judge for plain requests, in a fraction of the time.

Rule 1  A compiled check for each model (see `compile`) either confirms that a request is valid, as nearly every request
        is, or names the fields that the judge must check.
Rule 2  Only plain dicts with plain string keys are accepted. No method that the caller could have overridden is called.
Rule 3  It is optional: with `ENABLED` set to False all answers are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ratecard_rules._catalog import PerRevision, cache_of
from ratecard_rules._fast.compile import compile_check, field_check

if TYPE_CHECKING:
    from ratecard_rules._catalog import Catalog
    from ratecard_rules._fast.compile import Check, Key
    from ratecard_rules._judge.fields import ObjectRules
    from ratecard_rules._table.model import Model

ENABLED = True
"""Whether the fast path is used. Tests switch it off to compare."""

_Answer = TypeVar("_Answer")


class FastPath(Generic[_Answer]):
    """The compiled check of one revision of a model, and a cache of answers.

    Attributes:
        check: Takes a dict with string keys that names the model. Returns a tuple of the values of the priced fields if
            the request is valid (None for a field that is left out), a list of the fields that the judge must check
            (empty if something else must be checked), or None if the judge must check everything.
        model: The model; its newest revision is the one in question.
        names: The fields that are valid unless `check` names them.
        rules: The rules for the fields that the judge must check, cached by the judge.
        answers: A cache for the owner of the path, by the values of the priced fields.
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
        required = {field.name for field in table.input if field.required}
        is_useful = required <= self.names and all(map(self.names.__and__, one_of))
        self.check: Check = compile_check(checks, one_of, tuple(table.priced)) if is_useful else lambda _: None


class FastPaths(Generic[_Answer]):
    """The fast paths of all catalogues, for one kind of answer."""

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
        history = catalog.history(slug)
        model = None if history is None else catalog.get(slug)
        if model is None or history is None or catalog.unavailable(model) is not None or catalog.predates(model):
            return None
        path = self._paths.get(model, catalog)
        if catalog.instant is None and not history.is_dated:
            cache_of(self._undated, catalog)[slug] = path
        return path
