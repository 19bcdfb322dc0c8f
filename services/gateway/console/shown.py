"""The steps of a change as a person reads them, in his language; or as JSON lines, which are the same in each."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final, assert_never

import msgspec
from msgspec import UnsetType
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from core.contracts import GateReport, Language, State
from core.contracts.accounts import CompareShown, ProfitShown
from core.contracts.answers import (
    Answer,
    ChangeEnded,
    CloseSaid,
    DiffShown,
    Failed,
    Held,
    HeldShown,
    HistoryShown,
    LogsShown,
    OrderAlone,
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
from core.contracts.ledger import LedgerShown
from core.contracts.reasons import NameExplained, TradeExplained, WhyShown
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Note,
    Received,
    Recovered,
    Returning,
    SettingChanged,
    SettingRefused,
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
from core.formats import figure, moment, short_moment
from core.retelling import retold
from core.telemetry.showing import shown as logged
from core.text import printable
from core.wording import owners_language
from core.zone import local_time
from services.gateway.console.earned import compare_lines, profit_lines
from services.gateway.console.explained import name_lines, trade_lines, why_lines
from services.gateway.console.printing import known
from services.gateway.console.standing import status_lines
from services.gateway.console.texts import named, say
from services.gateway.ledger.views import ledger_views
from services.interpreter.wording import unit

MARKS: Final = {"passed": "[green]ok[/]", "failed": "[red]no[/]", "error": "[red]??[/]", "skipped": "[dim]--[/]"}
COLOURS: Final = {State.LIVE: "green", State.ACCEPTED: "green", State.ROLLED_BACK: "yellow", State.ASK: "yellow"}
TERMS: Final = ("usual", "doubled_costs", "one_bar_late")
"""On which the backtest gate measures."""


def printer(
    *, as_json: bool, console: Console | None = None, zone: str = "UTC", language: Language | None = None
) -> TellStep:
    """What shows each step and the answer on standard output, with times by the clock of `zone`.

    They are in the owner's language; as JSON they are the same in each.
    """
    if as_json:
        return _print_json
    return Shown(console or Console(highlight=False, soft_wrap=not sys.stdout.isatty()), zone, language).show


def _print_json(told: Step | Answer) -> None:
    line = msgspec.json.decode(encode_line(told))
    if isinstance(told, OrderAlone):
        line = {"id": line.pop("id"), **line}
    print(json_line(line), flush=True)


class Shown:
    """Prints in the owner's language, from a sentence that was understood on in the language of that."""

    def __init__(self, console: Console, zone: str = "UTC", language: Language | None = None) -> None:
        self._console = console
        self._zone = zone
        self._language = language or owners_language()

    def show(self, told: Step | Answer | Summary) -> None:
        """One step, or the answer."""
        if isinstance(told, LedgerShown):
            for view in ledger_views(told, self._zone, self._language):
                self._console.print(view)
            return
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
                self._print_said("commit", commit=commit[:12])
            case HostStaged(ready_seconds=seconds):
                self._print_said("staged", seconds=seconds)
            case Shadowed(events=events, changed=changed):
                self._print_said("shadow", events=events, changed=changed)
            case Switched(first=first, events_lost=lost, events_doubled=doubled):
                self._print_said("switch", first=first, events_lost=lost, events_doubled=doubled)
            case Watched(reason=reason) | SettingChanged(reason=reason) | SettingRefused(reason=reason):
                self._print(reason)
            case ChangeEnded() | Recovered():
                self._show_end(told.id, told.state, told.reason)
            case Held():
                self._show_held(told)
            case HeldShown(held=waiting):
                for each in waiting:
                    self._show_held(each)
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
            case ProfitShown() | CompareShown() | WhyShown() | TradeExplained() | NameExplained():
                self._show_lines(told)
            case LogsShown(lines=lines):
                for line in lines:
                    self._print(logged(line, self._zone))
            case Summary():
                self._show_summary(told)
            case Failed(message=message, hint=hint):
                self._print(retold(f"{message} {hint}".strip(), self._language))
            case Note() | Returning() | UpgradeOffered() | Said() | CloseSaid():
                self._print(told.text)
            case Paused() | Resumed() | Panicked() | Unkilled():
                self._print(told.text)
            case _:
                assert_never(told)

    def _say(self, text: str, /, **values: object) -> str:
        return say(text, self._language, **values)

    def _named(self, kind: str, name: str) -> str:
        return named(kind, name, self._language)

    def _print_said(self, text: str, /, **values: object) -> None:
        self._print(self._say(text, **values))

    def _print(self, text: str) -> None:
        """A line that may hold words of strangers: no markup in it."""
        self._console.print(Text(printable(text)))

    # The road ---------------------------------------------------------------------------------------------------------

    def _show_plan(self, plan: Understood) -> None:
        self._language = plan.interpretation.language
        for line in plan.lines:
            self._print_said("plan", line=line)

    def _show_held(self, held: Held) -> None:
        for line in held.lines:
            self._print_said("plan", line=line)
        self._print(f"{held.id}: {held.question}")

    def _show_diff(self, shown: DiffShown) -> None:
        if self._console.is_terminal:
            lines = "\n".join(printable(line) for line in shown.diff.splitlines())
            self._console.print(Syntax(lines, "diff", background_color="default", word_wrap=True))
        else:  # byte for byte, for `git apply`
            self._console.file.write(shown.diff)

    def _show_gate(self, gate: GateReport) -> None:
        seconds = figure(gate.seconds, "6.2f", self._language)
        line = Text.from_markup(f"  {MARKS[gate.outcome]}  {self._named('gate', gate.name):11} {seconds} s ")
        for finding in gate.findings[:3]:
            line.append(f" {printable(retold(finding, self._language))}")
        self._console.print(line)
        if gate.name == "backtest" and gate.figures:
            self._show_figures(gate.figures)

    def _show_figures(self, figures: Mapping[str, float | int | str | None]) -> None:
        """What the backtest measured, before and after, where a figure has both."""
        columns = (self._say(f"column.{name}") for name in ("figure", "before", "after"))
        table = Table(*columns, box=None, padding=(0, 2, 0, 6))
        for name, value in figures.items():
            if name.endswith("_after") and f"{name[:-6]}_before" in figures:
                before = figures[f"{name[:-6]}_before"]
                table.add_row(self._figure_name(name[:-6]), *(plain(each, self._language) for each in (before, value)))
        if table.row_count:
            self._console.print(table)

    def _figure_name(self, name: str) -> str:
        """`doubled_costs_total_return` as a person reads it."""
        terms = next((each for each in TERMS if name.startswith(f"{each}_")), "usual")
        return self._say(f"terms.{terms}", figure=self._named("figure", name.removeprefix(f"{terms}_")))

    def _show_end(self, change: str, state: State, reason: str | None) -> None:
        named = (self._named("state", state), f"bold {COLOURS.get(state, 'red')}")
        self._console.print(Text.assemble(named, f"  {change}  {printable(reason or '')}"))

    # Showing ----------------------------------------------------------------------------------------------------------

    def _show_history(self, history: HistoryShown) -> None:
        columns = (self._say(f"history.{name}") for name in ("id", "when", "state", "commit", "sentence"))
        table = Table("", *columns, box=None, header_style="bold")
        for change in history.changes:
            state = self._named("state", change.state)
            if change.watch:
                state = self._say(f"watch.{change.watch}", state=state)
            if change.state is State.ROLLED_BACK and not change.summary:  # a rollback, not what was rolled back
                state = self._say("history.went_back", target=change.target[:12])
            elif change.state is State.ROLLED_BACK and change.trades is True:  # taken back once, and gone back to
                state = self._say("history.back_again", state=state)
            table.add_row(
                "*" if change.trades is True else "",
                change.id,
                moment(change.time_ns, self._zone, self._language),
                state,
                change.commit[:12],
                Text(printable(change.text)),
            )
        self._console.print(table if table.row_count else self._say("history.none"))
        if any(change.trades is True for change in history.changes):
            self._print_said("history.trades")

    def _show_change(self, shown: ChangeShown) -> None:
        led = ""
        if isinstance(order := shown.order, OrderShown):
            led, side = order.change, self._named("side", order.side)
            figures = {"symbol": order.symbol, "quantity": str(order.quantity), "price": str(order.price)}
            self._print_said("show.order", order=order.client_id, side=side, **figures)
            self._print_said("show.cause", reason=order.reason, commit=order.commit[:12] or "-")
        if (change := shown.change) is not None:
            self._show_road(shown, change)
        elif led:
            self._print_said("show.lost", change=led)
        else:
            self._print_said("show.no_sentence")

    def _show_road(self, shown: ChangeShown, change: ChangeEnded) -> None:
        self._print(f"{shown.id}  {shown.owner}: {shown.text}")
        for passed in shown.steps or ():
            when = local_time(passed.time_ns, self._zone)
            happened, state = self._named("event", passed.event), self._named("state", passed.state)
            self._print(f"  {when:%H:%M:%S}  {happened:11} -> {state}")
        for gate in change.verdict.gates if change.verdict is not None else ():
            self._show_gate(gate)
        self._show_end(change.id, change.state, change.reason)

    def _show_status(self, status: StatusShown) -> None:
        for line in status_lines(status, self._language):
            self._print(line)

    def _show_lines(self, told: ProfitShown | CompareShown | WhyShown | TradeExplained | NameExplained) -> None:
        """An answer that is lines of text and nothing else."""
        zone, language = self._zone, self._language
        match told:
            case ProfitShown():
                lines = profit_lines(told, zone, language)
            case CompareShown():
                lines = compare_lines(told, zone, language)
            case WhyShown():
                lines = why_lines(told, zone, language)
            case TradeExplained():
                lines = trade_lines(told, zone, language)
            case NameExplained():
                lines = name_lines(told, zone, language)
        for line in lines:
            self._print(line)

    def _show_summary(self, run: Summary) -> None:
        lost = {"events": run.events, "events_lost": run.events_lost, "events_doubled": run.events_doubled}
        held = {"fills": run.fills, "equity": known(run.equity), "open_positions": run.open_positions}
        self._print_said("summary", **lost, **held, faults=run.faults)

    def _show_trades(self, trades: TradesShown) -> None:
        if not trades.fills:
            self._print_said("fills.none")
            return
        columns = (self._say(f"column.{name}") for name in ("when", "pair", "side", "quantity", "price", "order"))
        table = Table(*columns, box=None, header_style="bold")
        for fill in trades.fills:
            when, side = short_moment(fill.time_ns, self._zone, self._language), self._named("side", fill.side)
            quantity, price = (written_number(each, self._language) for each in (fill.quantity, fill.price))
            table.add_row(when, fill.symbol, side, quantity, price, fill.client_id)
        self._console.print(table)

    def _show_value(self, shown: ValueShown) -> None:
        match shown:
            case ValueShown(what=what, value=int() | float(), unit=str(kind), about=str(about)):
                figures = {"value": shown.value, "low": shown.low, "high": shown.high}
                written = {name: written_number(each, self._language) for name, each in figures.items()}
                said = {"what": what, "unit": unit(kind, self._language), "about": about}
                self._print_said("value.parameter", **written, **said)
                for pair, own in ({} if isinstance(shown.own, UnsetType) else shown.own).items():
                    self._print_said("value.own", pair=pair, what=what, value=written_number(own, self._language))
            case ValueShown(what=what, about=str(about)):
                self._print_said("value.rule", what=what, about=about, state=self._in_force(shown.enabled is True))
            case ValueShown(parameters=dict(parameters), rules=dict(rules)):
                for name, value in parameters.items():
                    self._print(f"{name:18} {written_number(value, self._language)}")
                for name, enabled in rules.items():
                    self._print_said("value.listed_rule", name=name, state=self._in_force(enabled))
                for pair, values in ({} if isinstance(shown.pairs, UnsetType) else shown.pairs).items():
                    for what, own in values.items():
                        self._print_said("value.own", pair=pair, what=what, value=written_number(own, self._language))

    def _in_force(self, enabled: bool) -> str:
        return self._say("value.in_force" if enabled else "value.disabled")


def plain(value: object, language: Language) -> str:
    """A figure, short."""
    return figure(value, ".4g", language) if isinstance(value, float) else str(value)


def written_number(value: object, language: Language) -> str:
    """A number as it was handed to us, with the marks of that language between its digits."""
    return str(value).replace(".", ",") if language is Language.PT else str(value)
