"""The local socket of a platform that trades: who may ask, what may be asked, and who hangs up when."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.contracts import State
from core.contracts.asking import Question
from services.commander.line.local_socket import NAME
from tests.road.world import PATIENCE, Talk, World, in_loop, world

STRANGER = 65534
ASK_AS = """
import os, socket, sys
os.chdir(sys.argv[1])
if int(sys.argv[2]):
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
asking = socket.socket(socket.AF_UNIX)
asking.settimeout(20)
try:
    asking.connect("sorte.sock")
    asking.sendall(b'{"do":"status"}\\n')
    print("answered" if asking.recv(1 << 16) else "hung up")
except PermissionError:
    print("refused")
except ConnectionError:
    print("hung up")
"""

NONSENSE = {
    "no JSON": b"garbage\n",
    "nothing": b"\n",
    "an empty object": b"{}\n",
    "an unknown question": b'{"do":"exec","text":"rm -rf /"}\n',
    "an unknown key": b'{"do":"change","text":"size 0.25","yes":true,"limits":"off"}\n',
    "a wrong type": b'{"do":"change","text":["size 0.25"],"yes":true}\n',
    "yes as a word": b'{"do":"change","text":"size 0.25","yes":"true"}\n',
    "no UTF-8": b'{"do":"change","text":"\xff\xfe","yes":true}\n',
    "zeros": b"\0" * 100 + b"\n",
    "an overlong line": b'{"do":"change","yes":true,"text":"' + b"x" * 70_000 + b'"}\n',
    "an overlong line without an end": b"x" * 200_000,
    "half a question": b'{"do":"change","text":"size 0.25"',
    "a deep nest": b"[" * 50_000 + b"\n",
}


async def asked_to_confirm(it: World, text: str) -> Talk:
    """A sentence whose owner is being asked."""
    talk = await it.talk()
    talk.say(Question(do="change", text=text))
    await talk.until("confirm")
    return talk


@in_loop
async def test_of_two_commands_at_once_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        it.flow()
        one, other = await asyncio.gather(it.change("size 0.2"), it.change("size 0.21"))
        assert {one["state"], other["state"]} == {"live", "rejected"}
        winner, loser = (one, other) if one["state"] == "live" else (other, one)
        assert winner["id"] in loser["reason"]
        assert it.live() == winner["commit"]
        await it.still()
        await it.trades_live()
        it.check()


@in_loop
async def test_who_hangs_up_when_asked_declines_and_who_does_after_his_yes_is_not_missed(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        it.flow()
        live = it.live()
        talk = await asked_to_confirm(it, "size 0.2")
        talk.hang_up()
        ended = await it.ended(talk.lines[0]["id"], State.REJECTED)
        assert "You did not confirm" in ended.reason
        await it.idle()
        for answer in ({"confirm": False}, {"confirm": "yes"}, {"confirm": True, "limits": "off"}, "yes", 1):
            talk = await asked_to_confirm(it, "size 0.2")
            talk.say(answer)
            assert (await talk.rest())[-1]["state"] == "rejected", answer
        assert it.live() == live
        it.check()
        talk = await asked_to_confirm(it, "size 0.2")
        talk.say({"confirm": True})
        talk.hang_up()
        ended = await it.ended(talk.lines[0]["id"], State.LIVE)
        assert it.live() == ended.commit
        await it.idle()
        await it.still()
        await it.trades_live()
        it.check()


@in_loop
async def test_nonsense_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        it.flow()
        live = it.live()
        for what, line in NONSENSE.items():
            talk = await it.talk()
            talk.writer.write(line)
            talk.writer.write_eof()
            try:
                answer = (await talk.rest())[-1]
            except EOFError:  # it hung up while we were still talking, which drops its last words
                assert "overlong" in what, what
            else:
                assert answer["kind"] == "error", (what, answer)
                assert answer["message"], what
        assert it.changes() == {}
        assert it.live() == live
        assert (await it.change("size 0.2"))["state"] == "live"
        it.check()


@in_loop
async def test_many_who_connect_and_say_nothing_keep_nobody_waiting(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        silent = [await it.talk() for _ in range(50)]
        it.flow()
        assert (await it.change("size 0.2"))["state"] == "live"
        for talk in silent:
            talk.hang_up()
        it.check()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a stranger; CI runs it as root")
@in_loop
async def test_a_stranger_cannot_open_the_socket_and_is_not_answered_if_he_could(tmp_path: Path) -> None:
    async def asks_as(uid: int) -> str:
        words = (sys.executable, "-c", ASK_AS, str(it.data), str(uid))
        done = await asyncio.to_thread(
            subprocess.run, words, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        return done.stdout.strip()

    async with world(tmp_path) as it:
        assert (it.data / NAME).stat().st_mode & 0o777 == 0o600
        assert await asks_as(0) == "answered"
        assert await asks_as(STRANGER) == "refused"
        (it.data / NAME).chmod(0o666)  # somebody opened it by hand
        assert await asks_as(STRANGER) == "hung up"


@in_loop
async def test_a_listener_that_never_reads_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        talk = await it.talk()
        talk.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        talk.say(Question(do="listen"))
        talk.writer.transport.pause_reading()
        it.flow()
        for size in (0.2, 0.21):
            assert (await it.change(f"size {size}"))["state"] == "live"
        status = json.dumps((await it.ask(Question(do="status")))[-1])
        assert '"kind": "status"' in status
        talk.hang_up()
        it.check()
