"""A sentence in Portuguese or English to what it means, by a closed grammar: no model, no network, a few milliseconds.

It is exact on what it covers and abstains from the rest. Each word that carries meaning has to be consumed by a
reading, all readings have to agree, and every number comes from the sentence or from the value that it changes.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

import msgspec

from core.contracts import (
    Action,
    EditPlan,
    Interpretation,
    Language,
    Offer,
    Situation,
    Status,
)
from core.contracts.plan import MOST_OFFERS
from core.symbols import Symbols
from services.interpreter import doubting, pointing, stopping, turning, wording
from services.interpreter.gist import (
    guessing,
    questions,
    rule_atoms,
    scenes,
    wishes,
)
from services.interpreter.gist import reading as gist
from services.interpreter.grammar import (
    actions,
    bands,
    calls,
    clock,
    closing,
    courtesy,
    extracting,
    guards,
    language,
    nominal,
    shorthand,
    smalltalk,
    taking,
    telling,
    twofold,
)
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import MOST_CHARACTERS, MOST_TOKENS, Text, clean, read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.own_values import about_pairs
from services.interpreter.resort import hearing, normal, rewording
from services.interpreter.understanding import Meaning, of_lattice

BACKEND: Final = "grammar"
NO_SITUATION: Final = Situation()
PAUSE: Final = Offer(action=Action("pause"))
PANIC: Final = Offer(action=Action("panic"))


def interpret(
    text: str, symbols: Symbols, spoken: Language | None = None, situation: Situation = NO_SITUATION
) -> Interpretation:
    """What a sentence means for the strategy of `symbols`. `spoken` settles the language; None: as it is found.

    `situation` decides what may be meant either way, such as `volta` after a pause.
    """
    begun = time.perf_counter()
    cleaned = clean(text[: 4 * MOST_CHARACTERS])
    found, meant = _heard(cleaned, len(text), symbols, spoken, situation)
    if not isinstance(meant, EditPlan | Action) or not _says(doubting.held(meant, cleaned, found)):
        again = _in_other_shape(cleaned, symbols, found, situation)
        meant = meant if again is None else again if _is_clearer(again, meant) else _first(again, meant)
    if spoken is None and situation.language not in (None, found) and not _says(meant):
        found, meant = _in_his_language(cleaned, symbols, situation) or (found, meant)
    if not _says(meant):
        meant = _resorted(cleaned, symbols, found, situation) or _at_last(cleaned, symbols, found, meant) or meant
    meant = doubting.held(meant, cleaned, found)
    ms = round((time.perf_counter() - begun) * 1000, 3)
    match meant:
        case EditPlan():
            return Interpretation(Status.PLAN, found, BACKEND, ms, plan=meant)
        case Action():
            return Interpretation(Status.ACTION, found, BACKEND, ms, action=meant)
        case Ask():
            asked = Interpretation(Status.ASK, found, BACKEND, ms, question=meant.text)
            return msgspec.structs.replace(asked, offers=meant.offers, unused=meant.unused)
        case Refusal():
            return Interpretation(Status.NONE, found, BACKEND, ms, reason=meant.text)


def prepare(symbols: Symbols) -> None:
    """Read the lexicon and compile the patterns, which the first sentence of a process would wait for."""
    stopping.prepare()
    doubting.prepare()
    rule_atoms.prepare()
    gist.prepare()
    guessing.prepare()
    scenes.prepare()
    rewording.prepare()
    normal.prepare()
    for spoken in Language:
        for text in ("stop 3%", "buy 3%", "abcdefgh rule"):  # what reads it, and what is tried at last
            interpret(text, symbols, spoken)


def _heard(
    cleaned: str, length: int, symbols: Symbols, spoken: Language | None, situation: Situation
) -> tuple[Language, Meaning]:
    """What a sentence means as it stands, or without its courtesies."""
    found, meant = _decide(cleaned, length, symbols, spoken, situation)
    if not isinstance(meant, EditPlan | Action):
        plain = _plainly(cleaned, symbols, spoken, situation)
        if plain is not None and _is_clearer(plain[1], meant):
            return plain
    return found, meant


def _in_other_shape(cleaned: str, symbols: Symbols, spoken: Language, situation: Situation) -> EditPlan | Ask | None:
    """What a sentence means in its normal form."""
    if len(cleaned) > MOST_CHARACTERS or len(read(cleaned).tokens) > MOST_TOKENS:
        return None

    def decide(said: str) -> Meaning:
        return _heard(clean(said), len(said), symbols, spoken, situation)[1]

    meant = hearing.normally(cleaned, symbols, spoken, decide)
    return _unless_idle(meant, cleaned, symbols, spoken, decide)


def _first(again: EditPlan | Ask, meant: Meaning) -> Meaning:
    """A question with the plan of the normal form before what was guessed of the words."""
    if not isinstance(again, EditPlan) or not isinstance(meant, Ask):
        return meant
    others = tuple(each for each in meant.offers if each.plan != again)
    return replace(meant, offers=(Offer(plan=again), *others)[:MOST_OFFERS])


def _unless_idle(
    meant: EditPlan | Ask | None, cleaned: str, symbols: Symbols, spoken: Language, decide: hearing.Decide
) -> EditPlan | Ask | None:
    """A plan, unless a word that may undo it is in the sentence for nothing: then it is asked about."""
    if isinstance(meant, EditPlan) and turning.is_idle(meant, build(read(cleaned), spoken, symbols), decide):
        return Ask(wording.say("gist", spoken), (Offer(plan=meant),))
    return meant


def _decide(
    cleaned: str, length: int, symbols: Symbols, spoken: Language | None, situation: Situation
) -> tuple[Language, Meaning]:
    plain = twofold.counted_out(taking.spelled_out(guards.bare_names(cleaned, symbols)))
    sentence = read(bands.outwards(calls.spelled_out(plain)))
    found = spoken or language.of(sentence)
    told = found or situation.language or Language.EN
    if not sentence.tokens:
        return told, Refusal(wording.say("empty", told))
    if length > MOST_CHARACTERS:
        return told, Refusal(wording.say("long", told, count=length, most=MOST_CHARACTERS))
    if len(sentence.tokens) > MOST_TOKENS:
        return told, Refusal(wording.say("wordy", told, count=len(sentence.tokens), most=MOST_TOKENS))
    stop = stopping.of_tokens(sentence.tokens, spoken)
    if stop is not None:
        return stop.language, _stopped(stop)
    if (wanted := closing.heard(cleaned, spoken)) is not None:
        asks = Ask(wording.say("question", wanted.language))
        return wanted.language, asks if wanted.asked else Action("close", {"pair": wanted.pair})
    if (taken_out := extracting.heard(cleaned, symbols, spoken)) is not None:
        return taken_out.language, taken_out.meant
    if closing.unnamed(cleaned):
        return told, Ask(wording.say("close_which", told), (PANIC,))
    if (own := _of_pairs(cleaned, symbols, found, situation)) is not None:
        return own
    if (zone := clock.named_zone(sentence)) is not None:
        name, begin, end = zone
        if name != situation.time_zone.removeprefix("Etc/"):
            said = sentence.lower[sentence.tokens[begin].start : sentence.tokens[end - 1].end]
            return told, Ask(wording.say("other_zone", told, said=said, zone=situation.time_zone))
        sentence = clock.without(sentence, begin, end)
    if found is not None:
        return found, of_lattice(build(sentence, found, symbols, situation.timeframe), situation)
    lattices = {spoken: build(sentence, spoken, symbols, situation.timeframe) for spoken in (told, _other(told))}
    meanings = {spoken: of_lattice(lattice, situation) for spoken, lattice in lattices.items()}
    told = min(meanings, key=lambda spoken: (_certainty(meanings[spoken]), -len(lattices[spoken].known)))
    meant, other = meanings[told], lattices[_other(told)]
    denied = (other.has("not") or other.has("none_of")) and not lattices[told].has("not")
    if isinstance(meant, EditPlan) and denied and situation.language is None and not lattices[told].framed:
        return told, Ask(wording.say("gist", told), (Offer(plan=meant),))  # `no stop 3%`: in the stop, or no stop
    return told, meant


def _plainly(
    cleaned: str, symbols: Symbols, spoken: Language | None, situation: Situation
) -> tuple[Language, Meaning] | None:
    """What a sentence means without its courtesies; None where it has none, or means no more without them."""
    said = read(cleaned)
    if len(cleaned) > MOST_CHARACTERS or len(said.tokens) > MOST_TOKENS or guards.quotes(said):
        return None
    best: tuple[Language, Meaning] | None = None
    told = spoken or language.of(said)
    for plain, talk in _plain(said, told or situation.language or Language.EN).items():
        found, meant = _decide(clean(plain), len(plain), symbols, told, situation)
        if _edits(meant) and telling.tells(build(said, found, symbols)):
            continue
        if not talk and isinstance(meant, Action) and (meant.name in actions.DEEDS or meant.name == "close"):
            meant = Ask(wording.say("gist", found), (Offer(action=meant),))
        if isinstance(meant, EditPlan | Action):
            return found, meant
        best = best or ((found, meant) if _says(meant) else None)
    return best


def _plain(said: Text, spoken: Language) -> dict[str, bool]:
    """A sentence without small talk, courtesies, or both; and whether it is small talk alone that is left out."""
    found: dict[str, bool] = {}
    for text in (said, read(shorthand.written_out(said, spoken))):
        short = smalltalk.without(text)
        polite = courtesy.without(text)
        both = smalltalk.without(read(courtesy.without(read(short))))
        ways = {text.clean: True, short: True, polite: False, smalltalk.without(read(polite)): False, both: False}
        for plain, talk in ways.items():
            found.setdefault(plain, talk or plain in (text.clean, short))
        found.setdefault(nominal.ordered(short), False)
    return {plain: talk for plain, talk in found.items() if plain and plain != said.clean}


def _edits(meant: Meaning) -> bool:
    """Whether it is an edit, or offers one."""
    return isinstance(meant, EditPlan) or (isinstance(meant, Ask) and any(each.plan for each in meant.offers))


def _says(meant: Meaning) -> bool:
    return isinstance(meant, EditPlan | Action) or (isinstance(meant, Ask) and bool(meant.offers))


def _in_his_language(cleaned: str, symbols: Symbols, situation: Situation) -> tuple[Language, Ask] | None:
    """What a sentence may mean in its owner's language, where its few words look like the other: `adciona ema 34`."""
    told, meant = _decide(cleaned, len(cleaned), symbols, situation.language, situation)
    if isinstance(meant, EditPlan):
        return told, Ask(wording.say("gist", told), (Offer(plan=meant),))
    return (told, meant) if isinstance(meant, Ask) and meant.offers else None


def _is_clearer(plain: Meaning, meant: Meaning) -> bool:
    """Whether a sentence without its courtesies says more: something at all, or for sure what else is a guess."""
    done = (
        Offer(plan=plain) if isinstance(plain, EditPlan) else Offer(action=plain) if isinstance(plain, Action) else None
    )
    if isinstance(meant, EditPlan):
        return isinstance(plain, EditPlan)  # a plan that the rest of the sentence throws out
    if isinstance(meant, Ask) and done is not None and (meant.unused or meant.offers[:1] == (done,)):
        return True  # what was left out is the courtesy
    return not _says(meant)


def _resorted(cleaned: str, symbols: Symbols, spoken: Language, situation: Situation) -> EditPlan | Ask | None:
    """What the order in a sentence that nothing reads means, or may mean: in other words, or without its chatter."""
    if len(cleaned) > MOST_CHARACTERS or len(read(cleaned).tokens) > MOST_TOKENS:
        return None

    def decide(said: str) -> Meaning:
        return _decide(clean(said), len(said), symbols, spoken, situation)[1]

    def heard(said: str) -> Meaning:
        meant = decide(said)
        again = (
            None if isinstance(meant, EditPlan) else hearing.heard(said, symbols, spoken, situation.timeframe, decide)
        )
        return again or meant

    meant = hearing.heard(cleaned, symbols, spoken, situation.timeframe, decide)
    return _unless_idle(meant, cleaned, symbols, spoken, heard)


def _at_last(cleaned: str, symbols: Symbols, spoken: Language, meant: Meaning) -> Action | Ask | None:
    """What a sentence that nothing reads probably wants done or shown, with its courtesies or without them."""
    said = read(cleaned)
    if len(cleaned) > MOST_CHARACTERS or len(said.tokens) > MOST_TOKENS or guards.quotes(said):
        return None
    if extracting.heard(cleaned, symbols, spoken) is not None:
        return None  # what it asks about is known
    for text in dict.fromkeys((cleaned, clean(courtesy.without(said)))):
        lattice = build(read(text), spoken, symbols)
        actions.add_edges(lattice)
        if not lattice.tokens or pointing.back_to_what(lattice) is not None:
            continue
        if isinstance(meant, Ask) and (shown := questions.name_alone(lattice)) is not None:
            return Ask(meant.text, (Offer(action=shown),))
        if (asked := wishes.wish(lattice) or questions.nearly(lattice)) is not None:
            return asked
    return None


def _of_pairs(
    cleaned: str, symbols: Symbols, spoken: Language | None, situation: Situation
) -> tuple[Language, Meaning] | None:
    """What a sentence means that is about pairs which are traded, or have values of their own."""

    def decide(rest: str, of_pair: Symbols) -> tuple[Language, Meaning]:
        return _decide(rest, len(rest), of_pair, spoken, msgspec.structs.replace(situation, pairs=()))

    return about_pairs(cleaned, symbols, situation.pairs, decide)


def _other(spoken: Language) -> Language:
    return Language.PT if spoken is Language.EN else Language.EN


def _stopped(stop: stopping.Heard) -> Action | Ask:
    """What a word that stops asks for; who may have meant to close everything is asked."""
    if stop.asked:
        return Ask(wording.say("stop_question", stop.language))
    if stop.stop is stopping.Stop.HALT:
        return Ask(wording.say("pause_or_panic", stop.language), (PAUSE, PANIC))
    if stop.unsure and stop.stop is stopping.Stop.PANIC:
        return Ask(wording.say("panic_unsure", stop.language), (PANIC,))
    return Action(stop.stop.value)


def _certainty(meaning: Meaning) -> int:
    """Of a sentence that may be either language, the one that it says more in."""
    asks_openly = isinstance(meaning, Ask) and not meaning.offers
    kinds = (EditPlan, Action, Ask, Refusal)
    return 2 * next(place for place, kind in enumerate(kinds) if isinstance(meaning, kind)) + asks_openly
