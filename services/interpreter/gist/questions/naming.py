"""Questions about what has a name: its value, what it means, what has become of it; and one named by what it does."""

from __future__ import annotations

from typing import Final

from core.contracts import Action
from services.interpreter.gist.questions.reasons import DEALS, deal
from services.interpreter.gist.questions.said import Said

NAME_OVER_TIME: Final = ("history", "diff")
PURPOSES: Final = frozenset({"faz", "fazem", "serve", "servem", "for", "do", "mean", "means", "significa"})
IMPLIED: Final = (
    ("cooldown_seconds", ("rest", "wait"), ("after_sale", "between_trades", "once_sold")),
    ("order_fraction", ("spend",), ("per_order", "of_equity")),
    ("trailing_stop", ("falls", "drop_noun", "sell"), ("from_top",)),
    ("stop_loss", ("cut_loss", "stop_me_out"), ()),
    ("stop_loss", ("sell",), ("loses", "loss_noun")),
    ("take_profit", ("take_gain",), ()),
    ("take_profit", ("sell",), ("gains", "gain_noun")),
    ("max_hold_seconds", ("hold",), ("op_le", "at_most", "for_no_longer")),
    ("min_hold_seconds", ("hold",), ("op_ge",)),
)
"""Parameters by what they do: one word of the first and one of the second group, where a value is asked for."""
HAVING: Final = frozenset(
    {"tenho", "tem", "temos", "have", "has", "got", "hold", "holding", "own", "posicao", "position"}
)
BARS: Final = frozenset(
    {
        "lookback",
        "lookbacks",
        "window",
        "length",
        "janela",
        "comprimento",
        "bars",
        "candles",
        "periods",
        "barras",
        "velas",
        "periodos",
        "candle",
        "bar",
        "vela",
        "barra",
    }
)
HISTORIES: Final = frozenset({"history", "historico", "historia", "evolution", "evolucao", "timeline", "changelog"})
CURRENT: Final = frozenset({"atual", "atuais", "vigente", "current", "present"})
VALUES_ASKED: Final = ("how_much", "what")


def asks_purpose(said: Said) -> bool:
    """`what is it for`, `o que o stop faz`."""
    words = [token.key for token in said.lattice.tokens if token.key != "?"]
    return said.has("asks", "what") and (words[-1] in PURPOSES or "faz" in words)


def explained(said: Said) -> Action | None:
    """What a name means, or why the last deal was made."""
    names = said.names
    clear = [name for name in names if name]
    if len(clear) == 1 and not said.has("number"):
        return Action("explain", {"what": clear[0]})
    if said.has("done", "bought", "sold", "last_trade") and not names:
        return Action("explain", {"what": deal(said), **said.pair})
    return None


def valued(said: Said, topic: str | None) -> Action | None:
    """The value of a name, or what has become of it; several are shown with all the others."""
    names = _apart(said.names, said)
    if over_time(said) and len(names) == 1 and names[0] and not said.has("number"):
        return Action("explain", {"what": names[0]})
    current = said.has("says", "current") or any(token.key in CURRENT for token in said.lattice.tokens)
    if said.has("number") or not (said.signals or current):
        return None
    if said.lattice.has("VALUE"):
        return None
    if len(names) > 1 or not names[0]:
        return Action("show", {"what": _period_of_several(said) or "parameters"})
    if topic in NAME_OVER_TIME or said.has("done", "changed"):
        return Action("explain", {"what": names[0]})
    return Action("show", {"what": _period_of(names[0], said)})


def _period_of(name: str, said: Said) -> str:
    """The period of an indicator where its bars are asked for: `how many bars does the atr use?`."""
    period, symbols = f"{name}_period", said.lattice.symbols
    speaks = any(token.key in BARS for token in said.lattice.tokens)
    return period if speaks and name not in symbols.parameters and period in symbols.parameters else name


def over_time(said: Said) -> bool:
    """Whether what has become of it is asked for by name: `stop_loss history`."""
    return any(token.key in HISTORIES for token in said.lattice.tokens)


def _apart(names: list[str], said: Said) -> list[str]:
    """Without the word that several share, where the one is named: `the weight of the book`."""
    clear = [name for name in names if name]
    shared = {names for edges in said.lattice.edges for names, _ in edges.get("PARAM", ()) if len(names) > 1}
    return clear if len(clear) == 1 and any(clear[0] in several for several in shared) else names


def is_of_a_coin(said: Said) -> bool:
    """`how much btc do I have?`: whether what is held of a coin is asked for."""
    held = any(said.lattice.tokens[label.start].key in HAVING for label in said.found)
    return held and said.has("pair") and said.has("asks", "how_much", "state", "what") and not said.has("done", *DEALS)


def implied(said: Said) -> str | None:
    """The parameter that is asked for by what it does: `how long do you rest after a sale?`."""
    if not said.has("asks", *VALUES_ASKED) or said.has("when") or any(said.names) or said.has("done", "changed"):
        return None
    edges = [set(edges) for edges in said.lattice.edges]
    for name, first, second in IMPLIED:
        places = [place for place, each in enumerate(edges) if not each.isdisjoint(first)]
        others = [place for place, each in enumerate(edges) if not each.isdisjoint(second)]
        if places and (not second or set(others) - {places[0]}) and name in said.lattice.symbols.parameters:
            return name
    return None


def _period_of_several(said: Said) -> str:
    """The period of what several parameters share the name of, where bars are spoken of; else nothing."""
    if not any(token.key in BARS for token in said.lattice.tokens):
        return ""
    found = {
        name
        for edges in said.lattice.edges
        for names, _ in edges.get("PARAM", ())
        for name in names
        if name.endswith("_period")
    }
    return found.pop() if len(found) == 1 else ""
