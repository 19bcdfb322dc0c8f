"""Verdicts that are given again, because nothing that they depend on has changed since.

The key is all that a judgement looks at: both trees, the plan, the diff, the tests that came with it, every bar of the
history, the box, the settings of the guardian, the tools and every file of the judge himself. What is kept bears a
keyed hash (`core.compiled.store`), so nobody else can put a verdict there. Only what every gate that was reached could
really be held on is kept: what a busy machine or a broken box came to is judged again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np

from core.compiled.store import Store
from core.contracts import Box, EditPlan, Outcome, Verdict
from core.settings.sections import GuardianSettings
from core.strategy import Source
from services.guardian.case import Evidence
from services.guardian.judged import Judged

PURPOSE: Final = "verdicts"


class Kept(msgspec.Struct, frozen=True):
    """One judgement."""

    verdict: Verdict
    judged: Judged | None


class KeptVerdicts:
    """Those of this user; the oldest go when there are too many. No call raises."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or Store(PURPOSE)

    def find(self, key: str) -> Kept | None:
        """What was judged before under the same key."""
        data = self._store.read(key)
        try:
            return msgspec.msgpack.decode(data, type=Kept) if data else None
        except (msgspec.MsgspecError, ValueError):
            return None

    def keep(self, key: str, verdict: Verdict, judged: Judged | None) -> None:
        """Keep it, when it says something of the candidate and nothing of the machine."""
        ends = {gate.outcome for gate in verdict.gates}
        if Outcome.ERROR not in ends and verdict.accepted == (ends == {Outcome.PASSED}):
            self._store.write(key, msgspec.msgpack.encode(Kept(verdict, judged)))


def key_of(
    source: Source,
    parent: Source,
    plan: EditPlan | None,
    evidence: Evidence,
    box: Box,
    settings: GuardianSettings,
    versions: Mapping[str, str],
    **more: Any,
) -> str:
    """All that a judgement depends on, as one hash. `more` are words: the diff, the tests that were added."""
    words: list[object] = [source.tree_hash, parent.tree_hash, plan.digest if plan else "", evidence.origin]
    words += [evidence.zone, box, settings.model_dump_json(), sorted(versions.items()), sorted(more.items())]
    digest = hashlib.sha256(repr(words).encode("utf-8", "surrogatepass"))
    for market in evidence.markets:
        digest.update(repr((market.symbol, market.timeframe_ns, market.price_tick, market.lot)).encode())
        digest.update(repr((market.min_notional, len(market.rows))).encode())
        digest.update(np.ascontiguousarray(market.rows).tobytes())
    return digest.hexdigest()
