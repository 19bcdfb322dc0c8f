"""The steps of a change as a person reads them, in his language; or as JSON lines, which are the same in each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from core.contracts import Language
from core.encoding import json_line
from core.formats import figure, moment, short_moment
from core.retelling import retold
from core.text import printable
from core.wording import owners_language
from core.zone import local_time
from services.gateway.console.texts import named, say
from services.interpreter.wording import unit

Step = dict[str, Any]
MARKS: Final = {"passed": "[green]ok[/]", "failed": "[red]no[/]", "error": "[red]??[/]", "skipped": "[dim]--[/]"}
TERMS: Final = ("usual", "doubled_costs", "one_bar_late")
"""On which the backtest gate measures."""


def printer(
    *, as_json: bool, console: Console | None = None, zone: str = "UTC", language: Language | None = None
) -> Callable[[Step], None]:
    """What shows each step on standard output, with times by the clock of `zone`, in the owner's language."""
    if as_json:
        return _print_json
    return Shown(console or Console(highlight=False, soft_wrap=not sys.stdout.isatty()), zone, language).show


def _print_json(step: Step) -> None:
    print(json_line(step), flush=True)


class Shown:
    """Prints steps in the owner's language, from a sentence that was understood on in the language of that."""

    def __init__(self, console: Console, zone: str = "UTC", language: Language | None = None) -> None:
        self._console = console
        self._zone = zone
        self._language = language or owners_language()

    def show(self, step: Step) -> None:
        """One step."""
        method = getattr(self, f"_show_{step['kind']}", self._show_other)
        method(step)

    def _say(self, text: str, /, **values: Any) -> str:
        return say(text, self._language, **values)

    def _named(self, kind: str, name: str) -> str:
        return named(kind, name, self._language)

    def _retold(self, text: str) -> str:
        return retold(text, self._language)

    def _print_said(self, text: str, /, **values: Any) -> None:
        self._print(self._say(text, **values))

    def _print(self, text: str) -> None:
        """A line that may hold words of strangers: no markup in it."""
        self._console.print(Text(printable(text)))

    # The road ---------------------------------------------------------------------------------------------------------

    def _show_received(self, _: Step) -> None:
        """Nothing that a person waits to read."""

    def _show_plan(self, step: Step) -> None:
        understood = step["interpretation"]
        self._language = Language(understood["language"])
        for line in step["lines"]:
            self._print_said("plan", line=line)

    def _show_diff(self, step: Step) -> None:
        if self._console.is_terminal:
            lines = "\n".join(printable(line) for line in step["diff"].splitlines())
            self._console.print(Syntax(lines, "diff", background_color="default", word_wrap=True))
        else:  # byte for byte, for `git apply`
            self._console.file.write(step["diff"])

    def _show_gate(self, step: Step) -> None:
        gate = step["gate"]
        seconds = figure(gate["seconds"], "6.2f", self._language)
        line = Text.from_markup(f"  {MARKS[gate['outcome']]}  {self._named('gate', gate['name']):11} {seconds} s ")
        for finding in gate["findings"][:3]:
            line.append(f" {printable(self._retold(finding))}")
        self._console.print(line)
        if gate["name"] == "backtest" and gate["figures"]:
            self._show_figures(gate["figures"])

    def _show_figures(self, figures: Step) -> None:
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

    def _show_commit(self, step: Step) -> None:
        self._print_said("commit", commit=step["commit"][:12])

    def _show_staged(self, step: Step) -> None:
        self._print_said("staged", seconds=step["ready_seconds"])

    def _show_shadow(self, step: Step) -> None:
        self._print_said("shadow", events=step["events"], changed=step["changed"])

    def _show_switch(self, step: Step) -> None:
        self._print_said("switch", **{name: step[name] for name in ("first", "events_lost", "events_doubled")})

    def _show_note(self, step: Step) -> None:
        self._print(step["text"])

    def _show_watch(self, step: Step) -> None:
        self._print(step["reason"])

    def _show_change(self, step: Step) -> None:
        colour = {"live": "green", "accepted": "green", "rolled_back": "yellow", "ask": "yellow"}.get(
            step["state"], "red"
        )
        line = Text.assemble(
            (self._named("state", step["state"]), f"bold {colour}"),
            f"  {step['id']}  {printable(step['reason'] or '')}",
        )
        self._console.print(line)

    def _show_recovered(self, step: Step) -> None:
        self._show_change(step)

    # Showing ----------------------------------------------------------------------------------------------------------

    def _show_history(self, step: Step) -> None:
        columns = (self._say(f"history.{name}") for name in ("id", "when", "state", "commit", "sentence"))
        table = Table("", *columns, box=None, header_style="bold")
        for change in step["changes"]:
            state = self._named("state", change["state"])
            if change["watch"]:
                state = self._say(f"watch.{change['watch']}", state=state)
            if change["state"] == "rolled_back" and not change["summary"]:  # a rollback, not what was rolled back
                state = self._say("history.went_back", target=change["target"][:12])
            table.add_row(
                "*" if change["trades"] else "",
                change["id"],
                moment(change["time_ns"], self._zone, self._language),
                state,
                change["commit"][:12],
                Text(printable(change["text"])),
            )
        self._console.print(table if table.row_count else self._say("history.none"))
        if any(change["trades"] for change in step["changes"]):
            self._print_said("history.trades")

    def _show_show(self, step: Step) -> None:
        if order := step.get("order"):
            side, what = (
                self._named("side", order["side"]),
                {name: order[name] for name in ("symbol", "quantity", "price")},
            )
            self._print_said("show.order", order=order["client_id"], side=side, **what)
            self._print_said("show.cause", reason=order["reason"], commit=order["commit"][:12] or "-")
        if "text" not in step and (change := step.get("order", {}).get("change")):
            self._print_said("show.lost", change=change)
            return
        if "text" not in step:
            self._print_said("show.no_sentence")
            return
        self._print(f"{step['id']}  {step['owner']}: {step['text']}")
        for passed in step["steps"]:
            when = local_time(passed["time_ns"], self._zone)
            happened, state = self._named("event", passed["event"]), self._named("state", passed["state"])
            self._print(f"  {when:%H:%M:%S}  {happened:11} -> {state}")
        for gate in (step["verdict"] or {}).get("gates", ()):
            self._show_gate({"gate": gate})
        self._show_change(step)

    def _show_status(self, step: Step) -> None:
        change = step["change"]
        self._print_said(
            "status.live",
            commit=step["live"][:12],
            summary=self._retold(change["summary"] if change else step["subject"]),
        )
        if refused := step["refused"]:
            self._print_said("status.refused", why=self._retold(refused["message"]))
            self._print(f"  {self._retold(refused['hint'])}")
        elif step["main"] != step["live"]:
            self._print_said("status.accepted", commit=step["main"][:12])
        if step["underway"]:
            self._print_said("status.underway", value=step["underway"])
        for word in ("paused", "closing", "killed"):
            if step[word]:
                self._print_said(f"status.{word}")
        trader = step["trader"]
        if trader is None:
            self._show_no_trader(step)
            return
        for held in trader["positions"]:
            position = {"quantity": held["quantity"], "price": held["entry_price"], "profit": held["profit"]}
            self._print(self._say("status.position", pair=held["pair"], **position) + self._protection_of(held, trader))
        self._show_books(trader)
        counts = {name: trader[name] for name in ("equity", "events", "orders", "fills", "faults")}
        mode, trading = self._named("mode", trader["mode"]), self._named("trading", trader["trading"])
        self._print_said("status.figures", mode=mode, trading=trading, **counts)
        latency = trader["latency_us"]
        self._print_said("status.latency", p50=latency["p50"], p99=latency["p99"], pairs=len(trader["pairs"]))

    def _show_books(self, trader: Step) -> None:
        """What keeps positions from being opened or sold, and what counts in no figure."""
        if trader.get("unreconciled"):
            self._print_said("status.unreconciled")
        for pair in trader.get("held_back", ()):
            self._print_said("status.held_back", pair=pair)
        for what in ("dust", "fees_unpriced"):
            if sums := trader.get(what):
                self._print_said(
                    f"status.{what}", sums=", ".join(f"{amount} {asset}" for asset, amount in sums.items())
                )

    def _show_no_trader(self, step: Step) -> None:
        if away := step["away"]:
            if away["trades"]:
                self._print_said("status.away_trades", pid=away["pid"], commit=away["trades"][:12])
            else:
                self._print_said("status.away", pid=away["pid"])
            self._print(f"  {self._retold(away['hint'])}")
        elif other := step["other_trader"]:
            self._print_said("status.other", pid=other)
        else:
            self._print_said("status.no_trader")

    def _protection_of(self, held: Step, trader: Step) -> str:
        """Where a position is protected at the exchange; nothing is said where protection is off."""
        if held.get("protected") is not None:
            return self._say("status.protected", price=held["protected"])
        why = trader.get("bare", {}).get(held["pair"])
        return self._say("status.bare", why=self._retold(why)) if why else ""

    def _show_returning(self, step: Step) -> None:
        self._print(step["text"])

    def _show_told(self, step: Step) -> None:
        self._print(step["text"])

    _show_panic = _show_paused = _show_resumed = _show_unkilled = _show_close = _show_told

    def _show_summary(self, step: Step) -> None:
        counts = ("events", "events_lost", "events_doubled", "fills", "equity", "open_positions", "faults")
        self._print_said("summary", **{name: step[name] for name in counts})

    def _show_trades(self, step: Step) -> None:
        columns = (self._say(f"column.{name}") for name in ("when", "pair", "side", "quantity", "price", "order"))
        table = Table(*columns, box=None, header_style="bold")
        for fill in step["fills"]:
            when, side = short_moment(fill["time_ns"], self._zone, self._language), self._named("side", fill["side"])
            quantity, price = (written_number(fill[name], self._language) for name in ("quantity", "price"))
            table.add_row(when, fill["symbol"], side, quantity, price, fill["client_id"])
        self._console.print(table)

    def _show_value(self, step: Step) -> None:
        if "value" in step:
            value, low, high = (written_number(step[name], self._language) for name in ("value", "low", "high"))
            about = {
                "what": step["what"],
                "unit": unit(step["unit"], self._language),
                "about": self._retold(step["about"]),
            }
            self._print_said("value.parameter", value=value, low=low, high=high, **about)
        elif "about" in step:
            self._print_said(
                "value.rule",
                what=step["what"],
                about=self._retold(step["about"]),
                state=self._in_force(step["enabled"]),
            )
        else:
            for name, value in step["parameters"].items():
                self._print(f"{name:18} {written_number(value, self._language)}")
            for name, enabled in step["rules"].items():
                self._print_said("value.listed_rule", name=name, state=self._in_force(enabled))

    def _in_force(self, enabled: bool) -> str:
        return self._say("value.in_force" if enabled else "value.disabled")

    def _show_setting(self, step: Step) -> None:
        self._print(step["reason"])

    _show_setting_refused = _show_setting

    def _show_other(self, step: Step) -> None:
        self._print("  ".join(f"{name}={value}" for name, value in step.items()))


def plain(value: Any, language: Language) -> str:
    """A figure, short."""
    return figure(value, ".4g", language) if isinstance(value, float) else str(value)


def written_number(value: Any, language: Language) -> str:
    """A number as it was handed to us, with the marks of that language between its digits."""
    return str(value).replace(".", ",") if language is Language.PT else str(value)
