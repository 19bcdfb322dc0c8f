"""The changes that wait for their owner, wherever he said the sentence, and the buttons that let them go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from core.contracts.answers import Answer, Held, HeldShown
from services.gateway.approvals import Again, Decision, Go, Press
from services.gateway.store.approved import Approvals
from services.gateway.web.views.road import Road, Roads, Waiting

SURFACE: Final = "web"
PAGE: Final = "page"
"""The chat of an approval that was made here: every tab of an owner's is the same place."""


class Holding:
    """One button for each change that waits and what was shown of it."""

    def __init__(self, approvals: Approvals, edit: Callable[[Callable[[Roads], Roads]], None]) -> None:
        self._approvals, self._edit = approvals, edit
        self._held: dict[str, tuple[str, str]] = {}  # change -> hash of what was shown, token of its button

    def take(self, answer: Answer | None) -> None:
        """All that wait now; what is not among them waits no more."""
        if not isinstance(answer, HeldShown):
            return
        for gone in self._held.keys() - {held.id for held in answer.held}:
            self.release(gone)
        for held in answer.held:
            self.hold(held)

    def hold(self, held: Held) -> None:
        """A change waits; it is shown with what its owner says yes to."""
        if self._held.get(held.id, ("",))[0] == held.hash:
            return
        made = self._approvals.make(
            "approve",
            change=held.id,
            hash=held.hash,
            user=SURFACE,
            chat=PAGE,
            surface=SURFACE,
            expires_ns=held.expires_ns,
            twice=held.twice,
        )
        self._held[held.id] = (held.hash, made.token)
        waiting = Waiting(held.question, held.lines, made.token, held.expires_ns)

        def edit(roads: Roads) -> Roads:
            road = roads.of(held.id) or Road(held.id, 0)  # nobody tells when it was said
            return roads.put(replace(road, held=waiting, text=held.text, diff=held.diff or road.diff))

        self._edit(edit)

    def release(self, change: str) -> None:
        """It waits no more."""
        self._held.pop(change, None)

        def edit(roads: Roads) -> Roads:
            road = roads.of(change)
            return roads.put(replace(road, held=None)) if road is not None else roads

        self._edit(edit)

    def decline(self, change: str, token: str, now_ns: int) -> bool:
        """He says no; false for a button that stands for nothing."""
        kept = self._approvals.find(token)
        if kept is None or kept.change != change:
            return False
        self._approvals.drop(token, now_ns)
        self.release(change)
        return True

    def token(self, change: str) -> str:
        """Of the button of a change that waits; empty when it waits no more."""
        return self._held.get(change, ("", ""))[1]

    def press(self, change: str, token: str, now_ns: int, *, again: bool = False) -> Go | Again | str:
        """What a press on its button leads to; why to nothing, where it does not: used, expired, changed, unknown.

        `again`: it is the second yes.
        """
        kept = self._approvals.find(token)
        if kept is None or kept.change != change:
            return "unknown"
        shown = self._held.get(change)
        decided: Decision = self._approvals.press(
            Press(token, SURFACE, PAGE, SURFACE, hash=shown[0] if shown is not None else "", again=again), now_ns
        )
        if isinstance(decided, Again):
            return decided
        if isinstance(decided, Go):
            self.release(change)
            return decided
        reason = getattr(decided, "reason", "unknown")
        return {"stale": "changed"}.get(reason, reason if reason in ("used", "expired") else "unknown")
