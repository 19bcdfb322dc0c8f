"""What is said by its effect in anybody's words: `get me out of anything that has been open six hours`.

The words stand for classes, what happens to a position, to the money or after a sale, and several classes together are
the scene of one parameter. One amount, whose unit fits. It is an offer always; words of no class are named in it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

from core.contracts import EditPlan, Language, Offer
from services.interpreter.gist import guarding, orders, plainly
from services.interpreter.gist.labelling import labelled
from services.interpreter.gist.labels import Gist, Word
from services.interpreter.gist.pieces import is_amount
from services.interpreter.gist.topics import named
from services.interpreter.gist.vocabulary import phrases
from services.interpreter.grammar import clauses, guards, telling
from services.interpreter.grammar.adjustment import Adjustment, How
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask
from services.interpreter.wording import say

FILE: Final = "scenes"
CLASSES: Final = frozenset(
    [
        *("denies", "beyond", "at_most", "at_least", "within", "loses", "gains", "top", "money", "order", "spends"),
        *("holds", "exits", "enters", "sold", "again", "waits"),
    ]
)
MOST_UNKNOWN: Final = 6
PLUS: Final = frozenset({"mais", "plus", "+", "at plus", "a mais"})
VERBS: Final = {"sell": "exits", "buy": "enters"}
BOUNDING: Final = frozenset({"at_least", "at_most", "within", "beyond", "denies"})
BOUNDS: Final = ("op_lt", "op_le", "op_ge", "op_gt", "or_more", "only", "only_if", "require", "less_than")
MOVING: Final = ("raise", "lower", "plus", "minus", "widen", "tighten", "alter")
SPEAKERS: Final = frozenset({"i", "we", "eu", "nos", "a gente"})
WILLING: Final = frozenset(
    [
        *("want", "need", "would", "can", "will", "am", "are", "do", "dont", "wanna", "prefer", "demand", "insist"),
        *("quero", "preciso", "gostaria", "nao", "aceito", "topo", "aguento", "tolero", "suporto", "to", "estou"),
        *("queremos", "prefiro", "exijo", "so"),
    ]
)
"""After `I` these ask for something; other verbs tell what he does."""
THIRD: Final = frozenset({"it", "he", "she", "they", "ele", "ela", "eles", "elas", "nobody", "everyone", "everybody"})
MODAL: Final = frozenset(
    [
        *(
            "must",
            "should",
            "shall",
            "has",
            "have",
            "needs",
            "need",
            "may",
            "can",
            "cannot",
            "ought",
            "is",
            "nao",
            "so",
        ),
        *("deve", "devem", "tem", "precisa", "pode", "nunca", "jamais"),
    ]
)
"""After `it` or `ele` these order; other verbs tell what it does."""
PARTS: Final = frozenset({"half", "part", "some", "partially", "metade", "parte", "parcial", "parcialmente", "pedaço"})
"""Of a position: nothing of it is a setting."""
TENSES: Final = ("ou", "ei", "iu", "eu", "ava", "ia", "am", "ed", "s", "ing")
TAKING: Final = (
    "cash",
    "pocket",
    "bank",
    "lock",
    "take",
    "realis",
    "realiz",
    "embols",
    "garant",
    "bolso",
    "no bolso",
    "poe no bolso",
    "bota no bolso",
    "book",
    "secure",
    "guarda",
    "fatura",
    "ring",
)
AGREEING: Final = frozenset({"nao", "não", "nenhum", "nenhuma", "nada", "nunca", "jamais"})
"""After a negation these deny once more, not the other way: `num fica mais de duas horas não`."""
RISKING: Final = ("risk", "arrisc", "arrisq")
RISKED: Final = frozenset({"spends", "denies", "beyond", "at_most"})
FOLLOWING: Final = ("follow", "trail", "acompanh", "seguindo", "behind", "atras")


def prepare() -> None:
    """Read the words, which the first sentence of a process would wait for."""
    for language in Language:
        phrases((FILE,), language)


def guess(lattice: Lattice) -> EditPlan | Ask | None:
    """The setting whose scene it is, or the question with it where it is not said plainly; None where it is none."""
    gist = labelled(lattice, FILE, numbered=False)
    amounts = [word.amount for word in gist.words if word.amount is not None and _is_measured(word, gist)]
    others = [word for word in gist.words if is_amount(word) and not _is_measured(word, gist)]
    if len(amounts) != 1 or others or not _is_ordered(gist) or amounts[0] is None:
        return None
    amount = replace(amounts[0], readings=tuple(abs(reading) for reading in amounts[0].readings))
    said = {role for word in gist.words for role in _classes(word)} | _signs(gist) | _done(gist)
    scenes = _scenes(gist, amount, said)
    names = [name for name in scenes if name in lattice.symbols.parameters]
    changes = [Adjustment(((name,),), How.TO, quantity=amount, exact=True) for name in names]
    plans = [clauses.plan((change,), lattice) for change in changes]
    offers = tuple(Offer(plan=plan) for plan in plans if isinstance(plan, EditPlan))
    if not offers:
        return None
    plan = offers[0].plan
    idle = "denies" in said and _scenes(gist, amount, said - {"denies"}) == scenes  # a `not` that changes nothing
    if len(scenes) == 1 and plan is not None and not idle and plainly.is_certain(gist, said):
        return plan
    unused = tuple(word.said for word in gist.unknown)
    text = say("without", lattice.language, said="”, “".join(unused)) if unused else say("gist", lattice.language)
    return Ask(text, offers, unused)


def _is_ordered(gist: Gist) -> bool:
    """Whether the owner asks for it: nobody else does, none of it is told, supposed or put off."""
    lattice = gist.lattice
    if guards.is_quoting(lattice) or guards.coin(lattice) is not None or telling.is_past(lattice):
        return False
    asks = guards.is_question(lattice) and not guarding.is_polite(gist) and not guards.answers_itself(lattice)
    if asks or guarding.turned(gist, guards.REASONS):
        return False
    if any(word.has("trap", "later") and not _is_of_scene(word) for word in gist.words):
        return False
    if any(_is_elsewhere(word) or word.share or word.said in PARTS for word in gist.words) or _tells(gist):
        return False
    unknown = gist.unknown
    if len(unknown) > MOST_UNKNOWN or not guarding.may_go(gist):
        return False
    return not any(orders.told(word, lattice) for word in unknown)


def _is_of_scene(word: Word) -> bool:
    return not CLASSES.isdisjoint(word.chosen) or "filler" in word.chosen


def _is_elsewhere(word: Word) -> bool:
    """Whether it is a name of something that no scene is about: `if the rsi drops below 30%`."""
    if _is_of_scene(word):
        return False
    return (
        bool(set(named([word])) - {"min_confidence"})
        or any(True for _ in word.topics("feature"))
        or any(True for _ in word.topics("kind"))
    )


def _tells(gist: Gist) -> bool:
    """Whether somebody does it: `my aunt never holds more than a day`, `we lose 2% per trade`."""
    said = [token.key for token in gist.lattice.tokens]
    if not telling.WORDS["people"].isdisjoint(said[:4]):
        return True
    if said[0] in SPEAKERS and said[1:2] and said[1] not in WILLING:
        return True
    if said[0] in THIRD and said[1:2] and said[1] not in MODAL:
        return True
    begins = next((place for place, word in enumerate(gist.words) if not CLASSES.isdisjoint(word.chosen)), 0)
    unknown = [place for place in range(begins) if not gist.words[place].known]
    return any(not _is_manner(gist.words[place]) and not _is_verb(gist, place) for place in unknown)


def _is_manner(word: Word) -> bool:
    return word.said.endswith(("ly", "mente"))


def _is_verb(gist: Gist, place: int) -> bool:
    """Whether an unknown word may be what is to be done: the first one, right before its object or an `out`."""
    after = gist.words[place + 1 : place + 2]
    spoken = place == 0 and not gist.words[place].said.endswith(TENSES)
    return spoken and any("filler" in word.chosen or word.said in ("out", "off", "fora") for word in after)


def _is_measured(word: Word, gist: Gist) -> bool:
    """Whether an amount says what it is counted in; a confidence needs no unit."""
    return word.amount is not None and bool(word.amount.unit or _is_of_confidence(gist))


def _is_of_confidence(gist: Gist) -> bool:
    return any("min_confidence" in pointer.names for word in gist.words for pointer in word.topics("param"))


def _signs(gist: Gist) -> set[str]:
    """What a sign before the amount says of a position: `at -2%`, `mais 7% no bolso`."""
    found: set[str] = set()
    for before, word in pairwise((None, *gist.words)):
        if word is not None and word.amount is not None:
            found |= {"loses"} if word.amount.number < 0 else set()
            found |= {"gains"} if before is not None and before.said in PLUS else set()
    return found


def _done(gist: Gist) -> set[str]:
    """`Chop any trade that is 4% under water`: a verb that nobody knows, before its object, ends the trade."""
    return {"exits"} if gist.words and not gist.words[0].known and _is_verb(gist, 0) else set()


def _classes(word: Word) -> frozenset[str]:
    """Those of a word; what only the grammar knows sells or buys too."""
    if not word.chosen & CLASSES and not word.chosen - {"filler"}:
        return frozenset(role for verb, role in VERBS.items() if verb in word.roles)
    return word.chosen & CLASSES


def _scenes(gist: Gist, amount: Quantity, said: set[str]) -> tuple[str, ...]:
    """The parameters that the classes of the words may tell together, most likely first."""
    if _is_of_confidence(gist):
        return ("min_confidence",) if _is_bound(gist, said, amount) else ()
    denials = [place for place, word in enumerate(gist.words) if "denies" in word.chosen]
    if any(gist.words[place].said not in AGREEING for place in denials[1:]):
        return ()
    if denials and not said & {"beyond", "within", "again", "sold"}:
        return ()
    if "exits" in said and _is_denied(gist, "exits") and not ("within" in said and amount.unit == "seconds"):
        return ()  # `don't sell if it drops 3%`: a rule
    if "waits" in said and _is_denied(gist, "waits"):
        return ()
    if amount.unit == "seconds":
        found = _of_time(said)
    elif amount.unit in ("percent", "bps"):
        found = _of_share(said, gist)
        if found is None and said <= RISKED and said >= {"spends", "denies", "beyond"} and _says(gist, RISKING):
            return "order_fraction", "stop_loss"  # `don't risk more than 1%`
    else:
        found = None
    return (found,) if found is not None else ()


def _is_denied(gist: Gist, role: str) -> bool:
    """Whether a negation stands right before it: `don't sell if ...`."""
    words = [word for word in gist.words if word.chosen != {"filler"}]
    return any("denies" in first.chosen and role in _classes(second) for first, second in pairwise(words))


def _is_bound(gist: Gist, said: set[str], amount: Quantity) -> bool:
    """Whether it says how sure the signals have to be: `below 0.7 confidence do nothing`."""
    share = amount.unit == "percent" or (not amount.unit and 0 < amount.number <= 1)
    if "denies" in said and (gist.unknown or not said & {"enters", "waits"}):
        return False  # `no changing the confidence to 50%`
    return (
        share
        and not any(word.has(*MOVING) for word in gist.words)
        and (bool(said & BOUNDING) or any(word.has(*BOUNDS) for word in gist.words))
    )


def _of_time(said: set[str]) -> str | None:
    if said & {"loses", "gains"} and "sold" not in said:
        return None  # how long, and at a loss: a rule
    if "again" in said and "denies" in said and "exits" not in said:
        return "cooldown_seconds"  # `don't buy again for three minutes`
    if "sold" in said or ("waits" in said and said & {"again", "enters"} and "exits" not in said):
        return "cooldown_seconds" if "within" not in said or said & {"waits", "again"} else None
    if "within" in said and "exits" in said:
        return "min_hold_seconds" if said & {"denies", "holds", "waits"} else None
    if "at_least" in said and "holds" in said and "beyond" not in said and "at_most" not in said:
        return "min_hold_seconds"
    if said & {"holds", "exits"} and "at_least" not in said and "enters" not in said:
        limited = "at_most" in said or ("beyond" in said and said & {"denies", "exits"})
        return "max_hold_seconds" if limited or {"holds", "exits"} <= said else None
    return None


def _of_share(said: set[str], gist: Gist) -> str | None:
    limited = "at_most" in said or {"denies", "beyond"} <= said
    if "top" in said:
        ordered = "exits" in said or limited or _says(gist, FOLLOWING)
        return "trailing_stop" if ordered and not said & {"enters", "money"} else None
    if "loses" in said or "gains" in said:
        if any(word.has("only_if") for word in gist.words):
            return None  # `sell, only if it gains more than 2%`: a rule
        if said & {"enters", "money", "spends"} or {"loses", "gains"} <= said:
            return None
        if "loses" in said:
            return "stop_loss" if "exits" in said or limited else None
        return "take_profit" if ("exits" in said or _says(gist, TAKING)) and "denies" not in said else None
    if said & {"order", "money"} and (said & {"spends"} or limited) and "exits" not in said:
        return "order_fraction" if {"order", "money"} <= said or "spends" in said or limited else None
    return None


def _says(gist: Gist, beginnings: tuple[str, ...]) -> bool:
    return any(word.said.startswith(beginnings) for word in gist.words)
