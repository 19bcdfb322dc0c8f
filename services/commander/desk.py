"""What can be asked of a commander, whether a trader runs or not, and the last line that each question gets."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from core.contracts import Change, Interpretation, Language, State, Utterance
from core.errors import ConfigurationError
from services.commander import commits, orders
from services.commander.context import Context, Tell, rollback_utterance
from services.commander.returning import roll_back
from services.commander.road import Confirm, walk
from services.commander.texts import say
from services.commander.trader_port import TraderGone
from services.commander.watching import Watcher
from services.trader.trader import KILL_FILE, PAUSE_FILE

Final = dict[str, Any]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question. `owner` and `message` say who asks and where; a local socket fills them in itself."""

    do: Literal["change", "history", "show", "diff", "rollback", "status", "pause", "resume", "panic", "listen"]
    text: str = ""
    yes: bool = False  # the owner confirms beforehand
    id: str = ""
    to: str | None = None
    steps: int = 1
    limit: int = 20
    owner: str = ""
    message: str = ""


class Desk:
    """Answers questions, one final object for each."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.watcher = Watcher(context)

    async def answer(self, ask: Ask, tell: Tell, confirm: Confirm) -> Final:
        """The answer to `ask`; SorteError when it makes no sense."""
        answers: dict[str, Callable[[], Any]] = {
            "change": lambda: self._change(ask, tell, confirm),
            "history": lambda: self._history(ask.limit),
            "show": lambda: self._show(ask.id),
            "diff": lambda: self._diff(ask.id),
            "rollback": lambda: self._roll_back(ask),
            "status": self._status,
            "pause": lambda: self._pause(on=True),
            "resume": lambda: self._pause(on=False),
            "panic": self._panic,
        }
        final: Final = await answers[ask.do]()
        return final

    # Changes ----------------------------------------------------------------------------------------------------------

    async def _change(self, ask: Ask, tell: Tell, confirm: Confirm) -> Final:
        said = Utterance(ask.text, ask.owner or getpass.getuser(), ask.message or new_message(), time.time_ns())
        change = await walk(self.context, said, tell, _always if ask.yes else confirm)
        self._follow(change)
        understood = change.interpretation
        if (
            change.state is State.NONE
            and understood is not None
            and understood.action is not None
            and not change.reason
        ):
            return await self._act(understood)
        return outcome(change)

    def _follow(self, change: Change) -> None:
        """Watch what has become live; stop watching what was taken back."""
        if change.state is State.LIVE and change.watch == "running":
            self.watcher.watch(change)
        elif change.state is State.ROLLED_BACK:
            self.watcher.supersede("taken back")

    async def _act(self, understood: Interpretation) -> Final:
        """A sentence that only shows or switches something."""
        action, language = understood.action, understood.language
        assert action is not None  # noqa: S101 - the caller looked
        args = action.args
        match action.name:
            case "status" | "health" | "positions" | "balance" | "profit":
                return await self._status() | {"asked": action.name}
            case "history":
                return await self._history(int(str(args.get("limit", 20))))
            case "trades":
                return await self._trades(int(str(args.get("limit", 20))))
            case "diff":
                return await self._diff(str(args.get("change", "")))
            case "show" if self.context.changes.get(str(args.get("what", ""))) is not None:
                return await self._show(str(args["what"]))
            case "show":
                return await self._show_value(str(args.get("what", "")))
            case "pause" | "resume":
                return await self._pause(language, on=action.name == "pause")
            case "panic":
                return await self._panic(language)
            case "help":
                return {"kind": "told", "text": say("help", language)}
            case _:
                text = say("not_here", language, what=action.name)
                return {"kind": "told", "action": action, "done": False, "text": text}

    async def _roll_back(self, ask: Ask) -> Final:
        said = rollback_utterance(ask.owner or getpass.getuser(), ask.message or new_message())
        change = self.context.changes.save(Change(id=secrets.token_hex(4), utterance=said))
        change = await roll_back(self.context, change, ask.to, ask.steps)
        self._follow(change)
        return outcome(change)

    # Showing ----------------------------------------------------------------------------------------------------------

    async def _history(self, limit: int) -> Final:
        changes = await self.context.edit(self.context.changes.latest, limit)
        return {"kind": "history", "changes": [brief(change) for change in changes]}

    async def _show(self, wanted: str) -> Final:
        order = await self.context.edit(orders.find, self.context.settings.data_dir, wanted)
        change = self.context.changes.get(order.change if order is not None else wanted) if wanted else None
        if order is None and change is None:
            raise ConfigurationError(f"There is no change or order {wanted!r}.", "`sorte history` lists the changes.")
        shown = outcome(change) if change is not None else {"id": ""}
        shown |= {"kind": "show", "interpretation": change.interpretation if change is not None else None}
        if order is not None:
            shown["order"] = msgspec.to_builtins(order)
        if change is not None:
            shown |= {"steps": change.steps, "text": change.utterance.text, "owner": change.utterance.owner}
        return shown

    async def _show_value(self, what: str) -> Final:
        from core.symbols import Symbols

        source = await self.context.edit(lambda: self.context.workspace.source(self.context.workspace.main))
        symbols = Symbols.of(source.files)
        if (parameter := symbols.parameters.get(what)) is not None:
            low, high, unit = parameter.range
            facts = {"value": parameter.value, "low": low, "high": high, "unit": unit, "about": parameter.about}
            return {"kind": "value", "what": what, **facts}
        if (rule := symbols.rules.get(what)) is not None:
            return {"kind": "value", "what": what, "about": rule.about, "enabled": rule.enabled}
        return {
            "kind": "value",
            "what": what,
            "parameters": {name: parameter.value for name, parameter in symbols.parameters.items()},
            "rules": {name: rule.enabled for name, rule in symbols.rules.items()},
        }

    async def _diff(self, wanted: str) -> Final:
        change = self.context.changes.get(wanted)
        if change is None or (change.candidate is None and not change.commit):
            raise ConfigurationError(
                f"There is no change {wanted!r} with a diff.", "`sorte history` lists the changes."
            )
        diff = change.candidate.diff if change.candidate is not None else ""
        if not diff:
            workspace = self.context.workspace
            diff = await self.context.edit(
                lambda: workspace.diff(workspace.resolve(f"{change.commit}^"), change.commit)
            )
        return {"kind": "diff", "id": change.id, "diff": diff}

    async def _status(self) -> Final:
        workspace = self.context.workspace
        main, live = await self.context.edit(lambda: (workspace.main, workspace.live))
        status: Final = {"kind": "status", "main": main, "live": live, "trader": None}
        underway = self.context.underway
        status["underway"] = underway.id if underway is not None else None
        origin = await self.context.edit(commits.effective, workspace, live)
        change = self.context.changes.get(origin)
        status["change"] = brief(change) if change is not None else None
        if self.context.trader is not None:
            status["trader"] = await self.context.trader.status()
        folder = self.context.settings.data_dir
        status |= {"paused": (folder / PAUSE_FILE).exists(), "killed": (folder / KILL_FILE).exists()}
        return status

    async def _trades(self, limit: int) -> Final:
        fills = await self.context.edit(orders.latest_fills, self.context.settings.data_dir, limit)
        return {"kind": "trades", "fills": [msgspec.to_builtins(fill) for fill in fills]}

    # Switches ---------------------------------------------------------------------------------------------------------

    async def _pause(self, language: Language | None = None, *, on: bool) -> Final:
        """With no trader the word waits for one, in the same file that a trader keeps."""
        kind = "paused" if on else "resumed"
        done: Final = {"kind": kind, "text": say(kind, language)}
        file = self.context.settings.data_dir / PAUSE_FILE
        try:
            if self.context.trader is not None:
                await self.context.trader.pause(on=on)
        except TraderGone:
            pass
        else:
            if self.context.trader is not None:
                return done
        file.parent.mkdir(parents=True, exist_ok=True)
        if on:
            file.touch()
        else:
            file.unlink(missing_ok=True)
        return done

    async def _panic(self, language: Language | None = None) -> Final:
        """The kill switch is a file that a trader looks at before each order: it needs nobody to be well."""
        file = self.context.settings.data_dir / KILL_FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        return {"kind": "halted", "file": str(file), "text": say("halted", language)}


def outcome(change: Change) -> Final:
    """A change as its last line tells it."""
    understood = change.interpretation
    return {
        "kind": "change",
        "id": change.id,
        "state": change.state,
        "language": understood.language if understood is not None else None,
        "plan": understood.plan if understood is not None else None,
        "verdict": change.verdict,
        "commit": change.commit,
        "seconds": change.seconds,
        "events_lost": change.events_lost,
        "events_doubled": change.events_doubled,
        "watch": change.watch,
        "reason": change.reason,
    }


def brief(change: Change) -> Final:
    """A change as one line of a history."""
    return {
        "id": change.id,
        "time_ns": change.utterance.received_ns,
        "owner": change.utterance.owner,
        "text": change.utterance.text,
        "summary": change.candidate.summary if change.candidate is not None else "",
        "state": change.state,
        "watch": change.watch,
        "commit": change.commit,
        "reason": change.reason,
    }


def new_message() -> str:
    """An id for what came over no messenger."""
    return f"cli:{secrets.token_hex(6)}"


async def _always(_: Change) -> bool:
    return True
