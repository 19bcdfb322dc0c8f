"""For each gate a candidate that it refuses and no other gate does, judged whole: without that gate it would trade."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.contracts import AddRule, Condition, EditPlan, Outcome
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from services.editor import edit
from services.guardian.case import Evidence
from services.guardian.gates import GATES
from services.guardian.judge import as_object, judge
from services.guardian.made import made_markets
from services.guardian.parents import Parents
from tests.sampling import few

from .conftest import SHIPPED
from .edits import BAD
from .test_gates import ONLY

SETTINGS = Settings(guardian=GuardianSettings(sandbox="bubblewrap", gate_seconds=240))
EVIDENCE = Evidence(made_markets(), "made from a seed")
NEVER = EditPlan((AddRule("entry", "forbid", Condition("rsi", "<", 100), "never"),))
"""Who asks for fewer positions is told that there was none in the held-out window; none at all is refused."""
REFUSED = {
    **ONLY,
    **{gate: (candidate, None, why) for gate, (candidate, why) in BAD.items()},
    "behaviour": (Source.of(edit(SHIPPED.files, NEVER, "7").files), NEVER, "It never trades"),
}
NEED_COMPILED = ("twin", "relations", "causality", "behaviour", "backtest", "latency")
"""What does not compile can be shown to none of these, and each says so."""


@pytest.fixture(scope="module")
def parents() -> Iterator[Parents]:
    """The shipped strategy is compiled once."""
    kept = Parents()
    yield kept
    kept.close()


def test_there_is_one_for_every_gate() -> None:
    assert set(REFUSED) == set(GATES)


@pytest.mark.parametrize("gate", few(GATES, "policy", "causality"))
def test_one_gate_refuses_and_no_other_does(gate: str, parents: Parents) -> None:
    candidate, plan, why = REFUSED[gate]
    verdict = judge(
        None, candidate, SHIPPED, plan=plan, evidence=EVIDENCE, settings=SETTINGS, every=True, parents=parents
    )
    reports = {report.name: report for report in verdict.gates}
    assert tuple(reports) == tuple(GATES)
    if gate == "compile":
        assert all("could not be made ready" in reports.pop(other).findings[0] for other in NEED_COMPILED)
    refused = {name: report.findings for name, report in reports.items() if report.outcome is not Outcome.PASSED}
    assert list(refused) == [gate], refused
    assert reports[gate].outcome is Outcome.FAILED
    assert any(why in finding for finding in refused[gate]), refused
    assert not verdict.accepted

    told = json.loads(json.dumps(as_object(verdict), allow_nan=False))
    assert (told["tree"], told["parent"]) == (candidate.tree_hash, SHIPPED.tree_hash)
    for report in told["gates"]:
        assert set(report) == {"name", "outcome", "seconds", "findings", "figures"}
        assert report["seconds"] >= 0.0
        assert report["figures"] or report["outcome"] != "passed", report
