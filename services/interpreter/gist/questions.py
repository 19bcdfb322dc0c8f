"""A question as the action that answers it: what it asks and what it is about, whatever the order of its words.

It shows and never changes anything, so it may pass over a word that nobody knows; what would edit, or speaks of what
might be, is no question of this kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.contracts import Action
from services.interpreter import stopping
from services.interpreter.diagnosis import EDIT_VERBS
from services.interpreter.gist.question_words import FILL, Label, labels
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity

MOST_UNKNOWN: Final = 2
"""Words that nobody knows, in a sentence that shows what it asks for."""
RANKED: Final = (
    *("logs", "help", "diff", "compare", "limits", "parameters", "rules", "weights", "features", "pairs", "history"),
    *("profit", "trades", "positions", "balance", "health", "strategy", "size", "summary", "status"),
)
"""What is asked about when the words say two things as clearly."""
SHOWN: Final = ("limits", "parameters", "rules", "weights", "features", "pairs", "strategy")
DEALS: Final = ("bought", "sold", "traded", "last_trade")
WEAK: Final = ("status", "parameters", "rules", "strategy", "help", "features", "health", "limits")
"""Topics before which a name of the strategy is what is asked about: `a regra do stop`."""
STANDING: Final = ("status", "positions", "health")
"""Topics that a question why nothing is done may name: `why are you not trading?`."""
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
BARS: Final = frozenset({"bars", "candles", "periods", "barras", "velas", "periodos", "candle", "bar", "vela", "barra"})
VALUES_ASKED: Final = ("how_much", "what")
BARRING: Final = ("hypothetical", "reported", "future")
EDITING: Final = (
    *EDIT_VERBS,
    "more_adjective",
    "less_adjective",
    "only",
    "only_if",
    "unless",
    "provided",
    "undo",
    "resume",
    "op_gt",
    "op_lt",
    "op_ge",
    "op_le",
    "reach",
)
LISTED: Final = ("trades", "history", "logs")
MOST_LISTED: Final = 1000
UNITLESS: Final = ("", "factor")


def asked(lattice: Lattice) -> Action | None:
    """The action that shows what a sentence asks for; None when it asks for nothing that there is."""
    if guards.is_quoting(lattice):
        return None
    found, unknown = labels(lattice)
    question = _Question(lattice, tuple(found), tuple(unknown))
    return None if question.is_barred else question.action()


@dataclass(frozen=True, slots=True)
class _Question:
    """A sentence's labels, and what nobody knows of it."""

    lattice: Lattice
    found: tuple[Label, ...]
    unknown: tuple[int, ...]

    def has(self, kind: str, *values: str) -> bool:
        """Whether a label of a kind is there, of these values if some are given."""
        return any(label.kind == kind and (not values or label.value in values) for label in self.found)

    def of(self, kind: str) -> list[str]:
        """The values of a kind, in the order in which they are said."""
        return list(dict.fromkeys(label.value for label in self.found if label.kind == kind))

    @property
    def is_barred(self) -> bool:
        """Whether it would edit, is about what might be, or says too much that nobody knows."""
        edges, why = self.lattice.edges, self.has("asks", "why") or self.has("done", "held_off")
        if self.has("bars") or self.has("commit") or len(self.unknown) > MOST_UNKNOWN or self.hangs_on_a_time:
            return True
        if self.has("says", "not") and not (why or self.is_marked):
            return True
        telling = {place for each in self.found if each.kind != FILL for place in range(each.start, each.end)}
        if any(category in edges[place] for place in range(len(edges)) for category in BARRING if place not in telling):
            return True
        if self.has_amount and not (why or self.has("asks", "explain")):
            return True
        if not self.signals and stopping.beyond(self.lattice.tokens) is not None:
            return True
        return any(category in edges[place] for place in self.unknown for category in EDITING)

    @property
    def has_amount(self) -> bool:
        """Whether an amount is said: `5%`, and not `the last 5`."""
        starts = {label.start for label in self.found if label.kind == "number"}
        return any(
            isinstance(quantity, Quantity) and quantity.unit not in UNITLESS
            for start in starts
            for quantity, _ in self.lattice.edges[start].get("VALUE", ())
        )

    @property
    def hangs_on_a_time(self) -> bool:
        """Whether its `when` is a condition and not what is asked: `sell when ...`."""
        if self.has("topic", "strategy", "rules"):
            return False
        said = [label.start for label in self.found if label.kind not in ("fills", "says")]
        return any(label.value == "when" and label.start != min(said) for label in self.found if label.kind == "asks")

    @property
    def signals(self) -> bool:
        """Whether the sentence shows that it asks."""
        asks = self.has("asks", "when", "what", "how_much", "how", "why", "show", "explain")
        weakly = self.has("asks", "state", "first") and not (self.unknown or self.has("number"))
        return asks or weakly or self.is_marked

    @property
    def is_marked(self) -> bool:
        """Whether it has a question mark."""
        return any(token.key == "?" for token in self.lattice.tokens)

    def action(self) -> Action | None:
        """What answers it."""
        if (self.has("asks", "why") or self.has("done", "held_off")) and (reason := self.reason()) is not None:
            return reason
        if (name := self.implied()) is not None:
            return Action("show", {"what": name})
        if self.is_of_a_coin:
            return Action("positions")
        names = self.names()
        explains = self.has("asks", "explain") or (names and self.asks_purpose)
        if explains and (explained := self.explained(names)) is not None:
            return explained
        topic = self.topic()
        clearly = any(label.kind == "topic" and label.weight >= 1 for label in self.found)
        if names and (topic is None or (any(names) and (topic in (*WEAK, *NAME_OVER_TIME) or not clearly))):
            return self.named(names, topic)
        if topic is None:
            return self.of_a_time()
        if not self.signals and (names or self.unknown or self.tells_of_deals or self.counts_what_is_no_list(topic)):
            return None
        return self.about(topic)

    # Why --------------------------------------------------------------------------------------------------------------

    def reason(self) -> Action | None:
        """Why something was done, or was not."""
        why, idle = self.has("asks", "why"), self.has("done", "idle")
        held_off = self.has("done", "held_off") and (self.has("done", *DEALS) or idle)
        otherwise = set(self.of("topic")) - set(STANDING)
        kept = self.has("says", "not", "nothing", "stopped") and (self.has("done", *DEALS) or not otherwise)
        if (idle and why) or (held_off and (why or self.signals)) or (kept and why and not self.of("name")):
            return Action("why", self.pair())
        if not why or self.has("says", "not"):
            return None
        if (names := [name for name in self.of("name") if name]) and not self.has("done", "bought", "sold", "traded"):
            return Action("explain", {"what": names[0]})
        if self.has("done", *DEALS) and not self.has("topic", "profit"):
            return Action("explain", {"what": self.deal(), **self.pair()})
        if not self.has("topic") and self.has("pair"):
            return Action("why", self.pair())
        return None

    def deal(self) -> str:
        """What was done: bought, sold, or whatever was done last."""
        bought, sold = self.has("done", "bought"), self.has("done", "sold")
        return "buy" if bought and not sold else "sell" if sold and not bought else "last trade"

    def pair(self) -> dict[str, str | int | float | list[str]]:
        """The one pair that is named."""
        pairs = self.of("pair")
        return {"pair": pairs[0]} if len(pairs) == 1 else {}

    # Names and meanings -----------------------------------------------------------------------------------------------

    @property
    def asks_purpose(self) -> bool:
        """`what is it for`, `o que o stop faz`."""
        words = [token.key for token in self.lattice.tokens if token.key != "?"]
        return self.has("asks", "what") and (words[-1] in PURPOSES or "faz" in words)

    def explained(self, names: list[str]) -> Action | None:
        """What a name means, or why the last deal was made."""
        clear = [name for name in names if name]
        if len(clear) == 1 and not self.has("number"):
            return Action("explain", {"what": clear[0]})
        if self.has("done", "bought", "sold", "last_trade") and not names:
            return Action("explain", {"what": self.deal(), **self.pair()})
        return None

    def named(self, names: list[str], topic: str | None) -> Action | None:
        """The value of a name, or what has become of it; several are shown with all the others."""
        if self.has("number") or not (self.signals or self.has("says", "current")):
            return None
        if self.lattice.has("VALUE"):
            return None
        if len(names) > 1 or not names[0]:
            return Action("show", {"what": self.period_named() or "parameters"})
        if topic in NAME_OVER_TIME or self.has("done", "changed"):
            return Action("explain", {"what": names[0]})
        return Action("show", {"what": names[0]})

    def names(self) -> list[str]:
        """The names that are asked about; those of parameters and rules before one of a mere feature."""
        named = [label for label in self.found if label.kind == "name"]
        strong = [label for label in named if label.weight >= 1]
        return list(dict.fromkeys(label.value for label in strong or named))

    @property
    def is_of_a_coin(self) -> bool:
        """`how much btc do I have?`: whether what is held of a coin is asked for."""
        held = any(self.lattice.tokens[label.start].key in HAVING for label in self.found)
        return (
            held and self.has("pair") and self.has("asks", "how_much", "state", "what") and not self.has("done", *DEALS)
        )

    def implied(self) -> str | None:
        """The parameter that is asked for by what it does: `how long do you rest after a sale?`."""
        if not self.has("asks", *VALUES_ASKED) or self.has("when") or any(self.names()) or self.has("done", "changed"):
            return None
        edges = [set(edges) for edges in self.lattice.edges]
        for name, first, second in IMPLIED:
            places = [place for place, each in enumerate(edges) if not each.isdisjoint(first)]
            others = [place for place, each in enumerate(edges) if not each.isdisjoint(second)]
            if places and (not second or set(others) - {places[0]}) and name in self.lattice.symbols.parameters:
                return name
        return None

    def period_named(self) -> str:
        """The period of what several parameters share the name of, where bars are spoken of; else nothing."""
        if not any(token.key in BARS for token in self.lattice.tokens):
            return ""
        found = {
            name
            for edges in self.lattice.edges
            for names, _ in edges.get("PARAM", ())
            for name in names
            if name.endswith("_period")
        }
        return found.pop() if len(found) == 1 else ""

    # What it is about -------------------------------------------------------------------------------------------------

    def topic(self) -> str | None:
        """What most of the words are about."""
        weights: dict[str, float] = {}
        for label in self.found:
            if label.kind == "topic":
                weights[label.value] = weights.get(label.value, 0) + label.weight
        for done, topic in (("changed", "history"), *((deal, "trades") for deal in DEALS)):
            if self.has("done", done):
                weights[topic] = weights.get(topic, 0) + 1
        if self.speaks_of_versions and "profit" in weights:
            return "compare"
        if self.has("done", "idle"):
            weights["status"] = weights.get("status", 0) + 1.5
        if self.has("done", "changed") and self.has("topic", "history") and self.has("says", "last"):
            return "diff"
        if not weights or (self.unknown and max(weights.values()) < 1):
            return None
        return max(weights, key=lambda topic: (weights[topic], -RANKED.index(topic)))

    @property
    def tells_of_deals(self) -> bool:
        """Whether it speaks of buying or selling otherwise than by the name of what is shown: `sell`, not `trades`."""
        topics = {label.start for label in self.found if label.kind == "topic"}
        return any(label.kind == "done" and label.start not in topics for label in self.found)

    def counts_what_is_no_list(self, topic: str) -> bool:
        """Whether a number is said of what is shown whole."""
        return self.has("number") and topic not in LISTED

    @property
    def speaks_of_versions(self) -> bool:
        """Whether versions of the strategy are spoken of."""
        return any(token.key.startswith(("versao", "versoes", "version", "release")) for token in self.lattice.tokens)

    def about(self, topic: str) -> Action | None:
        """The action that shows a topic."""
        if topic in SHOWN:
            return Action("show", {"what": topic})
        if topic in LISTED:
            return self.listed(topic)
        if topic == "size":
            return Action("show", {"what": "order_fraction"})
        past = [time for time in self.of("when") if time not in ("today", "all")]
        if topic == "profit" or (topic == "balance" and past) or (topic == "summary" and self.has("when")):
            return Action("profit", self.period())
        return Action("status" if topic == "summary" else topic)

    def of_a_time(self) -> Action | None:
        """`how was the week?`: what a time came to."""
        bare = self.is_marked and all(label.kind in (FILL, "when") for label in self.found)
        if self.has("when") and (self.has("asks", "how") or bare) and not self.unknown:
            return Action("profit", self.period())
        return None

    def period(self) -> dict[str, str | int | float | list[str]]:
        """The first time that is named."""
        times = self.of("when")
        return {"period": times[0]} if times else {}

    def listed(self, topic: str) -> Action | None:
        """The newest of a list: as many as were asked for, or those of a time."""
        numbers = [Decimal(number) for number in self.of("number")]
        if len(numbers) > 1 or any(number != int(number) or not 1 <= number <= MOST_LISTED for number in numbers):
            return None
        if numbers:
            return Action(topic, {"limit": int(numbers[0])})
        if topic != "logs" and self.has("when") and self.period() != {"period": "all"}:
            return Action(topic, self.period())
        last = self.has("says", "last") or self.has("done", "last_trade")
        return Action(topic, {"limit": 1} if last and not self.speaks_of_many() else {})

    def speaks_of_many(self) -> bool:
        """`the last trades` are several."""
        places = [label.end - 1 for label in self.found if label.kind in ("topic", "done")]
        return any(self.lattice.tokens[place].key.endswith("s") for place in places)
