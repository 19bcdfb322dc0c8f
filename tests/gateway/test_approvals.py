"""A press does what its button says once, for him to whom it was shown, as long as what was shown is what is there."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from services.gateway.approvals import Again, Approval, Go, Press, Refuse, decide
from services.gateway.store import opened

NOW = 1_000
GOOD = Approval("t", "approve", "c1", "aa", "7", "7", "telegram", expires_ns=2_000)
PRESS = Press("t", "7", "7", "telegram", "aa")
WRONG = {
    "token": ("unknown", "x"),
    "user": ("foreign", "8"),
    "chat": ("foreign", "-100"),
    "surface": ("foreign", "web"),
    "hash": ("stale", "bb"),
}


def test_a_good_press_goes_once() -> None:
    assert decide(GOOD, PRESS, NOW) == Go(GOOD)
    assert decide(GOOD, replace(PRESS, hash=""), NOW) == Go(GOOD)
    assert decide(replace(GOOD, used_ns=5), PRESS, NOW) == Refuse("used", replace(GOOD, used_ns=5))
    assert decide(GOOD, PRESS, 2_000) == Refuse("expired", GOOD)
    assert decide(None, PRESS, NOW) == Refuse("unknown")


def test_nothing_with_anything_wrong_ever_goes() -> None:
    """Every set of wrong parts, in every state of the approval, at every time, on either button."""
    states = [GOOD, replace(GOOD, used_ns=5), replace(GOOD, twice=True), replace(GOOD, twice=True, asked_ns=5)]
    wrong = 0
    for size in range(1, len(WRONG) + 1):
        for names in itertools.combinations(WRONG, size):
            press = replace(PRESS, **{name: WRONG[name][1] for name in names})
            for approval, now, again in itertools.product(states, (NOW, 2_000, 9_999), (False, True)):
                assert isinstance(decide(approval, replace(press, again=again), now), Refuse), (names, approval, now)
                wrong += 1
    assert wrong == 31 * 4 * 3 * 2


def test_more_authority_asks_twice_and_no_press_skips_the_first() -> None:
    twice = replace(GOOD, twice=True)
    assert decide(twice, PRESS, NOW) == Again(twice)
    assert decide(twice, replace(PRESS, again=True), NOW) == Refuse("skipped", twice)
    asked = replace(twice, asked_ns=5)
    assert decide(asked, PRESS, NOW) == Again(asked)  # a double tap on the first button is no second yes
    assert decide(asked, replace(PRESS, again=True), NOW) == Go(asked)


def test_of_many_presses_at_once_one_goes_and_a_restart_knows_it(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = store.approvals.make(
            "approve", change="c1", hash="aa", user="7", chat="7", surface="telegram", expires_ns=2_000
        )
        assert len(made.token.encode()) <= 20
        press = replace(PRESS, token=made.token)
        with ThreadPoolExecutor(8) as pool:
            decided = list(pool.map(lambda _: store.approvals.press(press, NOW), range(16)))
        assert [isinstance(each, Go) for each in decided].count(True) == 1
        assert all(isinstance(each, Go) or each.reason == "used" for each in decided if not isinstance(each, Again))
    with opened(tmp_path) as store:
        assert store.approvals.press(press, NOW) == Refuse("used", replace(made, used_ns=NOW))
        assert store.approvals.press(replace(press, token="guessed"), NOW)  # noqa: S106 == Refuse("unknown")


def test_the_second_yes_survives_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = store.approvals.make(
            "resume", change="", hash="aa", user="7", chat="7", surface="web", expires_ns=2_000, twice=True
        )
        press = Press(made.token, "7", "7", "web")
        assert isinstance(store.approvals.press(press, NOW), Again)
    with opened(tmp_path) as store:
        assert isinstance(store.approvals.press(replace(press, again=True), NOW), Go)
