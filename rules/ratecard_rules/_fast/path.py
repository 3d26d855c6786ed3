"""The fast path: known answers for plain requests, in a fraction of the time that the judge takes.

Rule 1  A compiled check for each model (see `compile`) either confirms that a request is valid, as nearly every request
        is, or names the fields that the judge must check.
Rule 2  Valid requests with the same key get the same answer: the key has the values of the priced fields, and tells
        which warnings there are. The judge gives each answer once. Answers that repeat a value of the request are not
        kept.
Rule 3  Only plain dicts with plain string keys are accepted. No method that the caller could have overridden is called.
Rule 4  It is optional: with `ENABLED` set to False all answers are the same.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from ratecard_rules._catalog import PerRevision, bundled, cache_of
from ratecard_rules._fast.compile import compile_check, compile_typed_check, field_check
from ratecard_rules._table.model import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._fast.compile import Check, Key, TypedCheck
    from ratecard_rules._table.model import Model

    Typed: TypeAlias = tuple[type | None, Callable[[bytes], Any], TypedCheck]

ENABLED = True
"""Whether the fast path is used. Tests switch it off before the first request, to compare."""

MAX_ANSWERS = 10_000
"""Maximum number of answers that are kept for a revision of a model."""

_Answer = TypeVar("_Answer")
_Judged_co = TypeVar("_Judged_co", covariant=True)


class Judge(Protocol[_Judged_co]):
    """The type of the judge: it returns the answer to a request.

    If there is a path, its check has confirmed everything but the `suspects` that it named.
    """

    def __call__(
        self, catalog: Catalog, path: FastPath[Any] | None, request: Any, suspects: tuple[str, ...] = ()
    ) -> _Judged_co: ...


def _nothing(*_: Any, **__: Any) -> None:
    """Return no answer."""


def _undecodable(_: bytes) -> Any:
    """Decode no model: none has been asked for."""
    raise ValueError


class FastPath(Generic[_Answer]):
    """The compiled check of one revision of a model, and its known answers.

    Attributes:
        model: The model; its newest revision is the one in question.
        check: The compiled check; see `compile_check`.
        doubtful: The fields that the judge must check even if `check` does not name them.
        answers: The known answers by key.
        rules: The rules of the judge for this revision, which it keeps here once it has needed them.
    """

    __slots__ = ("_parts", "_typed", "answers", "check", "doubtful", "model", "rules")

    def __init__(self, model: Model, _: Catalog) -> None:
        """Compile the check of the newest revision of a model."""
        self.model = model
        table = model.latest
        found = [field_check(field, priced=field.name in table.priced) for field in table.input]
        checks = [check for check in found if check is not None]
        one_of = [(frozenset(rule.of), rule.evidence in CERTAIN) for rule in table.at_least_one]
        self._parts = checks, one_of, tuple(table.priced)
        self._typed: Typed | None = None
        certain = {check.name for check in checks if not (check.warns_given or check.warns_missing)}
        self.doubtful = frozenset(field.name for field in table.input if field.name not in certain)
        self.answers: dict[Key, _Answer] = {}
        self.rules: Any = None
        is_useful = {field.name for field in table.input if field.required} <= {check.name for check in checks}
        self.check = compile_check(*self._parts) if is_useful else _nothing

    def typed(self) -> Typed:
        """Return the class of requests in JSON (or None), their decoder and their check, made on first use.

        Raises ImportError without msgspec.
        """
        if self._typed is None:
            from ratecard_rules._fast.typed import decoder, request_type  # only callers with JSON texts need it

            made = None if self.check is _nothing else request_type(self.model.slug, self._parts[0])
            self._typed = None, _nothing, _nothing
            if made is not None:
                self._typed = made, decoder([made]), compile_typed_check(*self._parts)
        return self._typed

    def given(self, key: Key) -> dict[str, Any] | None:
        """Return the priced fields of a request with this key; None if there are warnings."""
        priced = self.model.latest.priced
        if any(key[len(priced) :]):
            return None
        return {name: value for name, value in zip(priced, key, strict=False) if value is not None}


class FastPaths(Generic[_Answer]):
    """The fast paths of all catalogues, for one kind of answer.

    Attributes:
        bundled: For each model of the bundled catalogue that has been asked for and has no dated changes: the check of
            its path, and the two functions to call it with: the look-up of a known answer, and the judge. `validate`
            and `try_quote` begin with what `ask` does, without calling it, because most requests end there and a call
            takes a tenth of their time.
        decode: The decoder of requests in JSON for such models, with which `try_quote_json` begins; None if there is
            no msgspec.
        typed: For each class of what it returns: the check, and the look-up of a known answer.
        decoded: The UTF-8 of the models that it decodes.
    """

    def __init__(
        self,
        judge: Judge[_Answer],
        shared: Callable[[_Answer], _Answer | None],
        of_options: Callable[[Model, dict[str, Any], Catalog], _Answer | None],
    ) -> None:
        """Set who answers what is not known yet.

        Args:
            judge: Returns the answer to a request.
            shared: Returns the answer to every request with the same key as a valid request that got this one; None if
                they differ. It must not refer to a catalogue.
            of_options: Returns the answer to a valid request without warnings, from its priced fields alone; None if
                only `judge` can. It spares a process that only quotes valid requests from loading the judge.
        """
        self._judge = judge
        self._shared = shared
        self._of_options = of_options
        self._paths: PerRevision[FastPath[_Answer]] = PerRevision(FastPath)
        self._undated: dict[int, dict[str, FastPath[_Answer]]] = {}
        self.typed: dict[type, tuple[TypedCheck, Callable[[Key], _Answer | None]]] = {}
        self.decoded: set[bytes] = set()
        self.decode: Callable[[bytes], Any] | None = _undecodable
        self.bundled: dict[str, tuple[Check, Callable[[Key], _Answer | None], Callable[..., _Answer]]] = {}

    def ask(self, request: object, catalog: Catalog) -> _Answer:
        """Return the answer to a request: the known one, or that of the judge."""
        path = self.find(request, catalog)
        if path is None or type(request) is not dict:
            return self._judge(catalog, None, request)
        answer = path.check(request, path.answers.get, partial(self._judge, catalog, path))
        return self._learned(request, catalog) if answer is None else answer

    def ask_json(self, body: bytes, catalog: Catalog) -> _Answer | None:
        """Return the known answer to a request in JSON; None if it must be parsed."""
        found = re.search(_MODEL, body) if ENABLED else None
        slug = "" if found is None else found[1].decode("utf-8", "replace")
        path = self._path(slug, catalog)
        if found is None or path is None:
            return None
        try:
            kind, decode, check = path.typed()
        except ImportError:
            self.decode = None
            return None
        if kind is not None and kind not in self.typed and catalog is bundled() and slug in self.bundled:
            from ratecard_rules._fast.typed import decoder

            self.typed[kind] = check, path.answers.get
            self.decode = decoder(list(self.typed))
            self.decoded.add(found[1])
        try:
            return check(decode(body), body, path.answers.get)
        except ValueError:
            return None

    def _learned(self, request: object, catalog: Catalog) -> _Answer:
        """Return the answer of the judge, and keep it if it is that of every request with its key."""
        snapshot = _copy(request)  # another thread may be changing the request
        given = None if snapshot is None else _copy(snapshot.get("input"))
        if snapshot is None or given is None:
            return self._judge(catalog, None, request)
        snapshot["input"] = given
        path = self.find(snapshot, catalog)
        keys: list[Key] = []
        if path is None or path.check(snapshot, keys.append, lambda *_: True) is not None or not keys:
            return self._judge(catalog, None, snapshot)
        given = path.given(keys[0])
        answer = None if given is None else self._of_options(path.model, given, catalog)
        if answer is None:
            answer = self._judge(catalog, path, snapshot)
        kept = self._shared(answer) if len(path.answers) < MAX_ANSWERS else None
        if kept is not None and self.find(snapshot, catalog) is path:  # and not the next revision
            path.answers[keys[0]] = kept
        return answer

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
        return self._path(slug, catalog) if type(slug) is str else None

    def _path(self, slug: str, catalog: Catalog) -> FastPath[_Answer] | None:
        undated = self._undated.get(id(catalog))
        if undated is not None and slug in undated:
            return undated[slug]
        model = catalog.get(slug)
        if model is None or catalog.unavailable(model) is not None or catalog.predates(model):
            return None
        path = self._paths.get(model, catalog)
        history = catalog.history(slug)
        if catalog.instant is None and history is not None and not history.is_dated:
            cache_of(self._undated, catalog)[slug] = path
            if catalog is bundled():
                self.bundled[slug] = path.check, path.answers.get, partial(self._judge, catalog, path)
        return path


def _copy(value: object) -> dict[str, Any] | None:
    """Return a copy of a plain dict with plain string keys; None for anything else."""
    pairs = list(value.items()) if type(value) is dict else []
    return dict(pairs) if type(value) is dict and all(type(key) is str for key, _ in pairs) else None


_MODEL = rb'"model"\s*:\s*"([^"\\]*)"'
"""Finds what is probably the model of a request in JSON."""
