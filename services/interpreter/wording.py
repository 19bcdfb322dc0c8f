"""What the interpreter says back: one sentence or two for each case, in the owner's language, with what to say instead."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from core.contracts import Language
from core.symbols import Parameter

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "missing": (
        "{name} é {was}. Qual deve ser o novo valor, de {low} a {high}? Por exemplo: “{name} em {example}”.",
        "{name} is {was}. What should the new value be, from {low} to {high}? For example: “set {name} to {example}”.",
    ),
    "out_of_range": (
        "{value} não serve para {name}: vale de {low} a {high}, e agora é {was}. Diga um valor dessa faixa.",
        "{value} will not do for {name}: it goes from {low} to {high}, and is {was} now. Say a value in that range.",
    ),
    "out_of_range_percent": (
        "{value} não serve para {name}: vale de {low} a {high}, e agora é {was}. Quis dizer {percent}? Diga com o %.",
        "{value} will not do for {name}: it goes from {low} to {high}, and is {was} now. Did you mean {percent}? Say it with the %.",
    ),
    "two_readings": (
        "Há duas leituras para {name}, que agora é {was}: {first} ou {second}. Diga qual: “{name} em {first}” ou “{name} em {second}”.",
        "There are two readings for {name}, which is {was} now: {first} or {second}. Say which: “set {name} to {first}” or “set {name} to {second}”.",
    ),
    "contradiction_up": (
        "{name} já é {was}, e {value} não seria aumentar. Se é isso mesmo, diga “{name} em {value}”.",
        "{name} is {was} already, and {value} would not raise it. If that is what you want, say “set {name} to {value}”.",
    ),
    "contradiction_down": (
        "{name} é {was}, e {value} não seria diminuir. Se é isso mesmo, diga “{name} em {value}”.",
        "{name} is {was}, and {value} would not lower it. If that is what you want, say “set {name} to {value}”.",
    ),
    "same": ("{name} já é {was}; não há o que mudar.", "{name} is {was} already; there is nothing to change."),
    "was_other": (
        "{name} agora é {was}, e não {said}. Se é isso mesmo, diga “{name} em {value}”.",
        "{name} is {was} now, not {said}. If you still want it, say “set {name} to {value}”.",
    ),
    "whole": (
        "{name} conta em {unit} inteiros, e {value} não é inteiro. Agora é {was}; diga um número inteiro de {low} a {high}.",
        "{name} is a whole number of {unit}, and {value} is not. It is {was} now; say a whole number from {low} to {high}.",
    ),
    "unit": (
        "{name} se conta em {unit} (agora {was}), e “{said}” não diz quanto é isso. Diga um valor de {low} a {high}.",
        "{name} is counted in {unit} (now {was}), and “{said}” does not say how much that is. Say a value from {low} to {high}.",
    ),
    "by_or_to": (
        "“{said}” a mais ou a menos, ou até esse valor? {name} agora é {was}. Diga “para …” ou “em …”.",
        "By “{said}”, or to that value? {name} is {was} now. Say “by …” or “to …”.",
    ),
    "ambiguous_number": (
        "“{said}” pode ser {first} ou {second}. Escreva sem o separador de milhar, ou com uma casa decimal a menos.",
        "“{said}” may be {first} or {second}. Write it without the thousands separator, or with other decimals.",
    ),
    "which": (
        "Qual deles: {names}? Repita com o nome inteiro.",
        "Which one: {names}? Say it again with the whole name.",
    ),
    "unknown_name": (
        "Não conheço “{said}”. O mais próximo: {names}. Repita com um destes nomes.",
        "I know nothing called “{said}”. The nearest: {names}. Say it again with one of these names.",
    ),
    "leftover": (
        "Não entendi “{said}”, e não mudo nada pela metade. Diga de novo sem isso, ou com outras palavras.",
        "I did not understand “{said}”, and do nothing by halves. Say it again without that, or in other words.",
    ),
    "not_understood": (
        "Isso parece um pedido, mas não entendi. Diga, por exemplo, “stop em 3%” ou “não compre se o RSI estiver acima de 70”.",
        "That looks like a request, but I did not understand it. Say, for example, “set the stop to 3%” or “don't buy when RSI is above 70”.",
    ),
    "two_plans": (
        "Entendo isso de duas maneiras: {first}; ou {second}. Diga de novo com outras palavras.",
        "I can read that in two ways: {first}; or {second}. Say it again in other words.",
    ),
    "twice": (
        "O mesmo nome aparece duas vezes no pedido: {name}. Diga uma só vez o que deve ser.",
        "The same name appears twice in the request: {name}. Say once what it should be.",
    ),
    "too_many": (
        "São {count} mudanças de uma vez, e o limite é {most}. Peça em partes.",
        "That is {count} changes at once, and {most} are the limit. Ask for them in parts.",
    ),
    "question": (
        "Isso é um pedido ou uma pergunta? Para mudar, diga sem o ponto de interrogação.",
        "Is that a request or a question? To change it, say it without the question mark.",
    ),
    "feature_alone": (
        "{feature} é 0 enquanto não há posição, então uma regra de compra não pode depender disso. Use-o numa regra de venda.",
        "{feature} is 0 while there is no position, so a rule for buying cannot depend on it. Use it in a rule for selling.",
    ),
    "feature_rest": (
        "{feature} não conta enquanto há posição aberta, então uma regra de venda não pode depender disso. Use-o numa regra de compra.",
        "{feature} does not count while a position is open, so a rule for selling cannot depend on it. Use it in a rule for buying.",
    ),
    "feature_range": (
        "{feature} vai de {low} a {high}, e {value} está fora ou na borda: a regra valeria sempre ou nunca. Diga outro valor.",
        "{feature} goes from {low} to {high}, and {value} is outside or at its edge: the rule would hold always or never. Say another value.",
    ),
    "feature_unit": (
        "Não sei quanto é “{said}” para {feature}. Diga {example}.",
        "I do not know how much “{said}” is for {feature}. Say {example}.",
    ),
    "feature_dimension": (
        "{feature} e {other} não se comparam: são de grandezas diferentes.",
        "{feature} and {other} cannot be compared: they measure different things.",
    ),
    "feature_average": (
        "Qual média de {feature}? Conheço: {names}.",
        "Which average of {feature}? I know: {names}.",
    ),
    "hour": (
        "As regras contam horas inteiras de 0 a 23, em UTC; “{said}” não é uma delas.",
        "Rules count whole hours from 0 to 23, UTC; “{said}” is none of them.",
    ),
    "and_or": (
        "“e” junto com “ou” tem duas leituras. Faça duas regras, ou use só um deles.",
        "“and” together with “or” has two readings. Make two rules, or use only one of them.",
    ),
    "rule_missing": (
        "Não há regra de “{said}”. As regras são: {names}.",
        "There is no rule about “{said}”. The rules are: {names}.",
    ),
    "rule_disabled": ("A regra {name} já está desligada.", "The rule {name} is disabled already."),
    "rule_enabled": ("A regra {name} já está ligada.", "The rule {name} is enabled already."),
    "rule_off": (
        "{name} já está desligado: {parameter} é 0. Para ligar, diga “{parameter} em …”; para tirar a regra, “desligue a regra {name}”.",
        "{name} is off already: {parameter} is 0. To turn it on say “set {parameter} to …”; to take the rule off, “disable the rule {name}”.",
    ),
    "rule_needs_value": (
        "{parameter} é 0, que o desliga. Com quanto deve ser ligado, até {high}? Diga “{parameter} em {example}”.",
        "{parameter} is 0, which turns it off. At what value should it be on, up to {high}? Say “set {parameter} to {example}”.",
    ),
    "indicator_period": (
        "De quantos períodos deve ser o indicador {kind}? Por exemplo: “adicione {kind} de 50”.",
        "Over how many bars should the indicator {kind} look? For example: “add a 50 {kind}”.",
    ),
    "indicator_known": ("O indicador {name} já existe.", "The indicator {name} is there already."),
    "indicator_missing": (
        "Só posso remover um indicador que foi adicionado depois, como ema_200; {name} não é um deles.",
        "I can only remove an indicator that was added later, like ema_200; {name} is none of these.",
    ),
    "name_taken": ("O nome {name} não pode ser usado ou já existe.", "The name {name} cannot be used or is taken."),
    "pause_or_panic": (
        "Pausar (não abre mais posições) ou pânico (fecha tudo agora)? Diga “pausa” ou “pânico”.",
        "Pause (open no more positions) or panic (close everything now)? Say “pause” or “panic”.",
    ),
    "many": ("Um número entre 1 e {most}, por favor.", "A number between 1 and {most}, please."),
    "empty": ("Não recebi texto.", "There was no text."),
    "long": (
        "O texto tem {count} caracteres, e leio até {most}. Diga em menos palavras.",
        "The text has {count} characters, and I read up to {most}. Say it in fewer words.",
    ),
    "quoted": (
        "Texto entre aspas não é um pedido; nada muda. Para mudar, diga sem aspas.",
        "Quoted text is no request; nothing changes. To change something, say it without quotes.",
    ),
    "negated": (
        "Entendi como um pedido para não mexer; nada muda.",
        "I take that as a request to leave things alone; nothing changes.",
    ),
    "hypothetical": (
        "Isso é uma hipótese, não um pedido; nada muda. Para mudar, diga por exemplo “stop em 3%”.",
        "That is a hypothesis, not a request; nothing changes. To change something, say for example “set the stop to 3%”.",
    ),
    "past": (
        "Isso conta o que já aconteceu; nada muda. Para mudar, peça: “stop em 3%”.",
        "That tells what has happened; nothing changes. To change something, ask: “set the stop to 3%”.",
    ),
    "reported": (
        "Isso conta o que alguém disse; nada muda. Para mudar, peça você: “stop em 3%”.",
        "That tells what somebody said; nothing changes. To change something, ask yourself: “set the stop to 3%”.",
    ),
    "future": (
        "Só mudo agora, não depois; nada muda. Peça quando for a hora.",
        "I change things now or not at all; nothing changes. Ask when it is time.",
    ),
    "only_question": (
        "Não sei responder a isso. Diga “ajuda” para ver o que entendo.",
        "I cannot answer that. Say “help” to see what I understand.",
    ),
    "order": (
        "Não compro nem vendo por ordem; a estratégia decide. Posso mudar quando ela compra ou vende, pausar, ou fechar tudo (“pânico”).",
        "I do not buy or sell by order; the strategy decides. I can change when it does, pause, or close everything (“panic”).",
    ),
    "none": (
        "Isso não é um comando que eu conheça. Diga “ajuda” para ver o que entendo.",
        "That is no command that I know. Say “help” to see what I understand.",
    ),
}

UNITS: Final = {
    "of entry price": ("fração do preço de entrada", "a fraction of the entry price"),
    "of best price": ("fração do melhor preço", "a fraction of the best price"),
    "of equity": ("fração do patrimônio", "a fraction of the equity"),
    "seconds": ("segundos", "seconds"),
    "bars": ("períodos", "bars"),
    "RSI points": ("pontos de RSI", "RSI points"),
    "weight": ("peso", "weight"),
    "score": ("pontuação", "score"),
    "ratio": ("razão", "a ratio"),
    "standard deviations": ("desvios padrão", "standard deviations"),
}


def say(case: str, language: Language, **values: object) -> str:
    """The sentence of a case."""
    portuguese, english = SENTENCES[case]
    return (portuguese if language is Language.PT else english).format(**values)


def number(value: Decimal | float, language: Language) -> str:
    """A number without exponent and without zeros at its end; a comma in Portuguese."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{exact:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language is Language.PT else text


def percent(value: Decimal | float, language: Language) -> str:
    """A fraction as a percentage."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return number(exact * 100, language) + "%"


def unit(parameter: Parameter, language: Language) -> str:
    """What a parameter is counted in."""
    portuguese, english = UNITS.get(parameter.range.unit, (parameter.range.unit, parameter.range.unit))
    return portuguese if language is Language.PT else english


def amount(value: Decimal | float, parameter: Parameter, language: Language) -> str:
    """A parameter's value as its owner would say it."""
    if parameter.range.unit.startswith("of "):
        return percent(value, language)
    if parameter.range.unit == "seconds":
        return f"{number(value, language)} s"
    return number(value, language)


def listed(names: Iterable[str], language: Language) -> str:
    """`a, b or c`."""
    *most, last = tuple(names) or ("",)
    joined = " ou " if language is Language.PT else " or "
    return f"{', '.join(most)}{joined}{last}" if most else last
