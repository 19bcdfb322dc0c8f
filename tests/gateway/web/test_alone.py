"""With the commander dead the page still tells so, still stops trading, and never claims that it knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.owner import OwnersWord
from services.gateway.web.live.board import Board
from services.gateway.web.live.stream import frame
from tests.gateway.web.house import Page, until
from tests.gateway.web.samples import trader


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Page(tmp_path) as served:
        yield served


def test_panic_and_pause_work_with_the_commander_dead(page: Page, tmp_path: Path) -> None:
    owner, word = page.client(), OwnersWord(tmp_path)
    page.do(page.commander.close)
    until(lambda: page.pictures.current.deaf)
    assert owner.act("/pause").status_code == 303
    assert (word.paused, word.closing) == (True, False)
    assert owner.act("/panic", sure="yes").status_code == 303
    assert (word.paused, word.closing) == (True, True)
    for seen in ("", "paused", "killed"):  # a yes to going on is for what was stopped when it was asked about
        assert owner.act("/resume", sure="yes", word=seen).status_code == 409
    assert (word.paused, word.closing) == (True, True)
    assert "closing paused" in owner.get("/sure/resume").text
    assert owner.act("/resume", sure="yes", word="closing paused").status_code == 303
    assert (word.paused, word.closing) == (False, False)


def test_what_cannot_be_asked_is_said_to_be_so(page: Page) -> None:
    owner = page.client()
    assert owner.get("/readyz").json() == {"commander": True, "trader": True}
    page.do(page.commander.close)
    until(lambda: page.pictures.current.deaf)
    assert owner.get("/").status_code == 200
    assert owner.get("/history").status_code == 503
    assert owner.get("/api/v1/status").status_code == 503
    assert (owner.get("/readyz").status_code, owner.get("/healthz").status_code) == (503, 200)
    assert owner.get("/logs").status_code == 200


def test_who_is_slow_to_answer_holds_up_no_figure(page: Page) -> None:
    page.script.unanswered = {"history"}
    owner = page.client()
    with owner.http.stream("GET", "/live") as live:
        until(lambda: page.script.acts("history"))
        page.script.trader = trader(equity=11_111.5)
        pieces = iter(live.iter_text())
        heard = next(pieces)
        while "11.111,50" not in heard and "11,111.50" not in heard:
            heard += next(pieces)


def test_the_log_is_followed_once_for_all_and_only_while_somebody_reads(page: Page) -> None:
    owner, tail = page.client(), page.site.tail
    page.log("old")
    assert "old" in owner.get("/logs").text
    assert not tail.follows
    with owner.http.stream("GET", "/logs/live") as first, owner.http.stream("GET", "/logs/live") as second:
        came = [live.iter_raw() for live in (first, second)]
        assert all(map(next, came))
        until(lambda: tail.board.readers == 2)
        page.log("new", detail="a\nb")
        until(lambda: any("new" in line for line in tail.board.story(9)))
        assert tail.follows
    until(lambda: not tail.follows)
    page.log("later")
    assert [word in owner.get("/logs").text for word in ("old", "new", "later")] == [True, True, True]


# The board ------------------------------------------------------------------------------------------------------------


def test_who_was_away_gets_every_line_once_and_the_newest_of_each_part() -> None:
    board = Board(life="a")
    board.show("head", "1")
    board.tell("one")
    seen = board.newest
    board.show("head", "2")
    board.tell("two")
    board.show("head", "3")
    board.tell("three")
    pieces, gap = board.after(seen)
    assert ([(piece.name, piece.html) for piece in pieces], gap) == (
        [("told", "two"), ("head", "3"), ("told", "three")],
        0,
    )
    assert board.after(board.newest) == ([], 0)


def test_who_was_away_for_longer_than_is_kept_is_told_how_much_is_gone() -> None:
    board = Board(life="a", lines=3)
    board.tell("seen")
    seen = board.newest
    for number in range(6):
        board.tell(str(number))
    pieces, gap = board.after(seen)
    assert ([piece.html for piece in pieces], gap > 0) == (["3", "4", "5"], True)


def test_a_number_of_another_life_is_none() -> None:
    board = Board(life="b")
    board.tell("x")
    assert [board.number_in(said) for said in ("b-1", "b-9", "a-1", "b-", "b--1", "", "b-1e3", "b-" + "9" * 40)] == [
        1,
        1,
        *[None] * 6,
    ]


def test_no_text_can_begin_another_event() -> None:
    sent = frame("told", "one\ntwo\r\n\nevent: head\ndata: <b>", "a-1").decode()
    assert sent.count("\nevent:") == 1
    assert all(line.startswith(("id: ", "event: told", "data: ")) for line in sent.splitlines() if line)
