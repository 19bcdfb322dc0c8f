"""Changes: the history, one of them with its gates, its diff, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.contracts import GateReport, Language, State
from core.contracts.answers import ChangeBrief, ChangeEnded, DiffShown, HistoryShown, OrderShown, Outcome, Shown
from core.formats import figure, number, short_moment
from core.retelling import retold
from core.text import one_line
from services.gateway.console.texts import named
from services.gateway.telegram.buttons import Button
from services.gateway.telegram.cards.card import Card, File
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import block, bold, code, escaped, italic, joined, units, worded
from services.gateway.telegram.tables import table
from services.gateway.telegram.texts import said, say

LONGEST_DIFF = 3000
"""Characters of a diff in a chat; a longer one is a file."""
MARKS: Mapping[str, str] = {
    "passed": "\N{CHECK MARK}",
    "failed": "\N{BALLOT X}",
    "error": "?",
    "skipped": "\N{EN DASH}",
}
STATES: Mapping[State, str] = {
    State.LIVE: "\N{CHECK MARK}",
    State.ACCEPTED: "\N{CHECK MARK}",
    State.ROLLED_BACK: "\N{LEFTWARDS ARROW}",
    State.REJECTED: "\N{BALLOT X}",
    State.FAILED: "\N{BALLOT X}",
    State.ASK: "?",
}
DOT = "\N{MIDDLE DOT}"
LONGEST_SENTENCE = 70
MOST_BUTTONS = 4
FINDINGS_SHOWN = 3
SIDES = ("before", "after")
USUAL = "usual_"
STRESSED = ("doubled_costs_", "one_bar_late_")
"""Terms on which the backtest measures; of these the whole verdict tells (`sorte show`)."""


def history_card(shown: HistoryShown, reader: Reader) -> Card:
    """The last changes, newest first, and a button for each of the newest."""
    if not shown.changes:
        return Card(said("history.none", reader.language))
    card = Card("\n\n".join(_brief(change, reader) for change in shown.changes))
    return card.with_buttons(
        *(Button(each.id[:8], argument=f"show {each.id}") for each in shown.changes[:MOST_BUTTONS])
    )


def _brief(change: ChangeBrief, reader: Reader) -> str:
    trades = " \N{BLACK RIGHT-POINTING TRIANGLE}" if change.trades is True else ""
    when = short_moment(change.time_ns, reader.zone, reader.language)[:-3]
    head = f"{STATES.get(change.state, DOT)} {code(change.id)} {escaped(when)} {bold(_state(change, reader))}{trades}"
    return f"{head}\n{escaped(one_line(change.text, most=LONGEST_SENTENCE, more='...'))}"


def _state(change: ChangeBrief, reader: Reader) -> str:
    return named("state", change.state, reader.language)


def change_card(shown: Shown, reader: Reader) -> Card:
    """One change from its sentence to its end, or an order with what led to it."""
    parts = []
    if isinstance(order := shown.order, OrderShown):
        side = named("side", order.side.lower(), reader.language)
        told = {"quantity": number(order.quantity, reader.language), "price": number(order.price, reader.language)}
        parts.append(said("show.order", reader.language, side=side, pair=order.symbol, order=order.client_id, **told))
    change = shown.change
    if change is None:
        return Card(joined(*parts, said("show.no_sentence", reader.language)))
    text, owner = (str(value) if isinstance(value, str) else "" for value in (shown.text, shown.owner))
    parts.append(f"{code(shown.id)} {escaped(owner)}\n{italic(text)}")
    if change.verdict is not None:
        parts.append(gates(change.verdict.gates, reader))
    card = Card(joined(*parts, ended(change, reader)))
    return card.with_buttons(*_buttons(change, reader))


def _buttons(change: ChangeEnded, reader: Reader) -> list[Button]:
    """What can be looked at next."""
    if not change.commit and change.plan is None:
        return []
    return [Button(say("button.diff", reader.language), argument=f"diff {change.id}")]


def gates(reports: Sequence[GateReport], reader: Reader) -> str:
    """Each gate with its time; findings of those that did not pass; figures before and after."""
    language = reader.language
    rows = [
        (MARKS[each.outcome], named("gate", each.name, language), seconds(each.seconds, language)) for each in reports
    ]
    told = [
        f"{bold(named('gate', each.name, language))}: {worded(retold(finding, language))}"
        for each in reports
        if each.outcome in ("failed", "error")
        for finding in each.findings[:FINDINGS_SHOWN]
    ]
    measured = next((each.figures for each in reports if each.name == "backtest" and each.figures), {})
    return joined(table((), rows, right="llr"), *told, before_after(measured, language))


def before_after(figures: Mapping[str, float | int | str | None], language: Language) -> str:
    """What the backtest measured with the release that trades, and with the change."""
    names = [name.removesuffix("_after") for name in figures if name.endswith("_after")]
    rows = [
        (named("figure", short, language), *(_measured(short, figures[f"{name}_{side}"], language) for side in SIDES))
        for name in names
        if f"{name}_before" in figures and (short := name.removeprefix(USUAL)) and not name.startswith(STRESSED)
    ]
    columns = [say(f"column.{name}", language) for name in ("figure", "before", "after")]
    return table(columns, rows, right="lrr") if rows else ""


def _measured(name: str, value: float | int | str | None, language: Language) -> str:
    if isinstance(value, float | int) and name in ("total_return", "max_drawdown", "win_rate"):
        return figure(value, "+.2%" if name == "total_return" else ".2%", language)
    return figure(value, ".4g", language) if isinstance(value, float) else str(value if value is not None else "-")


def seconds(spent: float, language: Language) -> str:
    """`1.8 s`."""
    return f"{figure(spent, '.1f', language)} s"


def ended(change: Outcome, reader: Reader) -> str:
    """How it ended, and why; of what was no change only why."""
    why = worded(change.reason or "")
    if change.state is State.NONE and why:
        return why
    state = f"{STATES.get(change.state, DOT)} {bold(named('state', change.state, reader.language))}"
    return joined(f"{state} {code(change.id)}", why)


def ended_card(change: Outcome, reader: Reader) -> Card:
    """The same as a message: what it took, and a way back."""
    taken = change.seconds.get("total") if change.state is not State.NONE else None
    spent = said("change.took", reader.language, seconds=seconds(taken, reader.language)) if taken else ""
    card = Card(joined(ended(change, reader), spent))
    if change.state in (State.LIVE, State.ACCEPTED) and change.plan is not None:
        return card.with_buttons(*_buttons(ChangeEnded.of(change), reader))
    return card


def diff_card(shown: DiffShown, reader: Reader) -> Card:
    """What a change edits: coloured lines, or a file with a summary of it when they are many."""
    if not shown.diff.strip():
        return Card(said("diff.none", reader.language))
    if units(shown.diff) <= LONGEST_DIFF:
        return Card(block(shown.diff.rstrip("\n"), "diff"))
    return Card(
        said("diff.long", reader.language, **_counted(shown.diff)), file=File(f"{shown.id}.diff", shown.diff.encode())
    )


def _counted(diff: str) -> dict[str, int]:
    """How many lines come and go, in how many files."""
    lines = diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return {"files": sum(line.startswith("+++ ") for line in lines), "added": added, "removed": removed}
