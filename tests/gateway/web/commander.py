"""A commander that follows a script: the real protocol on a real socket, and no strategy behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec

from core.contracts import State
from core.contracts.answers import (
    Answer,
    ChangeBrief,
    CloseSaid,
    DiffShown,
    Failed,
    Held,
    HeldShown,
    HistoryShown,
    OrderShown,
    Panicked,
    Paused,
    Resumed,
    Said,
    StatusShown,
    TradesShown,
    Unkilled,
    ValueShown,
)
from core.contracts.asking import Question, encode_last
from core.contracts.figures import TraderStatus
from core.contracts.ledger import (
    PositionsShown,
    TripExplained,
    TripsShown,
)
from core.contracts.plan import Action, Interpretation, Offer, Status
from core.contracts.reasons import NameExplained, Place, Reason, WhyShown
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Received,
    Shadowed,
    Switched,
    Telling,
    Understood,
    encode_line,
)
from core.language import Language
from core.owner import OwnersWord
from services.commander.line.local_socket import listen
from tests.gateway.drawings import judged
from tests.gateway.web.samples import (
    COMMIT,
    DIFF,
    GATES,
    HASH,
    NOW_NS,
    REFUSING,
    brief,
    candles,
    ended,
    equity,
    fill,
    mark,
    reason,
    shown,
    trader,
    trip,
)


@dataclass
class Script:
    """What the commander knows, and what it was asked."""

    trader: TraderStatus | None = field(default_factory=trader)
    changes: list[ChangeBrief] = field(
        default_factory=lambda: [brief("1a2b3c4d", "aumente o stop para 3%", trades=True)]
    )
    held: dict[str, Held] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=lambda: [reason("BTCUSDT"), reason("ETHUSDT", "rule", "volume_gate")])
    asked: list[Question] = field(default_factory=list)
    approved: list[tuple[str, str]] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)  # kinds of questions
    twice: bool = False  # what is held gives the agent more to do with
    paused: bool = False
    closing: bool = False
    subject: str = "As it is shipped"
    numbers: int = 0
    said: Said | None = None  # to whatever is neither an edit nor a question of the tests

    def acts(self, do: str) -> list[Question]:
        """The questions of that kind."""
        return [asked for asked in self.asked if asked.do == do]


Tell = Callable[[Telling], None]


class Commander:
    """Listens in a data folder."""

    def __init__(self, folder: Path, script: Script) -> None:
        self.folder, self.script = folder, script
        self._listeners: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._take, sock=listen(self.folder), limit=1 << 20)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._listeners):
            writer.close()
        (self.folder / "sorte.sock").unlink(missing_ok=True)

    def broadcast(self, told: Telling) -> None:
        """Tell everybody who listens."""
        for writer in list(self._listeners):
            writer.write(encode_line(told) + b"\n")

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            if not line:
                return
            asked = msgspec.json.decode(line, type=Question)
            if asked.do == "listen":
                self._listeners.add(writer)
                await reader.read()
                return
            self.script.asked.append(asked)
            if asked.do in self.script.unanswered:
                await reader.read()
                return

            def tell(told: Telling) -> None:
                writer.write(encode_line(told) + b"\n")
                self.broadcast(told)

            writer.write(encode_last(self._answer(asked, tell)) + b"\n")
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._listeners.discard(writer)
            writer.close()

    def _answer(self, asked: Question, tell: Tell) -> Answer:
        script = self.script
        match asked.do:
            case "status":
                return self._status()
            case "history":
                return HistoryShown(changes=script.changes[: asked.limit])
            case "held":
                return HeldShown(held=list(script.held.values()))
            case "trades":
                return TradesShown(fills=[fill(1, "BUY"), fill(2, "SELL")][: asked.limit])
            case "trips":
                return TripsShown(
                    account="paper", currency="USDT", pair="", period="", total=2, trips=[trip(2, None), trip(1, 5)]
                )
            case "trip":
                return self._trip(asked.id)
            case "equity":
                return equity()
            case "candles":
                return candles(asked.pair)
            case "judged":
                return judged()
            case "why":
                now = [each for each in script.reasons if asked.pair in ("", each.pair)]
                return WhyShown(pair=asked.pair, at_ns=asked.at_ns, now=now, reasons=now[:1], runs=True)
            case "show":
                return self._show(asked.id)
            case "diff":
                return DiffShown(id=asked.id, diff=DIFF)
            case "explain" if asked.id == "last trade":
                return Said(text="Nothing was bought or sold yet.", done=False)
            case "positions":
                return PositionsShown(account="paper", currency="USDT", runs=True, positions=[])
            case "unkill":
                OwnersWord(self.folder).unkill()
                return Unkilled(halted=False, runs=True, text="dito")
            case "explain":
                return NameExplained(
                    name=asked.id, sort="parameter", about="A loss of this size is sold.", value=0.02, low=0.001,
                    high=0.5, unit="fraction", used=[Place(file="decide.py", function="exits", line=12)], history=[],
                )  # fmt: skip
            case "pause" | "resume" | "panic":
                getattr(OwnersWord(self.folder), asked.do)()
                script.paused, script.closing = asked.do != "resume", asked.do == "panic"
                kind = {"pause": Paused, "resume": Resumed, "panic": Panicked}[asked.do]
                return kind(halted=False, runs=True, text="dito")
            case "close":
                return CloseSaid(done=True, pair=asked.pair, text=f"{asked.pair} is being closed.")
            case "change":
                return self._change(asked, tell)
            case "rollback":
                return self._hold(
                    asked,
                    said(asked, "voltar para 0123456789ab?", "go back to 0123456789ab?"),
                    (said(asked, "desfaz 1a2b3c4d", "undoes 1a2b3c4d"),),
                    "",
                    asked.to or "",
                )
            case "approve" | "reject":
                return self._decided(asked, tell)
            case _:
                return Failed(message=f"Nobody has written what {asked.do} says.", hint="")

    def _status(self) -> StatusShown:
        change = self.script.changes[0] if self.script.changes else None
        return StatusShown(
            main=COMMIT, live=COMMIT, trader=self.script.trader, away=None, subject=self.script.subject, underway=None,
            change=change, refused=None, other_trader=None, paused=self.script.paused, closing=self.script.closing,
            killed=False,
        )  # fmt: skip

    def _trip(self, wanted: str) -> Answer:
        if wanted not in ("1", "2"):
            return Failed(message=f"There is no trade {wanted}.", hint="")
        return TripExplained(
            account="paper", currency="USDT", trip=trip(int(wanted), 5 if wanted == "1" else None),
            entry_why=reason("BTCUSDT", "buys"), exit_why=None, entry_about="", exit_about="", exit_text="",
            fills=[mark("BUY"), mark("SELL")],
        )  # fmt: skip

    def _show(self, wanted: str) -> Answer:
        known = {each.id: each for each in self.script.changes}
        if wanted.startswith("s1-"):
            order = OrderShown(
                client_id=wanted, symbol="BTCUSDT", side="BUY", quantity=Decimal("0.02"), price=Decimal("65000.10"),
                time_ns=NOW_NS, epoch=1, release="a" * 40, sequence=7, reason="score", commit=COMMIT, change="1a2b3c4d",
                message="cli:1",
            )  # fmt: skip
            return shown(self.script.changes[0], order=order)
        if wanted == "asked001":
            offers = tuple(Offer(action=Action("status")) for _ in range(2))
            meant = Interpretation(Status.ASK, Language.PT, "grammar", 1.0, question="Qual?", offers=offers)
            return msgspec.structs.replace(shown(brief("asked001", "?", State.ASK)), interpretation=meant)
        if wanted not in known:
            return Failed(message=f"There is no change or order '{wanted}'.", hint="`sorte history` lists the changes.")
        return shown(known[wanted])

    def _change(self, asked: Question, tell: Tell) -> Answer:
        if "stop" in asked.text and "3%" in asked.text:
            return self._hold(asked, said(asked, "Aplicar?", "Apply it?"), ("stop_loss: 2% -> 3%",), DIFF, "", tell)
        if "parâmetros" in asked.text or "parameters" in asked.text:
            values = {"stop_loss": 0.02, "take_profit": 0.04, "rsi_period": 14}
            return ValueShown(what="", parameters=values, rules={"volume_gate": True, "night": False})
        if "1%" in asked.text:
            return ended("asked001", State.ASK, "Qual? 1) stop_loss: 2% -> 3%; 2) stop_loss: 2% -> 2,02%")
        return self.script.said or Said(text=f"entendi: {asked.text}")

    def _hold(
        self, asked: Question, question: str, lines: tuple[str, ...], diff: str, target: str, tell: Tell | None = None
    ) -> Held:
        self.script.numbers += 1
        change = f"held{self.script.numbers:04d}"
        held = Held(
            id=change, hash=HASH, question=question, lines=lines, diff=diff, target=target,
            twice=self.script.twice, text=asked.text, owner=asked.owner, message=asked.message,
            language=Language.PT, expires_ns=time.time_ns() + 900 * 10**9,
        )  # fmt: skip
        self.script.held[change] = held
        if tell is not None:
            meant = Interpretation(Status.NONE, Language.PT, "grammar", 1.0, reason="-")
            for told in (
                Received(id=change),
                Understood(id=change, interpretation=meant, lines=list(lines), seconds=0.004),
            ):
                tell(told)
            tell(DiffShown(id=change, diff=diff, seconds=0.21))
        return held

    def _decided(self, asked: Question, tell: Tell) -> Answer:
        held = self.script.held.get(asked.id)
        if held is None:
            return Failed(message=f"Nothing waits under {asked.id}.", hint="")
        if asked.do == "reject":
            del self.script.held[asked.id]
            return ended(asked.id, State.REJECTED, "você recusou")
        if asked.hash != held.hash:
            return Failed(message="What you were shown is not what it is now.", hint="Look again.")
        del self.script.held[asked.id]
        self.script.approved.append((asked.id, asked.hash))
        gates = [*GATES[:2], REFUSING] if "4" in held.text else GATES
        for gate in gates:
            tell(GateHeld(id=asked.id, gate=gate))
        if gates[-1] is REFUSING:
            told = ended(asked.id, State.REJECTED, "os testes não passaram")
            self.broadcast(told)
            return told
        tell(Committed(id=asked.id, commit=COMMIT))
        tell(HostStaged(id=asked.id, ready_seconds=1.4, compile_seconds=0.9, warmed_until=9))
        tell(Shadowed(id=asked.id, events=240, differing=0, changed=3))
        tell(Switched(id=asked.id, epoch=2, first=900, events_lost=0, events_doubled=0))
        self.script.changes.insert(0, brief(asked.id, held.text or "rollback", trades=True, watch="running"))
        live = ended(asked.id, State.LIVE, said(asked, "opera desde agora", "trades from now on"), commit=COMMIT)
        self.broadcast(live)
        return live


def said(asked: Question, pt: str, en: str) -> str:
    """In the language that was asked in; English is not sent."""
    return pt if asked.language is Language.PT else en
