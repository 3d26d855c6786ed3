"""Both clients, through one table of what can happen."""

from __future__ import annotations

import pytest

from submit.scenarios import SCENARIOS, Scenario
from submit.scripted import KINDS, Kind, run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(kind: Kind, scenario: Scenario) -> None:
    """The call ends as the table says, after exactly so many requests and pauses."""
    done = run(kind, scenario.script, scenario.method, *scenario.args, settings=scenario.settings, **scenario.options)
    if isinstance(scenario.expected, type):
        assert type(done.error) is scenario.expected, done
    else:
        assert done.error is None
        found = {"ids": [one.job_id for one in done.result]} if scenario.method == "jobs" else None
        for name, value in scenario.expected.items():
            assert (getattr(done.result, name) if found is None else found[name]) == value
    assert len(done.sent) == (len(scenario.script) if scenario.sends is None else scenario.sends)
    assert done.sleeps == pytest.approx(scenario.sleeps)
