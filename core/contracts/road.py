"""What the rooms after the interpreter hand on: the candidate, its verdict, the release that may trade."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

import msgspec

from core.contracts.plan import EditPlan, Value
from core.language import Language

FINDINGS_SHOWN: Final = 20
"""Of one gate; a report that nobody reads to its end helps nobody."""


class Utterance(Value, frozen=True):
    """What the owner said, and where it came from."""

    text: str
    owner: str  # who said it: a login name, a Telegram user id
    message: str  # the id of the message where it came from; unique for its source
    received_ns: int
    language: Language | None = None  # None: as the interpreter finds it


class Candidate(Value, frozen=True):
    """An edit that may be judged: a commit that is reachable by its own ref only. Hashes are 40 hex digits."""

    change: str
    base: str  # the live commit that it edits
    commit: str
    tree: str  # of the folder `strategy`, as `Source.tree_hash`
    base_tree: str
    plan: EditPlan | None  # None: judged by hand, no plan is known
    diff: str  # unified, of the whole commit
    summary: str = ""  # what it does, as one line for the history: Set stop_loss to 0.03 (was 0.02)
    tests: tuple[str, ...] = ()  # ids of the tests that this edit added: `tests/test_x.py::test_y`


class Outcome(StrEnum):
    """What a gate, or all of them, came to. Only `passed` is a pass."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # the gate itself could not be held: no data, a crash, a timeout
    SKIPPED = "skipped"  # not reached, an earlier one refused


class GateReport(Value, frozen=True):
    """One gate's outcome. `findings` are sentences, `figures` what it measured."""

    name: str
    outcome: Outcome
    seconds: float
    findings: tuple[str, ...] = ()
    figures: dict[str, float | int | str | None] = {}  # noqa: RUF012 - msgspec copies it for each value


class Box(Value, frozen=True):
    """What the candidate was judged in."""

    kind: str  # docker or bubblewrap
    image: str  # the image's id, or the version of bubblewrap
    profile: str  # SHA-256 of the system call filters


class Verdict(Value, frozen=True, omit_defaults=True):
    """The guardian's word on exactly one tree and plan. `outcome` is accepted or rejected; in doubt it is rejected."""

    outcome: str
    tree: str
    parent: str  # tree that it was compared with
    gates: tuple[GateReport, ...]
    box: Box
    data: str  # what history it was judged on
    versions: dict[str, str]  # of the gates and their tools
    judged_ns: int
    plan: str = ""  # EditPlan.digest of what was asked for; empty when judged by hand, as in verdicts of before

    def __post_init__(self) -> None:
        if self.outcome not in ("accepted", "rejected"):
            raise ValueError(f"a verdict is accepted or rejected, not {self.outcome}")
        if self.accepted and any(gate.outcome is not Outcome.PASSED for gate in self.gates):
            raise ValueError("a verdict cannot accept what a gate did not pass")
        if self.accepted and not self.gates:
            raise ValueError("a verdict cannot accept without a gate")

    @property
    def accepted(self) -> bool:
        """Whether this tree may trade."""
        return self.outcome == "accepted"

    @property
    def refused_by(self) -> GateReport | None:
        """The first gate that did not pass."""
        return next((g for g in self.gates if g.outcome in (Outcome.FAILED, Outcome.ERROR)), None)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole verdict, for the commit that it allows."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class Release(Value, frozen=True):
    """An accepted commit that may trade, and the sentence that led to it. The first commit has no change."""

    commit: str
    tree: str
    change: str = ""
    message: str = ""  # Utterance.message
