"""Settings that are said by what happens, frames of courtesy, calls as in code; and that none of it edits by itself."""

from __future__ import annotations

from core.contracts import AddIndicator, AddRule, EditPlan, Interpretation, Language, SetParameter, Situation
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret

SYMBOLS = Symbols.of(Source.shipped().files)
SCENES: dict[str, tuple[str, float]] = {
    "en|I can't put up with being more than 5% down": ("stop_loss", 0.05),
    "en|kick out whatever has been open for more than four hours": ("max_hold_seconds", 14400),
    "en|never throw more than 7% of my funds at any single purchase": ("order_fraction", 0.07),
    "en|once sold, leave it alone for ten minutes": ("cooldown_seconds", 600),
    "en|bail out when it hands back 3% off the high": ("trailing_stop", 0.03),
    "en|don't risk more than 1%": ("order_fraction", 0.01),
    "en|up 8%? pocket it": ("take_profit", 0.08),
    "en|bail at plus 7%": ("take_profit", 0.07),
    "en|pull the plug on a trade at minus 2.5%": ("stop_loss", 0.025),
    "en|below 0.7 confidence do nothing": ("min_confidence", 0.7),
    "en|no position may remain open for more than twelve hours": ("max_hold_seconds", 43200),
    "pt|mais 7% no bolso": ("take_profit", 0.07),
    "pt|depois de fechar um trade, só volta a comprar dali a 20 minutos": ("cooldown_seconds", 1200),
    "pt|não deixa cair mais que 3%": ("stop_loss", 0.03),
    "pt|num deixa nada mofando mais de cinco horas não": ("max_hold_seconds", 18000),
    "pt|nenhuma compra pode passar de 8% da banca": ("order_fraction", 0.08),
    "pt|vendeu, sossega uns 4 minutos antes de comprar outra vez": ("cooldown_seconds", 240),
}
TOLD = (
    "en|the champ uses a 3% stop",
    "en|no trade lost more than 3%",
    "en|don't worry if we lose more than 3%",
    "en|don't wait 10 minutes after selling",
    "en|it never loses more than 3%",
    "en|I don't want to lose more than 3% in a single day",
    "pt|não liga se cair mais de 5%",
    "pt|lucro de 7% no bolso hoje",
    "pt|um amigo vende sempre que cai 3%",
    "pt|obrigado por ter posto o stop em 3%",
    "en|stupid to use a 10% stop",
    "en|my guy set the stop to 3%",
    "en|is it ok to set the stop at 3%?",
    "pt|o campeão usa alvo de 9%",
    "pt|o bicho tem stop de 3%",
    "en|my sister never holds anything longer than a day",
    "en|we lost 4% off the high last night",
    "en|he can't stomach more than 4% down",
    "en|if the rsi falls 5% sell half",
    "en|should we cap each buy at 5% of the account?",
    "en|tomorrow, no more than 5% of the account per buy",
    "pt|meu sócio nunca segura mais de duas horas",
    "pt|caiu 3% do topo ontem e eu não saí",
    "pt|será que vale gastar no máximo 5% da conta por compra?",
)
"""Somebody else's, told, supposed, asked or put off: nothing of it edits."""
FRAMED: dict[str, tuple[str, float]] = {
    "en|Would you be so very kind as to lower the stop loss to 1%?": ("stop_loss", 0.01),
    "en|I should be most obliged if you raised the take profit to 7%.": ("take_profit", 0.07),
    "en|Might I trouble you to set the cooldown to 90 seconds?": ("cooldown_seconds", 90),
    "pt|Ficaria imensamente grato se o senhor colocasse o stop em 3%.": ("stop_loss", 0.03),
    "pt|Solicito respeitosamente que o alvo passe a ser de 6%.": ("take_profit", 0.06),
    "pt|Reduza-se o tamanho da ordem para 5%.": ("order_fraction", 0.05),
}


def _said(line: str) -> Interpretation:
    language, text = line.split("|", 1)
    return interpret(text, SYMBOLS, situation=Situation(language=Language(language)))


def _set(meant: Interpretation) -> tuple[str, float] | None:
    plan = meant.plan or (meant.offers[0].plan if meant.offers else None)
    first = plan.operations[0] if plan is not None else None
    return (first.name, float(first.value)) if isinstance(first, SetParameter) else None


def test_what_a_scene_tells_is_offered_or_done() -> None:
    missed = {line: meant for line, wanted in SCENES.items() if _set(meant := _said(line)) != wanted}
    assert missed == {}


def test_what_is_told_of_others_supposed_or_asked_edits_nothing() -> None:
    edited = {line: meant for line in TOLD if (meant := _said(line)).plan or any(offer.plan for offer in meant.offers)}
    assert edited == {}


def test_a_frame_of_courtesy_takes_nothing_from_the_order_in_it() -> None:
    missed = {
        line: meant for line, wanted in FRAMED.items() if (meant := _said(line)).plan is None or _set(meant) != wanted
    }
    assert missed == {}


def test_numbers_in_brackets_are_those_of_the_indicator_before_them() -> None:
    added = _said("en|add BBands(50,2.5)").plan
    assert added is not None
    assert added.operations == (AddIndicator("bollinger", "bollinger_50", {"period": 50, "width": 2.5}),)
    own = _said("en|MACD(12,26,7)").plan
    assert own is not None
    assert own.operations == (SetParameter("macd_signal", 7, 9),)


def test_beside_values_that_are_so_already_the_others_are_offered_and_done_in_a_list() -> None:
    beside = _said("en|stop 2%, target 5%")
    assert beside.plan is None
    assert [offer.plan for offer in beside.offers] == [EditPlan((SetParameter("take_profit", 0.05, 0.04),))]
    assert _said("en|stop 2%").plan is None
    assert _said("en|averages of 12 and 30").plan == EditPlan((SetParameter("ema_slow", 30, 26),))


FREELY = {
    "en|anything under the slow ema is poison, don't touch it": ("entry", "forbid"),
    "en|it keeps chasing tops again and again. no buying above the upper band": ("entry", "forbid"),
    "en|stop buying when the spread is over 0.2%, you numbskull": ("entry", "forbid"),
    "pt|de madruga só dá ruim, corta compra da 1h às 6h": ("entry", "forbid"),
    "pt|vixe, o mercado surtou: rsi acima de 80, vaza": ("exit", "force"),
}
STORIES = (
    "en|some muppet on discord only buys with rsi under 15",
    "en|the intern sells when the rsi is over 80, what a genius",
    "pt|o maluco da corretora só compra com rsi abaixo de 15",
    "pt|não cria regra nenhuma de rsi abaixo de 30",
    "en|buying below average volume is fine now, lift that block",
)


def test_a_rule_is_guessed_from_its_conditions_and_the_words_beside_them() -> None:
    missed = {}
    for line, wanted in FREELY.items():
        meant = _said(line)
        plan = meant.plan or (meant.offers[0].plan if meant.offers else None)
        rule = plan.operations[-1] if plan is not None else None
        if not isinstance(rule, AddRule) or (rule.side, rule.effect) != wanted:
            missed[line] = meant
    assert missed == {}


def test_no_rule_is_guessed_from_a_story_or_from_what_is_said_of_a_rule() -> None:
    edited = {
        line: meant for line in STORIES if (meant := _said(line)).plan or any(offer.plan for offer in meant.offers)
    }
    assert edited == {}


BROKEN = {"pt|compra quando o preço romper a banda inferior": "below", "en|sell when it breaks the top band": "above"}


def test_a_band_is_broken_outwards() -> None:
    for line, side in BROKEN.items():
        plan = _said(line).plan
        assert plan is not None, line
        rule = plan.operations[0]
        assert isinstance(rule, AddRule)
        assert rule.when.cross == side, line
