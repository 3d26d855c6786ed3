"""Both clients, through one table of what can happen."""

from __future__ import annotations

import pytest

from ratecard.submit import Attempt, SubmissionUncertain
from submit.scenarios import SCENARIOS, Scenario
from submit.scripted import KINDS, Kind, run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(kind: Kind, scenario: Scenario) -> None:
    """The call ends as the table says, after exactly so many requests; what may have arrived is on the exception."""
    done = run(kind, scenario.script, scenario.method, *scenario.args, settings=scenario.settings, **scenario.options)
    if isinstance(scenario.expected, type):
        assert type(done.error) is scenario.expected, done
        assert done.code == scenario.code
    else:
        assert done.error is None
        found = {"ids": [job.job_id for job in done.result[0]]} if scenario.method == "jobs" else None
        for name, value in scenario.expected.items():
            assert (getattr(done.result, name) if found is None else found[name]) == value
    if scenario.name != "never seen":
        assert len(done.sent) == len(scenario.script)
    job_may_exist = type(done.error).__name__ in {
        "KeyboardInterrupt", "PriceDrift", "PriceDriftWarning", "SubmissionUncertain", "UnreadableCharge"
    }  # fmt: skip
    assert isinstance(getattr(done.error, "attempt", None), Attempt) == job_may_exist
    is_unsettled = isinstance(done.error, SubmissionUncertain | KeyboardInterrupt)
    assert len(done.client.unsettled) == is_unsettled
