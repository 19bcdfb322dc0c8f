"""What looks like an order of a setting and is none, held back whoever read it: a doubt is a question.

`Is the stop 3%` asks without a mark, `stop raising it to 3%` forbids, `yeah right, stop to 10%` mocks, and what comes
after `rather than` is what is not done. Pure, and blind to how the sentence was read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

from core.contracts import AddRule, EditPlan, Language, Offer, SetParameter
from services.interpreter import wording
from services.interpreter.grammar.normalise import fold
from services.interpreter.grammar.outcome import Ask, Refusal

OUTCOMES: Final = frozenset({"stop_loss", "take_profit", "trailing_stop"})
HALF: Final = 0.5
WEIGHTS: Final = {
    "weight_technical": re.compile(r"\b(?:technicals?|chart|tecnico|grafico)\b"),
    "weight_orderbook": re.compile(r"\b(?:order ?book|book|livro)\b"),
    "weight_flow": re.compile(r"\b(?:flow|fluxo)\b"),
    "weight_qlearning": re.compile(r"\bq-?(?:learning|table|tabela)\b"),
}
EACH: Final = re.compile(r"\b(?:each|both|all (?:three|four)|cada|ambos|os (?:dois|tres|quatro))\b")
"""Beside these every weight that is said is one that is set."""
ALTERING: Final = (
    r"(?:rais|increas|lower|reduc|decreas|dropp|cutt|chang|sett|mov|putt|doubl|halv|tripl|tighten|widen|bump|upp|"
    r"adjust|tweak|touch|renam|remov|disabl|enabl)ing"
)
BARE: Final = r"(?:raise|increase|lower|reduce|decrease|cut|change|set|move|put|double|halve|triple|tighten|widen|bump)"
ALTERAR: Final = r"(?:aumentar|subir|baixar|abaixar|diminuir|reduzir|colocar|botar|mudar|alterar|mexer|dobrar|cortar)"
SHAMS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:(?:so|and|but|hey|ok|okay|well|um|wait|now|btw)\b,?\s*)*"
        r"(?:is|are|was|were|does|did|has|will (?:the|my|our)|have (?:you|we|i|they))\s"
        r"(?!too\b)"
        r"(?!.*[,;.]\s*(?:so |then |now |please )?(?:put|set|make|raise|lower|change|use|go|bring|take|cut)\b)",
        rf"^(?:please,?\s+|hey,?\s+)?(?:stop|quit|cease|enough (?:of|with)|no more|done with|sick of)\s+{ALTERING}\b",
        r"^(?:please,?\s+|hey,?\s+)?(?:stop|quit)\s+using\s+(?:a |an )?\d",
        rf"^(?:para|pare|parem|chega|cansei)\s+de\s+{ALTERAR}\b",
        rf"\b(?:rather than|instead of|short of|beyond|apart from|aside from|other than|besides)\s+"
        rf"(?:{ALTERING}|{BARE})\b",
        rf"\b(?:em vez de|ao inves de|fora|alem de)\s+{ALTERAR}\b",
        r"^(?:oh |ah |well )?(?:yeah,? right|very funny|nice try|dream on|in your dreams|ate parece|vai sonhando)\b",
        r"\b(?:yeah,? right|as if|nope|my foot|dream on|in your dreams|at your (?:own )?peril|sqn|so que nao|"
        r"ate parece)\W*$",
        r"^(?:only|just|so|somente) (?:fools?|idiots?|losers?|morons?|amateurs?|trouxas?|idiotas?|otarios?|burros?)\b",
        r"^(?:buying|selling|trading)\b.*\b(?:hurts?|hurting|killed|kills|ruin(?:s|ed)?|burn(?:s|ed|t)|cost us)\b",
        r"^(?:draft|rascunho|to-?do|example|exemplo|ex|e\.?g|i\.?e)\s*[:.]",
        r"\b(?:other|outra|outro|second|old|demo|test)\s+"
        r"(?:account|bot|exchange|wallet|strategy|portfolio|conta|robo|corretora|carteira|estrategia)\b",
    )
)
PLACED: Final = re.compile(r"(?:\b(?:of|to|at|is|em|para|pra|de|e)\s+|[=:]\s*)-\s?(\d*[.,]?\d+)")
"""A negative number that is said to be the value: `flow weight of -0.1` takes nothing off."""
CAPPED: Final = ("stop_loss", "trailing_stop", "order_fraction", "max_hold_seconds", "rsi_oversold", "sell_threshold")
FLOORED: Final = (
    *("take_profit", "min_hold_seconds", "cooldown_seconds", "min_confidence", "buy_threshold"),
    "rsi_overbought",
)
NAMES: Final = (
    r"(?:stop(?:[ -]?loss)?|trailing(?: stop)?|take(?:[ -]?profit)?|target|size|cooldown|confidence|flow|book|chart|"
    r"technical|weight|threshold|period|width|oversold|overbought)"
)
OVER: Final = (
    r"over|above|beyond|past|(?:more|greater|higher|larger|longer|wider|bigger) than|at least|"
    r"no less than|not less than"
)
UNDER: Final = r"under|below|(?:less|smaller|lower|tighter|shorter) than|at most|no more than|not more than"
BOUNDED: Final = re.compile(rf"\b{NAMES}\s+(?:(?:of|at|to|is|be)\s+)?(?:(?P<over>{OVER})|{UNDER})\s+\.?\d")
NEGATED: Final = re.compile(r"\b(?:no|not|never|nothing|don|dont|without)\b")
"""Before a bound these turn it round: `never hold more than 2 hours`."""
LEAST: Final = re.compile(r"\b(?:at least|(?:no|not) less than|minimum(?: of)?)\s+\.?\d")
FOR_HALF: Final = re.compile(r"\b(?:for (?:only |just |about |exactly )?|counts? )half\b(?! as)")
PART_OF: Final = re.compile(r"^(?:please )?take (?:a|one|two) (?:half|thirds?|quarters?|fifths?|tenths?) of\b")
TIME_OF: Final = re.compile(
    r"\b(?:hours?|minutes?|seconds?) of (?:loss|losing|profit|gain|fall)|"
    r"\b(?:horas?|minutos?|segundos?) de (?:perda|prejuizo|lucro|ganho|queda)"
)
IN_PERCENT: Final = re.compile(r"\b(?:between|entre) [\d.,]+ ?%? (?:and|e) [\d.,]+ ?(?:%|percent|por cento)")
PERMITTED: Final = re.compile(
    r"\b(?:is|are|was) (?:okay|ok|fine|allowed|permitted|alright|all right)\b|"
    r"\b(?:it is|it ?.?s|that is|that ?.?s) (?:okay|ok|fine|alright|allowed) to\b|"
    r"^(?:you|u|we) (?:can|may|are allowed to|might) (?:sell|buy|trade|exit|enter)\b|^keep (?:buying|selling)\b|"
    r"\b(?:pode|podem) (?:vender|comprar) (?:no|com) (?:prejuizo|perda)|\bfeel free to\b"
)
"""What is allowed is not demanded: `you can sell at a loss` forces no sale, and `buying on weekends is fine` no day."""
LIMITED: Final = re.compile(r"\b(?:only|just|until|till|unless|so|somente|apenas|ate)\b")
"""With one of these what is allowed is bounded, and that is a rule."""
AFTER_DAY: Final = re.compile(
    r"\b(?:after|before|since|until|till|depois de|antes de|a partir de|ate) (?:a |o )?"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|"
    r"\b(?:depois d[ea]|antes d[ea]|a partir d[ea]|ate) (?:segunda|terca|quarta|quinta|sexta|sabado|domingo)"
)
IN_PART: Final = re.compile(
    r"\b(?:sell|take|close|exit|bank|vende|realiza) (?:a )?"
    r"(?:bit|half|some|part|third|quarter|little|pouco|parte|metade)\b"
    r"(?! (?:a |an |um )?(?:point|percent|per cent|ponto|off|from|out))|"
    r"\b(?:on|of|for|em|de|da) (?:half|part|some|a third|a quarter|metade|parte) (?:of )?"
    r"(?:the|my|our|it|a|da|do) ?(?:position|trade|holding|posicao)?"
)
ONLY_THEN: Final = re.compile(
    r"\b(?:only|just|so|somente|apenas) (?:in|at|on|when|while|once|after|if|no|em|quando|se|depois)\b"
)
ALSO_PAUSE: Final = re.compile(
    r"(?:\b(?:and|then|e|depois)|[,;]) (?:then |also |depois )?(?:pause|pausa|pausar|resume|panic|sell everything|"
    r"rollback|undo)(?: trading)?\W*$|^(?:pause|pausa|resume|rollback|undo(?: that)?|desfaz)\b ?(?:,|and|then|e) "
)
SWAPPED: Final = re.compile(r"\b(?:swap|replace|troca|troque)\b\D*(\d+) (?:for|with|by|por|pela|pelo) (\d+)")
DENIED: Final = re.compile(
    r"\b(?:not|nao|instead of|rather than|em vez d[aeo]|ao inves d[aeo])\s+(?:(?:the|my|o|a|meu|minha)\s+)?"
    r"(?P<name>stop|take|target|alvo|trailing|flow|fluxo|book|livro|cooldown|confidence|confianca)\b"
    r"(?!(?:[ -]?loss|[ -]?profit)?\s*(?:at|of|to|em|de|pra|para)?\s*\d)"
)
SAID: Final = {
    "stop": "stop_loss",
    "take": "take_profit",
    "target": "take_profit",
    "alvo": "take_profit",
    "trailing": "trailing_stop",
    "flow": "weight_flow",
    "fluxo": "weight_flow",
    "book": "weight_orderbook",
    "livro": "weight_orderbook",
    "cooldown": "cooldown_seconds",
    "confidence": "min_confidence",
    "confianca": "min_confidence",
}


def held_back(meant: object, said: str, spoken: Language) -> Ask | Refusal | None:
    """What is answered in place of an edit, or of the offer of one, that these words do not order; None: it stands."""
    plans = _plans(meant)
    if not plans:
        return None
    text = fold(said).strip()
    if any(sham.search(text) for sham in SHAMS):
        return Refusal(wording.say("reported", spoken))
    if isinstance(meant, EditPlan):
        if _is_against(meant, text) or _says_less(meant, text):
            return Ask(wording.say("not_understood", spoken))
        nearer = _doubted(meant, text)
        return Ask(wording.say("gist", spoken), (Offer(plan=nearer),)) if nearer is not None else None
    if not isinstance(meant, Ask) or not any(_is_against(plan, text) for plan in plans):
        return None
    kept = tuple(each for each in meant.offers if each.plan is None or not _is_against(each.plan, text))
    return Ask(wording.say("gist", spoken), kept, meant.unused) if kept else Ask(wording.say("not_understood", spoken))


def _plans(meant: object) -> list[EditPlan]:
    if isinstance(meant, EditPlan):
        return [meant]
    return [each.plan for each in meant.offers if each.plan is not None] if isinstance(meant, Ask) else []


def _is_against(plan: EditPlan, text: str) -> bool:
    """Whether it sets what the words deny, or takes a number for what they do not say that it is."""
    denied = {SAID[found["name"]] for found in DENIED.finditer(text)}
    if EACH.search(text) and _is_short_of_one(plan, text):
        return True
    minus = [Decimal(found[1].replace(",", ".")) for found in PLACED.finditer(text)]
    for each in plan.operations:
        if isinstance(each, SetParameter):
            down = Decimal(repr(each.was)) - Decimal(repr(each.value))
            if each.name in denied or any(down == number * unit for number in minus for unit in _units(each)):
                return True
            if each.name == "max_hold_seconds" and TIME_OF.search(text):
                return True
        if isinstance(each, AddRule) and IN_PERCENT.search(text) and "hour" in _features(each):
            return True
    return False


def _says_less(plan: EditPlan, text: str) -> bool:
    """Whether a plan is not all that the words say; a question that offers it is one already."""
    names = [each.name if isinstance(each, SetParameter) else "" for each in plan.operations]
    if all(names) and OUTCOMES.intersection(names) and ONLY_THEN.search(text):
        return True
    return bool(ALSO_PAUSE.search(text)) or any(_is_beside(each, text) for each in plan.operations)


def _is_beside(each: object, text: str) -> bool:
    """Whether the words around an operation say more, or less, than it does."""
    if isinstance(each, AddRule):
        days = "weekday" in _features(each) and AFTER_DAY.search(text)
        asked = each.effect in ("force", "require") and not LIMITED.search(text)
        return bool(days) or (asked and bool(PERMITTED.search(text)))
    if not isinstance(each, SetParameter):
        return False
    if each.name in OUTCOMES and IN_PART.search(text):
        return True
    swapped = SWAPPED.search(text)
    return swapped is not None and each.name.startswith("ema_") and Decimal(swapped[1]) != Decimal(repr(each.was))


def _is_short_of_one(plan: EditPlan, text: str) -> bool:
    """Whether weights are set, and not all that are said."""
    names = {each.name for each in plan.operations if isinstance(each, SetParameter)}
    said = {name for name, word in WEIGHTS.items() if word.search(text)}
    return bool(names & set(WEIGHTS)) and not said <= names


def _units(each: SetParameter) -> tuple[Decimal, ...]:
    sizes = ("1", "60", "3600") if each.name.endswith("seconds") else ("1", "0.01")
    return tuple(Decimal(size) for size in sizes)


def _features(rule: AddRule) -> set[str | None]:
    return {rule.when.feature, *(branch.feature for branch in rule.when.branches)}


def _doubted(plan: EditPlan, text: str) -> EditPlan | None:
    """What is asked about a plan whose words may say something else; None where they do not."""
    settings = [each for each in plan.operations if isinstance(each, SetParameter)]
    if FOR_HALF.search(text) and any(each.name.startswith("weight_") for each in settings):
        return msgspec.structs.replace(plan, operations=tuple(_half(each) for each in plan.operations))
    if PART_OF.search(text) and settings:
        return plan
    if LEAST.search(text) and any(each.name == "order_fraction" for each in settings):
        return plan
    bounded = BOUNDED.search(text)
    if bounded is not None and not NEGATED.search(text[: bounded.start()]):
        fitting = FLOORED if bounded["over"] else CAPPED
        return plan if any(each.name not in fitting for each in settings) else None
    return None


def _half(each: object) -> object:
    """`Let the book count for half` says a half of all that counts, and not of what it counted before."""
    weight = isinstance(each, SetParameter) and each.name.startswith("weight_")
    return msgspec.structs.replace(each, value=HALF) if weight and isinstance(each, SetParameter) else each
