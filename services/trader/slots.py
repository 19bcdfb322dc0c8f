"""Whose decisions count: the slots blue, green and previous, and the turn of each event.

Every host is fed every event. The turn of an event belongs to the host that is blue when the event is sent, so a
switch is one assignment between two events: those before it are answered by the old host, those after it by the new
one. The host that was blue stays warm as `previous`, and going back is the same assignment. When the owner of a turn
is late or dies, the turn falls to the previous host if it has answered, and else to hold.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final

from core.errors import SandboxError
from core.releases import Release
from services.trader.beside import Beside
from services.trader.budget import HOUR_SECONDS, HourlyBudget
from services.trader.host import Decision, Host
from services.trader.succession import Death, Roles, after_death

RETIRED: Final = "host_retired"
"""The cause of a death that is no fault: the host was not needed any more."""
UNFIT: Final = "host_failed"
"""The cause of a death at the start that another start would not mend: the strategy does not load or compile."""
DEATHS: Final = {RETIRED: Death.RETIRED, UNFIT: Death.UNFIT}
"""By cause; every other one is a failure that another start may mend."""
RETRY_SECONDS: Final = 1.0
"""Between two tries to build a box that could not be built."""
MACHINE_LATE: Final = 10
"""Times as many lost turns in a row retire a host when the one before it answers none of them either: that is the
machine, unless it lasts."""


class Turn:
    """One event that waits for its decision."""

    __slots__ = ("acts", "fallback", "owner", "pair", "received_ns", "sent_ns", "sequence")

    def __init__(
        self, sequence: int, pair: int, owner: Host | None, received_ns: int, sent_ns: int, acts: bool
    ) -> None:
        self.sequence = sequence
        self.pair = pair
        self.owner = owner
        self.received_ns = received_ns  # monotonic: when its frame was read
        self.sent_ns = sent_ns  # monotonic: when the hosts were sent the event
        self.acts = acts  # False: an event of the past, or of an epoch that is over; its decision orders nothing
        self.fallback: tuple[Host, Decision] | None = None  # what the previous host said


class Slots:
    """Feeds the hosts and settles the turns.

    `on_turn(turn, decision)` is called once for every event that was sent while somebody was blue, with None for hold;
    `turn.owner` is who decided. `on_fault(cause, subject, detail)` is called once for each fault, `on_succession(host)`
    when blue has died and `host` decides from now on. `start(release)` must make a host; it may raise SandboxError.
    Dead hosts are replaced `restarts` times within an hour of `clock` (seconds); what would be one too many waits.
    """

    def __init__(
        self,
        *,
        start: Callable[[Release, Slots], Host],
        on_turn: Callable[[Turn, Decision | None], None],
        on_fault: Callable[[str, str, str], None],
        on_succession: Callable[[Host], None] = lambda _: None,
        on_shadow: Callable[[Host, Decision], None] | None = None,
        deadline_ms: float,
        late_turns: int,
        restarts: int,
        restarts_seconds: float = HOUR_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.blue: Host | None = None
        self.green: Host | None = None
        self.previous: Host | None = None
        self._left: Host | None = None  # who was gone back from: kept warm for the owner, decides nothing by itself
        self.turns: dict[int, Turn] = {}
        self.sent = 0  # events fed
        self.opened = 0  # of these, with a turn: somebody was blue
        self.settled = 0  # turns that were given a decision, or hold
        self.unanswered = 0  # of these, turns that nobody answered
        self.switches = 0
        self.beside = Beside()
        self._silent_turns = 0  # in a row: neither their owner nor its heir has answered them
        self._start = start
        self.on_shadow = on_shadow  # hears what hosts decide whose decisions do not count
        self._on_turn, self._on_fault = on_turn, on_fault
        self._on_succession = on_succession
        self._deadline_ns = int(deadline_ms * 1e6)
        self._late_turns = late_turns
        self._restarts = HourlyBudget(restarts, clock, within_seconds=restarts_seconds)
        self._given_up = False
        self._retries: list[asyncio.TimerHandle] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def hosts(self) -> list[Host]:
        """Every host that is fed, each once."""
        return list(dict.fromkeys(host for host in (self.blue, self.green, self.previous) if host is not None))

    @property
    def _roles(self) -> Roles[Host]:
        return Roles(self.blue, self.green, self.previous, self._left)

    @property
    def _heir(self) -> Host | None:
        return self.previous if self.previous is not self._left else None  # as `Roles.heir`; asked at each answer

    # One event -------------------------------------------------------------------------------------------------------

    def feed(self, sequence: int, pair: int, event: bytes, received_ns: int, *, acts: bool = True) -> None:
        """Send an event to every host and open its turn."""
        self.sent += 1
        # As they are now: should blue be found dead in here, its heir must still be fed this event, and a newcomer not.
        blue, previous, green = self.blue, self.previous, self.green
        if blue is not None and blue.heard:
            self.opened += 1
            self.turns[sequence] = Turn(sequence, pair, blue, received_ns, time.monotonic_ns(), acts)
            blue.feed(sequence, event)
        elif blue is not None:
            blue.feed(sequence, event)
        if previous is not None:
            previous.feed_soon(sequence, event)
            self.beside.sent(sequence, received_ns)
        if green is not None:
            green.feed_soon(sequence, event)
        if blue is not None and len(self.turns) > 1:
            blue.receive()  # frames come in bursts: an answer to an earlier one need not wait for the last one's frame
        if self._timer is None and self.turns:
            self._timer = self._loop.call_later(self._deadline_ns / 1e9, self._judge_late)

    def decided(self, host: Host, decision: Decision) -> None:
        """A host has answered an event."""
        turn = self.turns.get(decision.sequence)
        if turn is not None and decision.pair != turn.pair:
            host.end("host_nonsense", f"answered for pair {decision.pair} at an event of pair {turn.pair}")
            return
        if turn is not None and turn.owner is host:
            host.late_turns = self._silent_turns = 0
            self._settle(turn, decision)
            return
        if host is self.previous:
            self.beside.answered(decision.sequence)
        if turn is not None and host is self._heir:
            turn.fallback = host, decision
        if self.on_shadow is not None:
            self.on_shadow(host, decision)

    def _fall_back(self, turn: Turn) -> None:
        decision = None
        if turn.fallback is not None:
            turn.owner, decision = turn.fallback
        self._settle(turn, decision)

    def _settle(self, turn: Turn, decision: Decision | None) -> None:
        del self.turns[turn.sequence]
        self.settled += 1
        self.unanswered += decision is None
        self._on_turn(turn, decision)

    # Lateness and death ----------------------------------------------------------------------------------------------

    def _judge_late(self) -> None:
        self._timer = None
        for host in self.hosts:
            while host.receive():  # the answers may lie here already: a stalled machine is not a late host
                pass
        now = time.monotonic_ns()
        for turn in list(self.turns.values()):
            if turn.sequence not in self.turns:
                continue
            if now - turn.sent_ns < self._deadline_ns:
                break
            self._late(turn)
        if self.turns and self._timer is None:
            oldest = next(iter(self.turns.values()))
            wait_ns = max(self._deadline_ns - (now - oldest.sent_ns), 1_000_000)
            self._timer = self._loop.call_later(wait_ns / 1e9, self._judge_late)

    def _late(self, turn: Turn) -> None:
        owner = turn.owner
        silent = turn.fallback is None and self._heir is not None and self._heir.heard
        self._fall_back(turn)
        if owner is None or not owner.heard:
            return
        if silent and self._silent_turns < MACHINE_LATE * self._late_turns:
            self._silent_turns += 1
            if self._silent_turns == 1:
                told = f"event {turn.sequence} was answered by no host in time; the machine is too busy"
                self._on_fault("hosts_late", "machine", told)
            return
        owner.late_turns += 1
        if owner.late_turns == 1:
            self._on_fault("host_late", owner.release.tree_hash, f"event {turn.sequence} not answered in time")
        if owner.late_turns >= self._late_turns:
            owner.end("host_hung", f"{owner.late_turns} events in a row not answered in time")

    def ended(self, host: Host) -> None:
        """A host is dead: `succession` says who takes its slot and its turns, and what is started in its place."""
        death = DEATHS.get(host.cause, Death.FAILED)
        if death is not Death.RETIRED:
            self._on_fault(host.cause, host.release.tree_hash, host.detail)
        after = after_death(self._roles, host, death)
        self.blue, self.green, self.previous = after.roles.blue, after.roles.green, after.roles.previous
        if after.decides is not None:
            self._on_succession(after.decides)
        for turn in [turn for turn in self.turns.values() if turn.owner is host]:
            if turn.fallback is None and after.falls_to is not None and after.falls_to.heard:
                turn.owner = after.falls_to  # it was fed the event and will answer it
            else:
                self._fall_back(turn)
        if after.gives_up:
            self._give_up(host.release)
        elif after.starts is not None:
            self._replace(after.starts.release)

    def _replace(self, release: Release) -> None:
        if self.blue is not None and self.previous is not None:
            return  # both slots were filled while a retry waited
        if not self._restarts.take():
            self._give_up(release)
            wait = self._restarts.free_in()
            if math.isfinite(wait):
                self._retries.append(self._loop.call_later(wait, self._replace_later, release))
            return
        self._given_up = False
        try:
            host = self._start(release, self)
        except SandboxError as error:
            self._on_fault("host_not_started", release.tree_hash, str(error))
            self._retries.append(self._loop.call_later(RETRY_SECONDS, self._replace, release))
            return
        if self.blue is None:
            self.blue = host
        else:
            self.previous = host

    def _replace_later(self, release: Release) -> None:
        """An hour is long: when another release decides by now, what failed then is not started beside it."""
        self._replace(release if self.blue is None else self.blue.release)

    def _give_up(self, release: Release) -> None:
        if not self._given_up:
            self._given_up = True
            wait = self._restarts.free_in()
            until = f" for {wait / 60:.0f} min" if 0.0 < wait < math.inf else ""
            self._on_fault(
                "host_given_up", release.tree_hash, f"not started again{until}; what still runs decides, else hold"
            )

    # Switching -------------------------------------------------------------------------------------------------------

    def stage(self, host: Host) -> None:
        """Give the green slot to a host; it is fed from now on, and its decisions are recorded but not acted on."""
        if self.green is not None and self.green is not host:
            self.green.end(RETIRED, "another candidate took the green slot")
        self.green = host

    def switch(self) -> Host:
        """Make green blue, between two events. Blue stays warm as previous. RuntimeError when green is not ready."""
        green = self.green
        if green is None or not green.heard:
            raise RuntimeError("there is no warm host in the green slot")
        self._fence()
        retired, self.previous, self.blue, self.green = self.previous, self.blue, green, None
        if retired is not None and retired is not self.previous:
            retired.end(RETIRED, "two releases ago")
        return green

    def switch_back(self) -> Host:
        """Make previous blue again, between two events; who was blue becomes previous, and is no heir."""
        previous = self.previous
        if previous is None or not previous.heard:
            raise RuntimeError("there is no warm previous host")
        self._fence()
        self.blue, self.previous = previous, self.blue
        self._left = self.previous
        return previous

    def _fence(self) -> None:
        """A new epoch begins: what is still being decided in the old one is answered, and orders nothing."""
        self.switches += 1
        for turn in self.turns.values():
            turn.acts = False

    def close(self) -> None:
        """End every host; their death is no fault."""
        for timer in (self._timer, *self._retries):
            if timer is not None:
                timer.cancel()
        self.settled += len(self.turns)
        self.unanswered += len(self.turns)
        self.turns.clear()  # what is still open is held, and told to nobody: a stopping trader decides nothing
        for host in self.hosts:
            host.end(RETIRED, "the trader stops")
