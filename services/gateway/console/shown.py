"""The steps of a change as a person reads them, in the language of his sentence; or as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final, assert_never

import msgspec
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from core.contracts import GateReport, Language, State
from core.contracts.answers import (
    Answer,
    ChangeEnded,
    CloseSaid,
    DiffShown,
    Failed,
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
from core.contracts.answers import Shown as ChangeShown
from core.contracts.events import Summary
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Note,
    Received,
    Recovered,
    Returning,
    Shadowed,
    Step,
    Switched,
    TellStep,
    Understood,
    UpgradeOffered,
    Watched,
    encode_line,
)
from core.encoding import json_line
from core.zone import local_time
from services.gateway.console.printing import money, printable
from services.gateway.console.standing import status_lines

MARKS: Final = {"passed": "[green]ok[/]", "failed": "[red]no[/]", "error": "[red]??[/]", "skipped": "[dim]--[/]"}
COLOURS: Final = {State.LIVE: "green", State.ACCEPTED: "green", State.ROLLED_BACK: "yellow", State.ASK: "yellow"}
WORDS: Final = {
    Language.EN: {
        "plan": "Understood", "gate": "gate", "commit": "Committed", "staged": "New host warm after",
        "shadow": "Shadow run: {events} events as predicted, {changed} would be decided differently",
        "switch": "Switched at event {first}: {events_lost} events lost, {events_doubled} doubled",
        "before": "before", "after": "after", "figure": "figure",
    },
    Language.PT: {
        "plan": "Entendi", "gate": "portão", "commit": "Gravado", "staged": "Novo processo pronto em",
        "shadow": "Em sombra: {events} eventos como previsto, {changed} seriam decididos de outro modo",
        "switch": "Trocado no evento {first}: {events_lost} eventos perdidos, {events_doubled} dobrados",
        "before": "antes", "after": "depois", "figure": "medida",
    },
}  # fmt: skip


def printer(*, as_json: bool, console: Console | None = None, zone: str = "UTC") -> TellStep:
    """What shows each step and the answer on standard output, with times by the clock of `zone`."""
    if as_json:
        return _print_json
    return Shown(console or Console(highlight=False, soft_wrap=not sys.stdout.isatty()), zone).show


def _print_json(told: Step | Answer) -> None:
    print(json_line(msgspec.json.decode(encode_line(told))), flush=True)


class Shown:
    """Prints steps and answers; remembers the language."""

    def __init__(self, console: Console, zone: str = "UTC") -> None:
        self._console = console
        self._zone = zone
        self._language = Language.EN

    def show(self, told: Step | Answer | Summary) -> None:
        """One step, or the answer."""
        match told:
            case Received():
                pass  # nothing that a person waits to read
            case Understood():
                self._show_plan(told)
            case DiffShown():
                self._show_diff(told)
            case GateHeld(gate=gate):
                self._show_gate(gate)
            case Committed(commit=commit):
                self._print(f"{self._say('commit')}: {commit[:12]}")
            case HostStaged(ready_seconds=seconds):
                self._print(f"{self._say('staged')} {seconds:.1f} s")
            case Shadowed(events=events, changed=changed):
                self._print(self._say("shadow", events=events, changed=changed))
            case Switched(first=first, events_lost=lost, events_doubled=doubled):
                self._print(self._say("switch", first=first, events_lost=lost, events_doubled=doubled))
            case Watched(reason=reason):
                self._print(reason)
            case ChangeEnded() | Recovered():
                self._show_end(told.id, told.state, told.reason)
            case HistoryShown():
                self._show_history(told)
            case ChangeShown():
                self._show_change(told)
            case StatusShown():
                self._show_status(told)
            case TradesShown():
                self._show_trades(told)
            case ValueShown():
                self._show_value(told)
            case Summary():
                self._show_summary(told)
            case Failed(message=message, hint=hint):
                self._print(f"{message} {hint}")
            case Note() | Returning() | UpgradeOffered() | Said() | CloseSaid():
                self._print(told.text)
            case Paused() | Resumed() | Panicked() | Unkilled():
                self._print(told.text)
            case _:
                assert_never(told)

    def _say(self, word: str, **values: object) -> str:
        return WORDS[self._language][word].format(**values)

    def _print(self, text: str) -> None:
        """A line that may hold words of strangers: no markup in it."""
        self._console.print(Text(printable(text)))

    # The road ---------------------------------------------------------------------------------------------------------

    def _show_plan(self, plan: Understood) -> None:
        self._language = plan.interpretation.language
        for line in plan.lines:
            self._print(f"{self._say('plan')}: {line}")

    def _show_diff(self, shown: DiffShown) -> None:
        if self._console.is_terminal:
            lines = "\n".join(printable(line) for line in shown.diff.splitlines())
            self._console.print(Syntax(lines, "diff", background_color="default", word_wrap=True))
        else:  # byte for byte, for `git apply`
            self._console.file.write(shown.diff)

    def _show_gate(self, gate: GateReport) -> None:
        line = Text.from_markup(f"  {MARKS[gate.outcome]}  {gate.name:11} {gate.seconds:6.2f} s ")
        for finding in gate.findings[:3]:
            line.append(f" {printable(finding)}")
        self._console.print(line)
        if gate.name == "backtest" and gate.figures:
            self._show_figures(gate.figures)

    def _show_figures(self, figures: Mapping[str, float | int | str | None]) -> None:
        """What the backtest measured, before and after, where a figure has both."""
        table = Table(self._say("figure"), self._say("before"), self._say("after"), box=None, padding=(0, 2, 0, 6))
        for name, value in figures.items():
            if name.endswith("_after") and f"{name[:-6]}_before" in figures:
                table.add_row(name[:-6], plain(figures[f"{name[:-6]}_before"]), plain(value))
        if table.row_count:
            self._console.print(table)

    def _show_end(self, change: str, state: State, reason: str | None) -> None:
        colour = COLOURS.get(state, "red")
        self._console.print(Text.assemble((state, f"bold {colour}"), f"  {change}  {printable(reason or '')}"))

    # Showing ----------------------------------------------------------------------------------------------------------

    def _show_history(self, history: HistoryShown) -> None:
        table = Table("", "id", "when", "state", "commit", "sentence", box=None, header_style="bold")
        for change in history.changes:
            state = change.state + (f" ({change.watch})" if change.watch else "")
            if change.state is State.ROLLED_BACK and not change.summary:  # a rollback, not what was rolled back
                state = f"went back to {change.target[:12]}"
            table.add_row(
                "*" if change.trades is True else "",
                change.id,
                f"{local_time(change.time_ns, self._zone):%Y-%m-%d %H:%M}",
                state,
                change.commit[:12],
                Text(printable(change.text)),
            )
        self._console.print(table if table.row_count else 'No change yet. Say one: sorte change "..."')
        if any(change.trades is True for change in history.changes):
            self._print("* its code trades, or does from the next `sorte run` on")

    def _show_change(self, shown: ChangeShown) -> None:
        if isinstance(order := shown.order, OrderShown):
            self._print(f"{order.client_id}: {order.side} {order.quantity} {order.symbol} at {order.price}")
            self._print(f"  because of {order.reason}, by commit {order.commit[:12] or '-'}")
        if (change := shown.change) is None:
            led = order.change if isinstance(order, OrderShown) else ""
            self._print(
                f"  change {led} led to it, which is not in these records"
                if led
                else "  no sentence led to it: it was decided by the strategy that the workspace began with"
            )
            return
        self._print(f"{shown.id}  {shown.owner}: {shown.text}")
        for passed in shown.steps or ():
            when = local_time(passed.time_ns, self._zone)
            self._print(f"  {when:%H:%M:%S}  {passed.event:11} -> {passed.state}")
        for gate in change.verdict.gates if change.verdict is not None else ():
            self._show_gate(gate)
        self._show_end(change.id, change.state, change.reason)

    def _show_trades(self, trades: TradesShown) -> None:
        table = Table("when", "pair", "side", "quantity", "price", "order", box=None, header_style="bold")
        for fill in trades.fills:
            when = f"{local_time(fill.time_ns, self._zone):%m-%d %H:%M:%S}"
            table.add_row(when, fill.symbol, fill.side, str(fill.quantity), str(fill.price), fill.client_id)
        self._console.print(table)

    def _show_value(self, shown: ValueShown) -> None:
        match shown:
            case ValueShown(what=what, value=int() | float() as value, about=str() as about):
                self._print(f"{what} = {value} ({shown.low} .. {shown.high} {shown.unit}): {about}")
            case ValueShown(what=what, about=str() as about):
                self._print(f"{what}: {about} ({in_force(enabled=shown.enabled is True)})")
            case ValueShown(parameters=dict() as parameters, rules=dict() as rules):
                for name, value in parameters.items():
                    self._print(f"{name:18} {value}")
                for name, enabled in rules.items():
                    self._print(f"rule {name:13} {in_force(enabled=enabled)}")

    def _show_status(self, status: StatusShown) -> None:
        for line in status_lines(status):
            self._print(line)

    def _show_summary(self, run: Summary) -> None:
        self._print(
            f"summary  {run.events:,} events, {run.events_lost} lost, {run.events_doubled} doubled;"
            f" {run.fills} fills, equity {money(run.equity)}, {run.open_positions} positions open,"
            f" {run.faults} faults"
        )


def in_force(*, enabled: bool) -> str:
    """Whether a rule is heard."""
    return "in force" if enabled else "disabled"


def plain(value: object) -> str:
    """A figure, short."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
