"""The steps of a change as a person reads them, in the language of his sentence; or as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from core.encoding import json_line
from core.zone import local_time

Step = dict[str, Any]
MARKS: Final = {"passed": "[green]ok[/]", "failed": "[red]no[/]", "error": "[red]??[/]", "skipped": "[dim]--[/]"}
WORDS: Final = {
    "en": {
        "plan": "Understood", "gate": "gate", "commit": "Committed", "staged": "New host warm after",
        "shadow": "Shadow run: {events} events as predicted, {changed} would be decided differently",
        "switch": "Switched at event {first}: {events_lost} events lost, {events_doubled} doubled",
        "before": "before", "after": "after", "figure": "figure",
    },
    "pt": {
        "plan": "Entendi", "gate": "portão", "commit": "Gravado", "staged": "Novo processo pronto em",
        "shadow": "Em sombra: {events} eventos como previsto, {changed} seriam decididos de outro modo",
        "switch": "Trocado no evento {first}: {events_lost} eventos perdidos, {events_doubled} dobrados",
        "before": "antes", "after": "depois", "figure": "medida",
    },
}  # fmt: skip


def printer(*, as_json: bool, console: Console | None = None, zone: str = "UTC") -> Callable[[Step], None]:
    """What shows each step on standard output, with times by the clock of `zone`."""
    if as_json:
        return _print_json
    return Shown(console or Console(highlight=False, soft_wrap=not sys.stdout.isatty()), zone).show


def _print_json(step: Step) -> None:
    print(json_line(step), flush=True)


class Shown:
    """Prints steps; remembers the language."""

    def __init__(self, console: Console, zone: str = "UTC") -> None:
        self._console = console
        self._zone = zone
        self._language = "en"

    def show(self, step: Step) -> None:
        """One step."""
        method = getattr(self, f"_show_{step['kind']}", self._show_other)
        method(step)

    def _say(self, word: str, **values: Any) -> str:
        return WORDS[self._language][word].format(**values)

    def _print(self, text: str) -> None:
        """A line that may hold words of strangers: no markup in it."""
        self._console.print(Text(printable(text)))

    # The road ---------------------------------------------------------------------------------------------------------

    def _show_received(self, _: Step) -> None:
        """Nothing that a person waits to read."""

    def _show_plan(self, step: Step) -> None:
        understood = step["interpretation"]
        self._language = understood["language"]
        for line in step["lines"]:
            self._print(f"{self._say('plan')}: {line}")

    def _show_diff(self, step: Step) -> None:
        if self._console.is_terminal:
            lines = "\n".join(printable(line) for line in step["diff"].splitlines())
            self._console.print(Syntax(lines, "diff", background_color="default", word_wrap=True))
        else:  # byte for byte, for `git apply`
            self._console.file.write(step["diff"])

    def _show_gate(self, step: Step) -> None:
        gate = step["gate"]
        line = Text.from_markup(f"  {MARKS[gate['outcome']]}  {gate['name']:11} {gate['seconds']:6.2f} s ")
        for finding in gate["findings"][:3]:
            line.append(f" {printable(finding)}")
        self._console.print(line)
        if gate["name"] == "backtest" and gate["figures"]:
            self._show_figures(gate["figures"])

    def _show_figures(self, figures: Step) -> None:
        """What the backtest measured, before and after, where a figure has both."""
        table = Table(self._say("figure"), self._say("before"), self._say("after"), box=None, padding=(0, 2, 0, 6))
        for name, value in figures.items():
            if name.endswith("_after") and f"{name[:-6]}_before" in figures:
                table.add_row(name[:-6], plain(figures[f"{name[:-6]}_before"]), plain(value))
        if table.row_count:
            self._console.print(table)

    def _show_commit(self, step: Step) -> None:
        self._print(f"{self._say('commit')}: {step['commit'][:12]}")

    def _show_staged(self, step: Step) -> None:
        self._print(f"{self._say('staged')} {step['ready_seconds']:.1f} s")

    def _show_shadow(self, step: Step) -> None:
        self._print(self._say("shadow", events=step["events"], changed=step["changed"]))

    def _show_switch(self, step: Step) -> None:
        self._print(self._say("switch", **{name: step[name] for name in ("first", "events_lost", "events_doubled")}))

    def _show_note(self, step: Step) -> None:
        self._print(step["text"])

    def _show_watch(self, step: Step) -> None:
        self._print(step["reason"])

    def _show_change(self, step: Step) -> None:
        colour = {"live": "green", "accepted": "green", "rolled_back": "yellow", "ask": "yellow"}.get(
            step["state"], "red"
        )
        line = Text.assemble(
            (f"{step['state']}", f"bold {colour}"), f"  {step['id']}  {printable(step['reason'] or '')}"
        )
        self._console.print(line)

    def _show_recovered(self, step: Step) -> None:
        self._show_change(step)

    # Showing ----------------------------------------------------------------------------------------------------------

    def _show_history(self, step: Step) -> None:
        table = Table("", "id", "when", "state", "commit", "sentence", box=None, header_style="bold")
        for change in step["changes"]:
            state = change["state"] + (f" ({change['watch']})" if change["watch"] else "")
            if change["state"] == "rolled_back" and not change["summary"]:  # a rollback, not what was rolled back
                state = f"went back to {change['target'][:12]}"
            table.add_row(
                "*" if change["trades"] else "",
                change["id"],
                f"{local_time(change['time_ns'], self._zone):%Y-%m-%d %H:%M}",
                state,
                change["commit"][:12],
                Text(printable(change["text"])),
            )
        self._console.print(table if table.row_count else 'No change yet. Say one: sorte change "..."')
        if any(change["trades"] for change in step["changes"]):
            self._print("* its code trades, or does from the next `sorte run` on")

    def _show_show(self, step: Step) -> None:
        if order := step.get("order"):
            self._print(
                f"{order['client_id']}: {order['side']} {order['quantity']} {order['symbol']} at {order['price']}"
            )
            self._print(f"  because of {order['reason']}, by commit {order['commit'][:12] or '-'}")
        if "text" not in step and (change := step.get("order", {}).get("change")):
            self._print(f"  change {change} led to it, which is not in these records")
            return
        if "text" not in step:
            self._print("  no sentence led to it: it was decided by the strategy that the workspace began with")
            return
        self._print(f"{step['id']}  {step['owner']}: {step['text']}")
        for passed in step["steps"]:
            when = local_time(passed["time_ns"], self._zone)
            self._print(f"  {when:%H:%M:%S}  {passed['event']:11} -> {passed['state']}")
        for gate in (step["verdict"] or {}).get("gates", ()):
            self._show_gate({"gate": gate})
        self._show_change(step)

    def _show_status(self, step: Step) -> None:
        change = step["change"]
        self._print(f"live {step['live'][:12]}  {change['summary'] if change else step['subject']}")
        if refused := step["refused"]:
            self._print(f"  `sorte run` does not start, and nothing is changed: {refused['message']}")
            self._print(f"  {refused['hint']}")
        elif step["main"] != step["live"]:
            self._print(f"  accepted {step['main'][:12]}: trades from the next `sorte run` on")
        for word in ("underway", "paused", "closing", "killed"):
            if step[word]:
                self._print(f"  {word}: {step[word]}")
        trader = step["trader"]
        if trader is None:
            self._show_no_trader(step)
            return
        for held in trader["positions"]:
            self._print(
                f"  {held['pair']:10} {held['quantity']:.8g} at {held['entry_price']:.8g}, {held['profit']:+.2%}"
                + protection_of(held, trader)
            )
        self._show_books(trader)
        latency = trader["latency_us"]
        self._print(
            f"  {trader['mode']} {trader['trading']}, equity {trader['equity']:,.2f}, {trader['events']:,} events, "
            f"{trader['orders']} orders, {trader['fills']} fills, {trader['faults']} faults"
        )
        self._print(f"  latency p50 {latency['p50']} us, p99 {latency['p99']} us, {len(trader['pairs'])} pairs")

    def _show_books(self, trader: Step) -> None:
        """What keeps positions from being opened or sold, and what counts in no figure."""
        if trader.get("unreconciled"):
            self._print("  books and exchange are not compared yet: positions are only closed")
        for pair in trader.get("held_back", ()):
            self._print(f"  {pair}: a part of our books is not at the exchange; `sorte reconcile` shows it")
        for what, sums in (("dust", trader.get("dust")), ("fees without a price", trader.get("fees_unpriced"))):
            if sums:
                self._print(f"  {what}: {', '.join(f'{figure} {asset}' for asset, figure in sums.items())}")

    def _show_no_trader(self, step: Step) -> None:
        if away := step["away"]:
            trades = f", which trades {away['trades'][:12]} by its own word," if away["trades"] else ""
            self._print(f"  a trader runs (process {away['pid']}){trades} and cannot be reached: its commander is away")
            self._print(f"  {away['hint']}")
        elif other := step["other_trader"]:
            self._print(f"  a trader runs here (process {other}) on a strategy of its own: no change reaches it")
        else:
            self._print("  no trader runs")

    def _show_returning(self, step: Step) -> None:
        self._print(step["text"])

    def _show_told(self, step: Step) -> None:
        self._print(step["text"])

    _show_panic = _show_paused = _show_resumed = _show_unkilled = _show_close = _show_told

    def _show_summary(self, step: Step) -> None:
        self._print(
            f"summary  {step['events']:,} events, {step['events_lost']} lost, {step['events_doubled']} doubled;"
            f" {step['fills']} fills, equity {step['equity']:,.2f}, {step['open_positions']} positions open,"
            f" {step['faults']} faults"
        )

    def _show_trades(self, step: Step) -> None:
        table = Table("when", "pair", "side", "quantity", "price", "order", box=None, header_style="bold")
        for fill in step["fills"]:
            when = f"{local_time(fill['time_ns'], self._zone):%m-%d %H:%M:%S}"
            table.add_row(when, fill["symbol"], fill["side"], fill["quantity"], fill["price"], fill["client_id"])
        self._console.print(table)

    def _show_value(self, step: Step) -> None:
        if "value" in step:
            self._print(
                f"{step['what']} = {step['value']} ({step['low']} .. {step['high']} {step['unit']}): {step['about']}"
            )
        elif "about" in step:
            self._print(f"{step['what']}: {step['about']} ({'in force' if step['enabled'] else 'disabled'})")
        else:
            for name, value in step["parameters"].items():
                self._print(f"{name:18} {value}")
            for name, enabled in step["rules"].items():
                self._print(f"rule {name:13} {'in force' if enabled else 'disabled'}")

    def _show_other(self, step: Step) -> None:
        self._print("  ".join(f"{name}={value}" for name, value in step.items()))


def protection_of(held: Step, trader: Step) -> str:
    """Where a position is protected at the exchange; nothing is said where protection is off."""
    if held.get("protected") is not None:
        return f", protected at {held['protected']:.8g}"
    why = trader.get("bare", {}).get(held["pair"])
    return f", not protected at the exchange: {why}" if why else ""


def plain(value: Any) -> str:
    """A figure, short."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def printable(text: str) -> str:
    """Without what would move the cursor or turn the direction of writing."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
