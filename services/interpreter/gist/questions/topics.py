"""What a question without a name is about: the account, what was done, the strategy; over which time, or how many."""

from __future__ import annotations

from typing import Final

from core.contracts import Action
from services.interpreter.gist.questions.reasons import DEALS
from services.interpreter.gist.questions.said import Said
from services.interpreter.lists.words import FILL

RANKED: Final = (
    *("logs", "help", "diff", "compare", "limits", "parameters", "rules", "weights", "features", "pairs", "history"),
    *("profit", "trades", "positions", "balance", "health", "strategy", "size", "summary", "status"),
)
"""What is asked about when the words say two things as clearly."""
SHOWN: Final = ("limits", "parameters", "rules", "weights", "features", "pairs", "strategy")
LISTED: Final = ("trades", "history", "logs")
MOST_LISTED: Final = 1000


def topic(said: Said) -> str | None:
    """What most of the words are about."""
    weights: dict[str, float] = {}
    for label in said.found:
        if label.kind == "topic":
            weights[label.value] = weights.get(label.value, 0) + label.weight
    for done, about in (("changed", "history"), *((deal, "trades") for deal in DEALS)):
        if said.has("done", done):
            weights[about] = weights.get(about, 0) + 1
    if _speaks_of_versions(said) and "profit" in weights:
        return "compare"
    if said.has("done", "idle"):
        weights["status"] = weights.get("status", 0) + 1.5
    if said.has("done", "changed") and said.has("topic", "history") and said.has("says", "last"):
        return "diff"
    if not weights or (said.unknown and max(weights.values()) < 1):
        return None
    return max(weights, key=lambda about: (weights[about], -RANKED.index(about)))


def asks_which(said: Said) -> bool:
    """`which rules ...`, `quais indicadores ...`: whether several things are what is asked for."""
    ends = {label.end for label in said.found if label.kind == "asks" and label.value == "what"}
    tokens = said.lattice.tokens
    return any(
        label.kind == "topic" and label.start in ends and tokens[label.end - 1].key.endswith("s")
        for label in said.found
    )


def tells_of_deals(said: Said) -> bool:
    """Whether it speaks of buying or selling otherwise than by the name of what is shown: `sell`, not `trades`."""
    topics = {label.start for label in said.found if label.kind == "topic"}
    return any(label.kind == "done" and label.start not in topics for label in said.found)


def counts_what_is_no_list(said: Said, about: str) -> bool:
    """Whether a number is said of what is shown whole."""
    return said.has("number") and about not in LISTED


def shown(said: Said, about: str) -> Action | None:
    """The action that shows a topic."""
    if about in SHOWN:
        return Action("show", {"what": about})
    if about in LISTED:
        return _listed(said, about)
    if about == "size":
        return Action("show", {"what": "order_fraction"})
    past = [time for time in said.of("when") if time not in ("today", "all")]
    if about == "profit" or (about == "balance" and past) or (about == "summary" and said.has("when")):
        return Action("profit", said.period)
    return Action("status" if about == "summary" else about)


def of_a_time(said: Said) -> Action | None:
    """`how was the week?`: what a time came to."""
    bare = said.is_marked and all(label.kind in (FILL, "when") for label in said.found)
    if said.has("when") and (said.has("asks", "how") or bare) and not said.unknown:
        return Action("profit", said.period)
    return None


def _listed(said: Said, about: str) -> Action | None:
    """The newest of a list: as many as were asked for, or those of a time."""
    numbers = said.numbers
    if len(numbers) > 1 or any(number != int(number) or not 1 <= number <= MOST_LISTED for number in numbers):
        return None
    if numbers:
        return Action(about, {"limit": int(numbers[0])})
    if about != "logs" and said.has("when") and said.period != {"period": "all"}:
        return Action(about, said.period)
    last = said.has("says", "last") or said.has("done", "last_trade")
    return Action(about, {"limit": 1} if last and not _speaks_of_many(said) else {})


def _speaks_of_versions(said: Said) -> bool:
    """Whether versions of the strategy are spoken of."""
    return any(token.key.startswith(("versao", "versoes", "version", "release")) for token in said.lattice.tokens)


def _speaks_of_many(said: Said) -> bool:
    """`the last trades` are several."""
    places = [label.end - 1 for label in said.found if label.kind in ("topic", "done")]
    return any(said.lattice.tokens[place].key.endswith("s") for place in places)
