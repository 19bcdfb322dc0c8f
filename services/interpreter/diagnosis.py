"""What to say when a sentence is no plan: two readings, an unknown name, a word not understood, or no command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from core.contracts import EditPlan
from services.interpreter import pointing, stopping, wording
from services.interpreter.grammar import guards, negation
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Kind, fold
from services.interpreter.grammar.outcome import Ask, Refusal

EDIT_VERBS: Final = (
    *("set", "alter", "wait", "raise", "lower", "widen", "tighten", "plus", "minus"),
    *("double", "triple", "halve", "multiply"),
    *("remove", "drop", "disable", "enable", "add", "rename", "require"),
)
RULE_VERBS: Final = ("buy", "sell", "trade")
NEAREST: Final = 3
LEAST_LIKE: Final = 45


def between(plans: list[EditPlan], asks: list[Ask], lattice: Lattice) -> Ask:
    """The question to ask when the readings of a sentence do not agree."""
    if len(plans) >= 2:
        first, second = (" + ".join(_short(operation) for operation in plan.operations) for plan in plans[:2])
        return Ask(wording.say("two_plans", lattice.language, first=first, second=second))
    return asks[0] if asks else Ask(wording.say("not_understood", lattice.language))


def _short(operation: object) -> str:
    name = getattr(operation, "name", "") or f"{getattr(operation, 'what', '')} {getattr(operation, 'old', '')}"
    value = getattr(operation, "value", None)
    return f"{name} = {value}" if value is not None else f"{type(operation).__name__} {name}"


def orders(lattice: Lattice) -> bool:
    """Whether a verb of it edits, buys or sells."""
    return any(lattice.has(category) for category in (*EDIT_VERBS, *RULE_VERBS, "only", "none_of"))


def explain(lattice: Lattice) -> Ask | Refusal:
    """Why nothing was understood: the first of these that has something to say."""
    guarded = guards.refusal(lattice)
    if guarded == "negated" and (asked := negation.rule(lattice)) is not None:
        return asked
    if guarded == "negated" and not lattice.has("SIDE") and not negation.leaves_alone(lattice, EDIT_VERBS):
        guarded = None
    if guarded is not None:
        return _guarded(guarded, lattice)
    wanted = _Wanted.of(lattice)
    return (
        _stop_and_more(lattice)
        or _one_pair(wanted, lattice)
        or pointing.elsewhere(lattice)
        or _no_command(wanted, lattice)
        or _unclear(wanted, lattice)
    )


def _guarded(case: str, lattice: Lattice) -> Ask | Refusal:
    """What is said of a sentence that is turned round, past, reported or supposed."""
    in_part = not guards.is_conditional(lattice) and not guards.begins_negated(lattice)
    if case == "negated" and in_part and lattice.has("PARAMS") and lattice.has("VALUE"):
        return Ask(wording.say("negated_part", lattice.language))
    if case == "negated" and lattice.has("SIDE") and (lattice.has("FEATURE") or lattice.has("VALUE")):
        return Ask(wording.say("negated_condition", lattice.language))
    if case in ("past", "reported", "future") and guards.is_question(lattice):
        case = "only_question"
    return Refusal(wording.say(case, lattice.language))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a sentence shows of a command."""

    named: bool  # a parameter or a rule
    verb: bool
    rule: bool  # it buys or sells, and says when
    amount: bool
    rule_word: bool

    @classmethod
    def of(cls, lattice: Lattice) -> _Wanted:
        return cls(
            named=lattice.has("PARAM") or lattice.has("RULE"),
            verb=any(lattice.has(category) for category in EDIT_VERBS),
            rule=any(lattice.has(verb) for verb in RULE_VERBS) and (lattice.has("if") or lattice.has("FEATURE")),
            amount=lattice.has("VALUE"),
            rule_word=lattice.has("rule"),
        )

    @property
    def anything(self) -> bool:
        return self.named or self.rule or (self.verb and (self.amount or self.rule_word))


def _one_pair(wanted: _Wanted, lattice: Lattice) -> Ask | None:
    """A rule of one coin, which there cannot be."""
    if not (wanted.named or wanted.rule or lattice.has("only") or lattice.has("none_of")):
        return None
    said = guards.coin(lattice)
    return None if said is None else Ask(wording.say("one_pair", lattice.language, said=said))


def _no_command(wanted: _Wanted, lattice: Lattice) -> Refusal | None:
    if wanted.anything:
        return None
    if lattice.has("buy") or lattice.has("sell"):
        return Refusal(wording.say("order", lattice.language))
    return Refusal(wording.say("only_question" if guards.is_question(lattice) else "none", lattice.language))


def _unclear(wanted: _Wanted, lattice: Lattice) -> Ask:
    """A command of which a name or another word is not known, or only how its words go together."""
    unknown = unknown_words(lattice)
    if wanted.verb and not wanted.rule and (asked := pointing.value_of_what(lattice)) is not None:
        return asked
    if not unknown:
        return Ask(wording.say("not_understood", lattice.language))
    if wanted.verb and not wanted.named and not wanted.rule:
        return _unknown_name(lattice, unknown)
    return Ask(wording.say("leftover", lattice.language, said=unknown))


def _stop_and_more(lattice: Lattice) -> Ask | None:
    """The question about a word that stops beside something else; None when there is none."""
    beyond = stopping.beyond(lattice.tokens)
    if beyond is None:
        return None
    if (said := guards.coin(lattice)) is not None:
        return Ask(wording.say("one_pair", lattice.language, said=said))
    case = "stop_condition" if guards.is_conditional(lattice) else "stop_more"
    return Ask(wording.say(case, lattice.language, said=beyond))


def unknown_words(lattice: Lattice) -> str:
    """The first stretch of words that nobody knows; empty when there is none."""
    unknown = [i for i in range(lattice.end) if i not in lattice.known and lattice.tokens[i].kind is not Kind.MARK]
    if not unknown:
        return ""
    end = unknown[0]
    while end in unknown:
        end += 1
    return lattice.said(unknown[0], end)


def _unknown_name(lattice: Lattice, unknown: str) -> Ask:
    """The nearest names of parameters and rules to what was said in their place."""
    meant = {
        phrase: entry.value[0]
        for phrases in lattice.names.phrases.values()
        for phrase, entries in phrases.items()
        for entry in entries
        if entry.category in ("PARAM", "RULE")
    }
    ranked = process.extract(fold(unknown), list(meant), scorer=fuzz.WRatio, limit=4 * NEAREST, score_cutoff=LEAST_LIKE)
    near = list(dict.fromkeys(meant[phrase] for phrase, _, _ in ranked))[:NEAREST]
    names = near or list(lattice.symbols.parameters)[:NEAREST]
    return Ask(
        wording.say("unknown_name", lattice.language, said=unknown, names=wording.listed(names, lattice.language))
    )
