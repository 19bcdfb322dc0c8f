"""The wire is what it was before its lines had types: each kind of line, byte for byte, keys in their order.

The lines in `golden` were written by the program as it was before.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from core.contracts.answers import Said, Shown
from core.contracts.asking import Last, decode_line, encode_last
from core.contracts.control import Heard, PassOn, Reply, decode_report, decode_request
from core.contracts.events import Event
from core.contracts.figures import Done, PairClosing, ShadowRun, Staged, SwitchDone, TraderStatus
from core.contracts.told import Step, encode_line, kind_of
from services.commander.desk.showing import show
from services.gateway.console.live import JsonLines
from services.gateway.console.shown import printer
from services.trader.venue import never_began
from tests.commander.rig import rig
from tests.simulator.client import in_loop
from tests.told.scene import journalled, scene, skeleton

GOLDEN = Path(__file__).with_name("golden")
REPLIES: dict[int, Any] = {1: Staged, 2: ShadowRun, 3: Done, 4: SwitchDone, 6: Done, 8: PairClosing, 9: TraderStatus}
"""By the number of the request in reports.jsonl."""


def golden(name: str) -> list[bytes]:
    return (GOLDEN / f"{name}.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize("name", ["socket_with_a_trader", "socket_with_none"])
def test_each_line_of_the_socket_is_read_and_written_as_it_was(name: str) -> None:
    for line in golden(name):
        read = decode_line(line) if b'"trader":{' not in line else None  # that trader is not a whole one
        if read is not None:
            assert (encode_last(read.answer) if isinstance(read, Last) else encode_line(read)) == line


@pytest.mark.parametrize(("runs", "name"), [(True, "socket_with_a_trader"), (False, "socket_with_none")])
def test_a_whole_day_over_the_socket_has_the_same_lines(runs: bool, name: str, tmp_path: Path) -> None:
    @in_loop
    async def day() -> None:
        lines = await scene(tmp_path, runs=runs)
        assert [skeleton(json.loads(line)) for line in lines] == [skeleton(json.loads(line)) for line in golden(name)]

    day()


def test_each_event_is_printed_as_it_was(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1785000000.25)
    lines = golden("events")
    for line in lines:
        JsonLines().tell(msgspec.json.decode(line, type=Event | Step))  # type: ignore[arg-type]
    assert capfdbinary.readouterr().out.splitlines() == lines
    assert {json.loads(line)["kind"] for line in lines} >= {kind_of(each) for each in get_args(Event)}


def test_the_summary_of_a_run_that_ended_before_its_trader_began_is_printed_as_it_was(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1785000000.25)
    JsonLines().tell(never_began("paper"))
    assert capfdbinary.readouterr().out.splitlines() == golden("run_that_never_began")


def test_an_order_that_no_change_led_to_is_printed_as_it_was_where_no_instance_answers(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def found() -> Shown | Said:
        with rig(tmp_path) as it:
            journalled(it.context.settings.data_dir, "unknown")
            return await show(it.context, "s1-unknown-1")

    printer(as_json=True)(asyncio.run(found()))
    assert capfd.readouterr().out.splitlines() == [line.decode() for line in golden("order_without_change")]


def test_what_the_commander_asks_of_a_trader_is_written_as_it_was() -> None:
    for line in golden("requests"):
        request = decode_request(line)
        assert encode_line(request) == line
        if isinstance(request, PassOn):
            assert encode_line(PassOn.of(request.told())) == line


def test_what_a_trader_says_to_its_commander_is_written_as_it_was() -> None:
    for line in golden("reports"):
        report = decode_report(line)
        assert encode_line(report) == line
        if isinstance(report, Heard):
            assert encode_line(Heard.of(report.told())) == line
        if isinstance(report, Reply) and not report.error:
            kind: Callable[..., Any] = REPLIES[report.number]
            assert encode_line(msgspec.json.decode(report.result, type=kind)) == bytes(report.result)
