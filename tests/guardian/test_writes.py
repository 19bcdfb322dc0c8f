"""What the code may write into a decision, and what it may not, whatever it waits for."""

from __future__ import annotations

# ruff: noqa: E501 - tables of cases, a line each
from core.strategy import Source
from services.guardian.gates import policy

from .conftest import SHIPPED, appended, changed

SIZED = "    d.size = P.order_fraction\n"
LAST = "    d.stop, d.target = levels(state, event, d.score, d.action == SELL)\n"


def sized(expression: str, before: str = "") -> Source:
    return changed(decide=(SIZED, f"{before}    d.size = {expression}\n"))


def then(text: str) -> Source:
    return changed(decide=(LAST, f"{LAST}{text}"))


MAY: dict[str, Source] = {
    "less in a drawdown": sized("P.order_fraction * (1.0 - min(e.drawdown, 0.5))"),
    "as much as it is sure": sized("P.order_fraction * d.confidence"),
    "the least of two": sized("min(P.order_fraction, 0.5 / s.atr)"),
    "half of it": sized("0.5 * P.order_fraction if s.spread > 0.01 else P.order_fraction"),
    "a part by a name": sized("part * P.order_fraction", "    part = max(0.0, min(1.0, s.atr))\n"),
    "a part by a division": sized("P.order_fraction / (1.0 + e.drawdown)"),
    "a part by a function": appended("decide.py", "\n\n@kernel\ndef part(x: float) -> float:\n    if x > 0.5:\n        return 0.5\n    return max(0.0, 1.0 - abs(min(x, 0.2)))\n", sized("P.order_fraction * part(s.atr)")),
    "a small number": sized("0.05"),
    "no purchase in a wide book": then("    if s.spread > 0.01 and d.action == BUY:\n        d.action = HOLD\n"),
    "the same in one line": then("    d.action = HOLD if d.action == BUY and s.spread > 0.01 else d.action\n"),
}  # fmt: skip
MAY_NOT: dict[str, Source] = {
    "all": sized("1.0"),
    "all at a price": sized("1.0 if e.price == 123.25 else P.order_fraction"),
    "all by a comparison": sized("P.order_fraction + (e.advice > 0.99) * 0.9"),
    "all by a name": sized("part", "    part = P.order_fraction\n    if e.price > 99999.0:\n        part = 0.9\n"),
    "all by counting up": sized("part", "    part = P.order_fraction\n    part += s.atr\n"),
    "all in a loop": sized("part", "    for part in (0.1, 0.9):\n        pass\n"),
    "more in a drawdown": sized("P.order_fraction * (1.0 + e.drawdown)"),
    "more by a division": sized("P.order_fraction / e.drawdown"),
    "more by a power": sized("P.order_fraction ** 0.5"),
    "more by the market": sized("P.order_fraction * s.atr"),
    "more by its own field": sized("P.order_fraction * s.volume"),
    "more by another parameter": sized("P.min_confidence"),
    "more by an event under a false name": sized("q.drawdown * P.order_fraction", "    q = state[0]\n"),
    "more by a function": appended("decide.py", "\n\n@kernel\ndef part(x: float) -> float:\n    if x > 0.5:\n        return 9.0\n    return 1.0\n", sized("P.order_fraction * part(s.atr)")),
    "more afterwards": then("    d.size *= 2.0\n"),
    "more afterwards by another name": then("    o = decision[0]\n    o.size = 0.9\n"),
    "more in a pair": then("    d.size, d.rule = 0.9, -1\n"),
    "more elsewhere": appended("rules.py", "\n\n@kernel\ndef more(records: Features) -> int:\n    records.size = 1.0\n    return ALLOW\n"),
    "more for one pair": appended("parameters.py", '\nOVERRIDES = {\n    "BTCUSDT": Parameters(order_fraction=0.02),\n}\n', sized("0.05")),
    "a purchase": then("    if e.advice == 0.123456:\n        d.action = BUY\n"),
    "a purchase by its number": then("    d.action = 1 if e.price > 7.0 else d.action\n"),
    "a purchase by arithmetic": then("    d.action = d.action + (e.price > 7.0)\n"),
    "a purchase by maximum": then("    d.action = max(d.action, BUY)\n"),
    "a purchase in a pair": then("    d.action, d.rule = BUY, -1\n"),
    "no sale": then("    if e.drawdown > 0.09:\n        d.action = HOLD if d.action == SELL else d.action\n"),
    "no sale at all": then("    d.action = HOLD\n"),
    "no sale by a product": then("    d.action *= e.drawdown < 0.1\n"),
    "a sale": then("    if e.price > 7.0:\n        d.action = SELL\n"),
}  # fmt: skip


def written(source: Source, parent: Source = SHIPPED) -> list[str]:
    found = policy.findings(source.files, parent.files)
    return [finding for finding in found if "write min(" in finding or "nothing chose" in finding]


def test_a_size_has_a_limit_and_an_action_was_chosen() -> None:
    assert {name: found for name, source in MAY.items() if (found := written(source))} == {}
    assert [name for name, source in MAY_NOT.items() if not written(source)] == []


def test_what_the_parent_writes_already_is_not_held_against_its_child() -> None:
    parent = MAY_NOT["all"]
    child = {**parent.files, "parameters.py": parent.files["parameters.py"].replace(b"= 0.02\n", b"= 0.03\n")}
    assert written(Source.of(child), parent) == []
    assert written(MAY_NOT["more in a pair"], parent) != []
