"""Both clients, through one table of what can happen."""

from __future__ import annotations

import pytest

from end_to_end.scanning import leaks_of
from ratecard.submit import Attempt, SubmissionUncertain
from submit.scenarios import SCENARIOS, Scenario
from submit.scripted import KEY, KINDS, Kind, run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(kind: Kind, scenario: Scenario, caplog: pytest.LogCaptureFixture) -> None:
    """The call ends as the table says, after exactly so many requests; what may have arrived is on the exception.

    The key was sent with each request, and is in no text, part, frame, log or address.
    """
    caplog.set_level(1)
    done = run(kind, scenario.script, scenario.method, *scenario.args, **scenario.options)
    if isinstance(scenario.expected, type):
        assert type(done.error) is scenario.expected, done
        assert done.code == scenario.code
    else:
        assert done.error is None
        found = {"ids": [job.job_id for job in done.listed]} if scenario.method == "jobs" else None
        for name, value in scenario.expected.items():
            assert (getattr(done.result, name) if found is None else found[name]) == value
    if scenario.name != "never seen":
        assert len(done.sent) == len(scenario.script)
    job_may_exist = type(done.error).__name__ in {"KeyboardInterrupt", "SubmissionUncertain", "UnreadableCharge"}
    assert isinstance(getattr(done.error, "attempt", None), Attempt) == job_may_exist
    is_unsettled = isinstance(done.error, SubmissionUncertain | KeyboardInterrupt)
    assert len(done.client.unsettled) == is_unsettled
    assert all(request.headers["Authorization"] == f"Bearer {KEY}" for request in done.sent)
    assert not any(KEY in str(request.url) or KEY.encode() in request.content for request in done.sent)
    assert not leaks_of(done.result, done.error, secret=KEY)
    assert KEY not in caplog.text
