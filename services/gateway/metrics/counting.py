"""Counts what is told: changes and their gates, builds, switches, rollbacks, inference, faults, denied orders.

Counts begin with the gateway's process, as Prometheus expects of a counter.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from core.contracts.answers import ChangeEnded
from core.contracts.events import Decided, Denied, FaultTold, Filled, HostReady, Rejected, Unfilled
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Received,
    Recovered,
    Shadowed,
    Switched,
    Telling,
    Understood,
    Watched,
)

GATE_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
BUILD_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
INFERENCE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
CHANGE_SECONDS: Final = (1, 2.5, 5, 10, 20, 30, 60, 120, 300)


class Counts:
    """What was heard since the gateway's start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"sorte_{name}", about, labels, registry=registry)

        def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"sorte_{name}_seconds", about, labels, buckets=buckets, registry=registry)

        self.sentences = counter("sentences", "Sentences that were written down as changes.")
        self.changes = counter("changes", "Changes that ended, by how.", "state")
        self.change_seconds = histogram("change", "From a sentence to its end, without waiting.", CHANGE_SECONDS)
        self.releases = counter("releases", "Release commits that were made.")
        self.rollbacks = counter("rollbacks", "Releases that were taken back, by whom.", "by")
        self.switches = counter("switches", "Switches from one release to another.")
        self.switch_lost = counter("switch_events_lost", "Events lost in switches; a promise says none.")
        self.gates = counter("gates", "Gates that were held, by outcome.", "gate", "outcome")
        self.gate_seconds = histogram("gate", "How long a gate took.", GATE_SECONDS, "gate")
        self.builds = counter("builds", "Hosts that were made ready.")
        self.build_seconds = histogram("build_compile", "How long a host compiled.", BUILD_SECONDS)
        self.shadowed = counter("shadow_decisions_changed", "Decisions that a shadow run would have made otherwise.")
        self.inferences = counter("inferences", "Sentences that were understood, by whom.", "backend", "status")
        self.inference_seconds = histogram("inference", "How long understanding took.", INFERENCE_SECONDS, "backend")
        self.faults = counter("faults_told", "Faults that were told, by cause.", "cause")
        self.denied = counter("orders_denied", "Orders that a limit forbade.", "code")
        self.rejected = counter("orders_rejected", "Orders that the exchange refused.")
        self.unfilled = counter("orders_unfilled", "Orders that ended without a trade.")
        self.decided = counter("orders_decided", "Decisions that became orders.", "pair", "action")
        self.filled = counter("trades", "Trades of orders.", "pair", "side")

    def hear(self, told: Telling) -> None:
        """Count one thing that was told."""
        match told:
            case Decided(pair=pair, action=action):
                self.decided.labels(pair, action).inc()
            case Filled(pair=pair, side=side):
                self.filled.labels(pair, side).inc()
            case FaultTold(cause=cause):
                self.faults.labels(cause).inc()
            case Denied(code=code):
                self.denied.labels(code).inc()
            case Rejected():
                self.rejected.inc()
            case Unfilled():
                self.unfilled.inc()
            case _:
                self._on_the_road(told)

    def _on_the_road(self, told: Telling) -> None:
        match told:
            case Received():
                self.sentences.inc()
            case Understood(interpretation=understood):
                self.inferences.labels(understood.backend, understood.status).inc()
                self.inference_seconds.labels(understood.backend).observe(understood.ms / 1000)
            case GateHeld(gate=gate):
                self.gates.labels(gate.name, gate.outcome).inc()
                self.gate_seconds.labels(gate.name).observe(gate.seconds)
            case Committed():
                self.releases.inc()
            case HostReady(compile_seconds=seconds) | HostStaged(compile_seconds=seconds):
                self.builds.inc()
                self.build_seconds.observe(seconds)
            case Shadowed(changed=changed):
                self.shadowed.inc(changed)
            case Switched(events_lost=lost):
                self.switches.inc()
                self.switch_lost.inc(lost)
            case Watched(state="rolled_back" | "rolling_back"):
                self.rollbacks.labels("watch").inc()
            case ChangeEnded() | Recovered():
                self._ended(told)

    def _ended(self, told: ChangeEnded | Recovered) -> None:
        self.changes.labels(told.state).inc()
        if "total" in told.seconds:
            self.change_seconds.observe(told.seconds["total"])
        if told.state == "rolled_back":
            self.rollbacks.labels("owner").inc()
