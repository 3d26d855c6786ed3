"""The type matrix: what people send for an option, against every field that has options."""

from __future__ import annotations

from typing import Any

import pytest

from dated import slug_of, table_files
from ratecard import validate
from strategies import CATALOG

VALUES: tuple[Any, ...] = (True, False, "true", "True", 1, 0, 1.0, "1", None, [], {})
FIELDS = [(model.model, field) for model in CATALOG for field in model.latest.input if field.allowed is not None]


def test_there_are_fields_to_try() -> None:
    """The matrix is not empty."""
    newest = {slug_of(file): file.read_text(encoding="utf-8").rpartition("[[revision]]")[2] for file in table_files()}
    assert {slug for slug, _ in FIELDS} == {slug for slug, text in newest.items() if "allowed = " in text}


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_type_and_option_are_compared_by_identity(value: Any) -> None:
    """A value passes exactly when it is of the field's own type and one of its options; else its code says which."""
    for slug, field in FIELDS:
        problems = validate({"model": slug, "input": {field.name: value}}).problems
        codes = [problem.code for problem in problems if problem.pointer == f"/input/{field.name}"]
        codes = [code for code in codes if code != "uncertain_name"]
        wanted = {"string": (str,), "number": (int, float), "boolean": (bool,)}[field.type]
        if type(value) not in wanted:
            expected = ["wrong_type"]
        elif value in (field.allowed or ()):  # of one type by now; JSON has one kind of number, so 1.0 is 1
            expected = []
        else:
            expected = ["not_allowed"]
        assert codes == expected, (slug, field.name)


@pytest.mark.parametrize(
    ("value", "mended"), [(5, "5"), (5.0, "5"), (" 5", "5"), ("5 ", "5"), (5.5, None), ("\uff15", None), ([5], None)]
)
def test_durations(value: Any, mended: str | None) -> None:
    """A duration that was surely meant is mended; a full-width five, half a second or an array is not."""
    model = "kling-plus/kling-o1-standard/text-to-video"
    problem = validate({"model": model, "input": {"prompt": "a cat", "duration": value}}).errors[0]
    expected = {"op": "replace", "path": "/input/duration", "value": mended}
    assert (problem.fix and problem.fix.to_dict()) == (expected if mended else None)
