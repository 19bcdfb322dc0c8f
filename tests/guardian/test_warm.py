"""Boxes that wait for a judgement hold no strategy, are used once, and are closed when they no longer fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.guardian.boxes import Boxes, warm
from services.guardian.boxes.warm import WarmBoxes, opener

from .conftest import SHIPPED, widened

ROOMS = (("trading", False), ("tests", False))


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[WarmBoxes]:
    monkeypatch.setattr(warm, "ROOMS", ROOMS)
    made = WarmBoxes()
    yield made
    made.close()


def test_a_box_waits_without_a_strategy_and_is_used_once_for_one(waiting: WarmBoxes, boxes: Boxes) -> None:
    waiting.fill(boxes, "these")
    for each in waiting._waiting.values():
        assert each.ready.result() == "ready"
        assert each.session.ask("box.describe", dict, seconds=60)["files"] == {}
    open_box = opener(boxes, waiting, "these")
    with open_box(SHIPPED, jit=False, room="tests") as first, open_box(widened(), jit=False, room="tests") as second:
        for session, source in ((first, SHIPPED), (second, widened())):
            told = session.ask("box.describe", dict, seconds=60)
            assert told["files"] == {name: len(data) for name, data in source.files.items()}
            assert not told["jit"]
        assert first is not second
        assert list(waiting._waiting) == [("trading", False)]
    kept = waiting._waiting["trading", False].session
    waiting.fill(boxes, "these")
    assert list(waiting._waiting) == [("trading", False), ("tests", False)]
    assert waiting._waiting["trading", False].session is kept


def test_a_box_that_was_made_otherwise_or_cannot_answer_is_not_handed_out(waiting: WarmBoxes, boxes: Boxes) -> None:
    waiting.fill(boxes, "these")
    assert waiting.take(SHIPPED, "others", jit=False, room="tests") is None
    assert waiting.take(SHIPPED, "these", jit=True, room="tests") is None
    old = [each.session for each in waiting._waiting.values()]
    waiting.fill(boxes, "others")
    assert [each.ended for each in old] == ["closed", "closed"]
    dead = waiting._waiting["tests", False]
    dead.ready.result()
    dead.session.close()
    assert waiting.take(SHIPPED, "others", jit=False, room="tests") is None
