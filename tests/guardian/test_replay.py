"""The judge's own copy of a live host: the same decisions on the same events, from a state of zeros."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SandboxError, StrategyError
from core.kernel import DECISION
from core.settings import GuardianSettings
from core.strategy import load
from services.guardian.boxes import open_boxes
from services.guardian.made import rehearsal
from services.guardian.replay import Replay, replay
from services.guardian.side import Side
from tests.guardian.edits import ANSWERS_NAN, DIVIDES_BY_NOTHING, SHIPPED, edited

EVENTS = rehearsal().events[:900]


def plainly(source, **_):
    """A box that has nothing to compile."""
    return Plain.boxes.open(source, jit=False)


class Plain:
    boxes = None


@pytest.fixture(scope="module", autouse=True)
def _boxes():
    with open_boxes(GuardianSettings(sandbox="bubblewrap")) as Plain.boxes:
        yield


def expected(tables) -> np.ndarray:
    """What this process's own strategy decides, event by event, as a host does."""
    strategy = load(SHIPPED)
    states = [np.zeros(1, strategy.state_dtype) for _ in tables]
    decision, made = np.zeros(1, DECISION), []
    for index in range(len(EVENTS)):
        event = EVENTS[index : index + 1].copy()
        pair = int(event["pair"][0])
        decision["stop"] = decision["target"] = np.nan
        strategy.decide(event, states[pair], tables[pair], decision)
        made.append(decision.tobytes())
    return np.frombuffer(b"".join(made), DECISION)


def test_a_replay_decides_bit_for_bit_as_the_strategy_does():
    tables = [np.random.default_rng(pair).normal(size=(144, 3)) for pair in range(3)]
    with Replay.opened(SHIPPED, open_box=plainly, seconds=60, chunk=400) as opened:
        assert opened.decisions(EVENTS, tables).tobytes() == expected(tables).tobytes()


def test_each_replay_starts_from_zeros_and_answers_nothing_to_nothing():
    with Replay.opened(SHIPPED, open_box=plainly, seconds=60) as opened:
        first = opened.decisions(EVENTS)
        assert opened.decisions(EVENTS).tobytes() == first.tobytes()
        assert len(opened.decisions(EVENTS[:0])) == 0


def test_a_strategy_that_raises_is_told_with_its_event():
    with pytest.raises(StrategyError, match=r"raised at event 1: ZeroDivisionError"):
        replay(DIVIDES_BY_NOTHING, EVENTS, open_box=plainly)
    assert len(replay(ANSWERS_NAN, EVENTS, open_box=plainly)) == len(EVENTS), "whether it makes sense others judge"


def test_what_cannot_be_made_ready_is_told_and_a_closed_replay_has_no_box_left():
    broken = edited(("decide.py", "@kernel\ndef decide", "@kernel\nundefined\ndef decide"))
    opened = Replay.opened(broken, open_box=plainly, seconds=60)
    with pytest.raises(StrategyError, match="could not be made ready"):
        opened.decisions(EVENTS)
    opened.close()
    with pytest.raises(SandboxError):
        opened._session.ask("box.describe", dict, seconds=5)


def test_a_box_that_was_lent_answers_and_stays_open():
    session = plainly(SHIPPED)
    side = Side("candidate", SHIPPED.tree_hash, session, 60, blamed=False)
    side.ready.set_result(side.prepare())
    with Replay.lent(SHIPPED, side, seconds=60) as borrowed:
        assert len(borrowed.decisions(EVENTS)) == len(EVENTS)
    assert session.ask("trading.anchor", int, seconds=5, rounds=1) > 0
    session.close()
