"""The sentences about requests, one class each, over every table of the catalogue."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard import Declined, InvalidRequest, NotPriced, Problem, Quote, quote, try_quote, validate
from ratecard_rules import CODES
from strategies import (
    AVAILABLE,
    CATALOG,
    Broken,
    broken,
    every_break,
    json_values,
    largest,
    more_examples,
    priced,
    requests,
    smallest,
)

MODELS = tuple(model.model for model in AVAILABLE)


def found(request: object, **options: Any) -> Counter[tuple[str, str, str]]:
    """Return how often each (code, pointer, severity) stands in the report."""
    return Counter((one.code, one.pointer, one.severity) for one in validate(request, **options).problems)


class TestValidRequests:
    """A request that the table allows has no error, and has a price."""

    @given(requests())
    def test_validates_and_quotes(self, request_: dict[str, Any]) -> None:
        """It validates without error, and where it is quoted, to a positive whole number of micros."""
        assert validate(request_).ok
        answer = try_quote(request_)
        if isinstance(answer, Quote):
            assert answer.usd_micros > 0
        else:
            assert answer.code in {"price_unknown", "needs_measurement"}

    def test_of_every_model(self) -> None:
        """So do the smallest and the largest request of each model: no table is left out by chance."""
        assert MODELS
        for model in AVAILABLE:
            for request in (smallest(model), largest(model)):
                assert validate(request).ok, request


class TestBrokenRequests:
    """A valid request broken in one place has exactly that problem more, at that place."""

    @more_examples
    @given(broken())
    def test_exactly_that_problem(self, case: Broken) -> None:
        """The problem has the code, the pointer and the severity of the broken rule; no other problem is new."""
        self.check(case)

    def test_every_rule_of_every_field(self) -> None:
        """So it is for each rule that each field of each model states."""
        codes = set()
        for model in AVAILABLE:
            for case in every_break(model):
                self.check(case)
                codes.add(case.code)
        assert codes >= {"wrong_type", "missing_field", "not_allowed", "bad_url", "too_long", "too_many_items"}

    @staticmethod
    def check(case: Broken) -> None:
        """Compare the report of the broken request with that of the valid one."""
        new = found(case.request) - found(case.valid)
        assert new == Counter({(case.code, case.pointer, case.severity): 1}), case

    @given(broken())
    def test_strict_makes_errors_of_doubts(self, case: Broken) -> None:
        """With `strict` every warning is an error, but for the version, which is no matter of doubt."""
        strict = validate(case.request, strict=True)
        assert {one.code for one in strict.warnings} <= {"version_pinned"}
        assert found(case.request).total() == len(strict.problems)


class TestQuoteExactlyWhenValid:
    """`quote` refuses a request as invalid exactly when `validate` has an error."""

    @given(st.one_of(requests(), broken().map(lambda case: case.request), json_values))
    def test_quote_and_validate_agree(self, request_: object) -> None:
        """Both verbs and `try_quote` give one verdict; a refusal has the same report, and no price is left out else."""
        report = validate(request_)
        answer = try_quote(request_)
        if isinstance(answer, Quote):
            assert report.ok
            assert quote(request_) == answer
            return
        assert (answer.code != "invalid_request") == report.ok
        assert answer.report == report
        with pytest.raises((NotPriced, InvalidRequest)) as refusal:
            quote(request_)
        assert type(refusal.value) is (NotPriced if report.ok else InvalidRequest)
        assert refusal.value.report == report
        if report.ok:
            model = CATALOG[request_["model"]]  # type: ignore[index]
            left_out = [one for one in model.latest.priced.values() if one.default is None]
            assert left_out or model.latest.price.unknown or report.warnings


class TestKeyOrder:
    """The order of keys never matters."""

    @given(broken(), st.randoms(use_true_random=False))
    def test_any_order_gives_the_same_answer(self, case: Broken, random: Any) -> None:
        """A request with its keys shuffled, at both levels, has the same report and the same quote."""

        def shuffled(node: Any) -> Any:
            keys = list(node)
            random.shuffle(keys)
            return {key: node[key] for key in keys}

        other = shuffled(case.request)
        if isinstance(other.get("input"), dict):
            other["input"] = shuffled(other["input"])
        assert validate(other) == validate(case.request)
        assert try_quote(other) == try_quote(case.request)


class Silly:
    """An object whose every method raises: nothing of it may be called."""

    def _raise(self, *_: object, **__: object) -> Any:
        raise RuntimeError("called")

    __eq__ = __hash__ = __repr__ = __str__ = __len__ = __iter__ = __bool__ = __getattr__ = __getitem__ = _raise
    __class__ = property(_raise)


class SillyText(str):
    """A string whose every method raises: its text is what counts."""

    __slots__ = ()
    __eq__ = __repr__ = __str__ = __len__ = __iter__ = Silly._raise  # noqa: SLF001
    __hash__ = str.__hash__


def looped() -> list[Any]:
    """Return a list that contains itself."""
    loop: list[Any] = []
    loop.append(loop)
    return loop


@cache
def nested(depth: int) -> Any:
    """Return arrays in arrays, deeper than any recursion may go: always the same ones, since they take long to make."""
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def shared(width: int) -> Any:
    """Return a value that has 2 ** width leaves but only `width` containers."""
    value: Any = [0]
    for _ in range(width):
        value = [value, value]
    return value


HOSTILE: dict[str, Any] = {
    "raises": Silly,
    "text that raises": lambda: SillyText("5"),
    "loop": looped,
    "deep": lambda: nested(100_000),
    "shared": lambda: shared(90),
    "nan": lambda: float("nan"),
    "bytes": lambda: b"5",
    "set": lambda: {5},
    "digits": lambda: 10**5_000,
    "surrogate": lambda: "\ud800",
    "class": lambda: Silly,
    "keys": lambda: {Silly: 1, None: 2, "\ud800": 3, 10**9: 4},
}
# Hypothesis itself calls the methods of what it draws, so the values that raise are left to the test by name.
hostile = st.sampled_from([name for name in HOSTILE if "raises" not in name]).map(lambda name: HOSTILE[name]())
python_values = st.recursive(
    st.one_of(json_values, hostile, st.binary(), st.decimals(), st.complex_numbers(), st.dates(), st.uuids()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.none() | st.floats(), inner, max_size=3)
    ),
    max_leaves=6,
)


class TestAnyPython:
    """Any Python object may come in: nothing raises and every problem is of a known code."""

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_values_everywhere(self, name: str) -> None:
        """Each hostile value gets its answer as the request and in every place of it."""
        value = HOSTILE[name]()
        self.judge(value)
        self.judge({"model": value, "input": value, "version": value, "webhookUrl": value, "other": value})
        self.judge({"model": MODELS[0], "input": {"prompt": value, "images": [value], "other": {"deep": value}}})

    @given(requests(), python_values)
    def test_in_every_place(self, request_: dict[str, Any], value: object) -> None:
        """It gets a report and a quote or a refusal: as the request, and in every field of it and of its input."""
        self.judge(value)
        for key in ("model", "version", "input", "webhookUrl", "other"):
            self.judge({**request_, key: value})
        for name in (*CATALOG[request_["model"]].latest.fields, "other"):
            self.judge({**request_, "input": {**request_["input"], name: value}})

    @staticmethod
    def judge(request: object) -> None:
        """Ask every verb, and every form of the answer."""
        report = validate(request)
        assert {one.code for one in report.problems} <= set(CODES)
        assert len(str(report)) < 100_000
        report.to_dict()
        report.fixed(request)
        assert isinstance(try_quote(request), Quote | Declined)


class TestNothingIsChanged:
    """The request that comes in is never changed, not even by its fixes."""

    @given(broken())
    def test_the_request_stays_equal(self, case: Broken) -> None:
        """It equals a deep copy that was taken before."""
        before = deepcopy(case.request)
        report = validate(case.request)
        fixed = report.fixed(case.request)
        try_quote(case.request)
        assert repr(case.request) == repr(before) or case.code == "not_json"
        assert (fixed is case.request) == (not any(one.fix for one in report.problems))


def slips(request: dict[str, Any], random: Any) -> dict[str, Any]:
    """Return a request with the slips that people make: other types, case, blanks, units, names, a letter left out."""
    options = {field.name for field in CATALOG[request["model"]].latest.input if field.allowed}

    def slip(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            return random.choice([str(value), str(value).lower(), f"{value} "])
        if not isinstance(value, str):
            return random.choice([value, str(value)])
        if value in ("true", "false"):
            return random.choice([value == "true", value.upper(), f" {value}"])
        if not value.isdigit():
            return random.choice([value.upper(), f" {value}", value.replace(":", random.choice("xX/"))])
        units = [f"{value}s", f"{value} sec", f"{value}.0 Seconds"] if name == "duration" else []
        return random.choice([int(value), float(value), f"{value} ", *units])

    fields = {key: slip(key, value) if key in options else value for key, value in request["input"].items()}
    key = random.choice(sorted(fields) or [""])
    if key in (others := {"duration": "seconds", "has_sound": "audio", "num_images": "n"}) and random.random() < 0.5:
        fields[others[key]] = fields.pop(key)
    elif len(key) >= 8:
        fields[key[:3] + key[4:]] = fields.pop(key)
    return {**request, "input": fields}


class TestFixes:
    """A fix, where there is one, mends its problem."""

    @given(requests(), st.randoms(use_true_random=False))
    def test_fixed_requests_lack_those_problems(self, request_: dict[str, Any], random: Any) -> None:
        """None of the problems that had a fix is left, and nothing else can be fixed."""
        wrong = slips(request_, random)
        before = validate(wrong)
        after = validate(before.fixed(wrong))
        mended = {(one.code, one.pointer) for one in before.problems if one.fix}
        assert not mended & {(one.code, one.pointer) for one in after.problems}
        assert not any(one.fix for one in after.problems)

    @given(priced(), st.randoms(use_true_random=False))
    def test_slips_are_mended_whole(self, drawn: tuple[dict[str, Any], dict[str, Any]], random: Any) -> None:
        """The fixed request costs what was meant."""
        request, measured = drawn
        wrong = slips(request, random)
        assert (
            quote(validate(wrong).fixed(wrong), measured=measured).usd_micros
            == quote(request, measured=measured).usd_micros
        )


class TestProblems:
    """A problem is bounded, plain data."""

    def test_messages_are_short(self) -> None:
        """Nothing that breaks a rule of a shipped table has a message of more than 300 characters."""
        for model in AVAILABLE:
            requests = [case.request for case in every_break(model)]
            requests.append({"model": model.slug, "input": {"no_such_field": 1}})
            requests.append({"model": f"{model.slug}-x", "input": {}})
            for request in requests:
                for problem in validate(request):
                    assert len(problem.message) <= 300, problem

    @given(st.text(min_size=1, max_size=20).map(lambda text: text * 1_000), st.integers(min_value=2**300))
    def test_long_values_are_not_repeated(self, text: str, number: int) -> None:
        """Neither message nor data repeats a long value, wherever it stands."""
        request = {text: number, "model": text, "input": {text: text}, "webhookUrl": text}
        for problem in validate(request).problems:
            assert isinstance(problem, Problem)
            assert len(str(problem)) < 1_000
            assert len(repr(problem.to_dict())) < 3_000
