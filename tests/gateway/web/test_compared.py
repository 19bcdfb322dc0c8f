"""Before and after a change as the page draws them: inside the drawing, in words, and trade by trade."""

from __future__ import annotations

import msgspec

from core.language import Language
from services.gateway.web.rendering import render
from services.gateway.web.views.compared import HIGH, WIDE, compared
from tests.gateway.drawings import judged


def test_both_lines_stay_inside_the_drawing_and_one_of_them_touches_each_edge() -> None:
    drawn = compared(judged(), Language.PT)
    assert drawn is not None
    places = [tuple(map(float, place.split(","))) for line in (drawn.before, drawn.after) for place in line.split()]
    assert (min(x for x, _ in places), max(x for x, _ in places)) == (0.0, WIDE)
    assert (min(y for _, y in places), max(y for _, y in places)) == (0.0, HIGH)
    assert drawn.said.startswith("No histórico guardado: antes +")
    flat = msgspec.structs.replace(judged(3), before=[1.0] * 3, after=[1.0] * 3)
    assert compared(flat, Language.EN) is not None
    assert compared(msgspec.structs.replace(flat, times_ns=[], before=[], after=[]), Language.EN) is None


def test_the_trades_of_both_sides_are_tables_and_words_of_strangers_are_text() -> None:
    strange = msgspec.structs.replace(judged().trades_after[0], left_for="<script>alert(1)</script>")
    shown = msgspec.structs.replace(judged(), trades_after=[strange], trades_before=[])
    values = {"judged": shown, "drawn": compared(shown, Language.EN), "acts": False}
    html = render("parts/judged.html", Language.EN, "UTC", values)
    assert "Trades after the change (1)" in html
    assert "Trades before the change (0)" in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert 'role="img"' in html
    assert html.count("<polyline") == 2
