"""Pictures for the chat: each is a whole PNG of the agreed size that shows what it was given, in both languages."""

from __future__ import annotations

import asyncio
import os
import struct

import msgspec
import pytest

from core.contracts.ledger import EquityShown
from core.curves import drawdowns, fall
from core.errors import SorteError
from core.language import Language
from services.gateway.charts import Painter, Request, joined
from services.gateway.charts.__main__ import drawn
from services.gateway.charts.compared import compared_figure
from services.gateway.charts.joining import MOST_POINTS
from services.gateway.charts.price import price_figure
from services.gateway.charts.worth import worth_figure
from services.gateway.store.samples import Sample
from tests.gateway.drawings import BEGAN_NS, MINUTE_NS, candles, judged, worth

ZONE = "America/Sao_Paulo"
NASTY = "$x^2$ <b>\u202e " + "w" * 300


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    return struct.unpack(">II", png[16:24])


def test_each_picture_is_whole_in_both_languages_whatever_there_is_to_draw() -> None:
    asked = [
        (worth(), Language.PT, ""),
        (worth(2, releases=1), Language.EN, NASTY),
        (worth(0), Language.EN, ""),
        (candles(), Language.EN, ""),
        (candles(1), Language.PT, ""),
        (candles(0), Language.PT, ""),
        (judged(), Language.PT, "suba o stop para 3%"),
        (judged(1), Language.EN, ""),
    ]
    for what, language, title in asked:
        assert size(drawn(Request(what, language, ZONE, title))) == (1280, 720), (type(what), language)


def words(figure: object) -> str:
    """All that is written on it."""
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text))  # type: ignore[attr-defined]


def test_a_picture_says_its_figures_in_words_as_its_owner_writes_them() -> None:
    portuguese = words(worth_figure(worth(), Language.PT, ZONE, ""))
    assert "Patrimônio, conta simulada" in portuguese
    assert "queda máxima 8,12%" in portuguese
    assert "versão 00000000" in portuguese
    english = words(price_figure(candles(), Language.EN, ZONE, ""))
    assert "buy: 3" in english
    assert "90 candles of 1m" in english
    both = words(compared_figure(judged(), Language.EN, ZONE, ""))
    assert {"before", "after"} <= set(both.split("\n"))


def test_an_entry_is_joined_to_its_exit_and_one_that_lost_is_dashed() -> None:
    price, _ = price_figure(candles(), Language.EN, ZONE, "").axes
    joints = [line for line in price.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 2]
    assert sorted(line.get_linestyle() for line in joints) == ["-", "-", "--"]


def test_the_time_axis_is_by_the_owners_clock() -> None:
    figure = price_figure(candles(), Language.EN, ZONE, "")
    figure.canvas.draw()
    labels = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    assert "14:30" in labels  # 17:30 UTC


def test_what_the_gateway_noted_by_the_minute_goes_between_what_the_journal_has() -> None:
    shown = worth(5, releases=1)
    noted = [Sample(BEGAN_NS + minute * MINUTE_NS, 9_000.0 + minute, "") for minute in range(-30, 40)]
    found = joined(shown, noted, shown.until_ns)
    assert len(found.points) == 5 + 39  # those after the first record, which is the account's own
    assert [point.time_ns for point in found.points] == sorted(point.time_ns for point in found.points)
    assert found.drawdown == fall(found.points)
    many = [Sample(BEGAN_NS + second * 10**9 + 1, 9_000.0 + second % 50, "") for second in range(3600)]
    assert len(joined(shown, many, shown.until_ns).points) <= MOST_POINTS + 2
    assert joined(shown, noted, BEGAN_NS) is shown  # a simulated market, whose clock runs ahead
    empty = worth(0)
    assert joined(empty, noted, shown.until_ns) is empty


def test_the_fall_of_a_curve_is_from_the_peak_before_it() -> None:
    assert drawdowns([100.0, 80.0, 120.0, 90.0]) == pytest.approx([0.0, 0.2, 0.0, 0.25])
    assert drawdowns([]) == []


def test_a_process_draws_one_after_the_other_and_ends_when_nothing_was_wanted() -> None:
    async def day() -> None:
        painter = Painter(idle_seconds=0.01)
        assert painter.pid is None
        first, second = await asyncio.gather(
            painter.draw(Request(worth(20), Language.PT, ZONE)), painter.draw(Request(candles(20), Language.EN, ZONE))
        )
        assert size(first) == size(second) == (1280, 720)
        async with asyncio.timeout(10):
            while painter.pid is not None:  # noqa: ASYNC110 - a timer of the loop ends it
                await asyncio.sleep(0.005)
        await painter.close()

    asyncio.run(day())


def test_a_picture_that_fails_or_takes_too_long_is_told_and_the_next_one_is_drawn() -> None:
    async def day() -> None:
        painter = Painter(draw_seconds=60)
        wrong = msgspec.structs.replace(worth(3), account="nobody's")
        with pytest.raises(SorteError, match="could not be drawn: KeyError"):
            await painter.draw(Request(wrong, Language.EN, ZONE))
        pid = painter.pid
        assert pid is not None
        os.kill(pid, 9)
        with pytest.raises(SorteError, match="could not be drawn in time"):
            await painter.draw(Request(worth(3), Language.EN, ZONE))
        assert size(await painter.draw(Request(worth(3), Language.EN, ZONE))) == (1280, 720)
        await painter.close()
        hasty = Painter(draw_seconds=0.001)
        with pytest.raises(SorteError, match="could not be drawn in time"):
            await hasty.draw(Request(worth(3), Language.EN, ZONE))
        await hasty.close()
        assert isinstance(wrong, EquityShown)

    asyncio.run(day())


def test_the_process_that_draws_is_given_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_TELEGRAM__TOKEN", "1:secret")

    async def day() -> bytes:
        painter = Painter()
        await painter.draw(Request(worth(0), Language.EN, ZONE))
        assert painter.pid is not None
        environment = await asyncio.to_thread(open, f"/proc/{painter.pid}/environ", "rb")
        with environment:
            found = environment.read()
        await painter.close()
        return found

    assert b"secret" not in asyncio.run(day())
