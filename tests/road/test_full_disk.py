"""A full disk while a change walks: it ends, nothing is half done, trading goes on, and after that the next one works.

Two disks can be full. That of the workspace: then git cannot write. That of the records: then the database cannot,
which is tried with a limit on the size of the files that the commander's process may write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.contracts import State
from core.contracts.asking import Question
from tests.road.strategy import RAISES, trouble
from tests.road.world import World, in_loop, world
from tests.sampling import few
from tests.trader.harness import until

NO_BYTES = 1024
"""Less than any page of a database; a ref and its lock are shorter."""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of a few megabytes in `folder`."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - the machine's own


def fill(folder: Path) -> None:
    """Leave no byte and no block free."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
    with pytest.raises(OSError) as full:  # noqa: PT011 - its number is looked at
        (folder / "one more").write_bytes(bytes(8192))
    assert full.value.errno == errno.ENOSPC
    (folder / "one more").unlink(missing_ok=True)


async def swept(it: World) -> None:
    """What a git without space leaves lying about is gone after the next start; all else holds as ever."""
    await it.stop()
    await it.start()
    it.check()


async def walks_into_a_full_disk(it: World, state: State, text: str) -> dict[str, object]:
    """A change that finds the workspace's disk full from `state` on; its end, with space again."""
    it.brake(f"at-{state}")
    talk = await it.talk()
    talk.say(Question(do="change", text=text, yes=True))
    await it.reached()
    fill(it.folder / "disk")
    it.release()
    final = (await talk.rest())[-1]
    (it.folder / "disk" / "filler").unlink()
    return final


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk; CI runs it as root")
@in_loop
async def test_the_workspaces_disk_is_full_while_a_change_walks(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        async with world(tmp_path, workspace=tmp_path / "disk" / "w") as it:
            live = it.live()
            it.flow()
            for state in (State.PLANNED, State.JUDGING, State.SWITCHING):
                final = await walks_into_a_full_disk(it, state, "size 0.2")
                assert final["state"] == "failed", (state, final)
                assert final["reason"]
                assert it.live() == live
                await it.still()
                await it.trades_live()
                it.flow()
            assert (await it.change("size 0.2"))["state"] == "live"
            await it.still()
            await it.trades_live()
            await swept(it)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk; CI runs it as root")
@in_loop
async def test_a_return_that_cannot_be_written_is_done_and_written_before_the_next_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        async with world(tmp_path, workspace=tmp_path / "disk" / "w") as it:
            good = it.tree(it.live())
            listener = await it.talk()
            listener.say(Question(do="listen"))
            it.flow()
            sentence, bad = trouble(RAISES)
            change = await it.change(sentence)
            assert change["state"] == "live"
            fill(it.folder / "disk")
            it.trade(bad)
            told = await listener.until("watch")
            assert told["state"] == "rolling_back"
            assert "could not be written down yet" in told["reason"]
            assert (await it.ask(Question(do="status")))[-1]["trader"]["slots"]["blue"] == good
            refused = await it.change("size 0.2")
            assert refused["state"] == "failed"  # nothing is built on what is not written
            (it.folder / "disk" / "filler").unlink()
            assert (await it.change("size 0.2"))["state"] == "live"
            assert it.changes()[change["id"]].state is State.ROLLED_BACK
            await it.still()
            await it.trades_live()
            await swept(it)


@pytest.mark.parametrize(
    "state", few([State.PLANNED, State.JUDGING, State.SHADOWING, State.SWITCHING], State.SWITCHING)
)
def test_the_records_disk_is_full_while_a_change_walks(state: State, tmp_path: Path) -> None:
    """Past the switch it is finished all the same, before it nothing moved; the next start writes the rest."""

    ends = "live" if state is State.SWITCHING else "failed"

    @in_loop
    async def scene() -> None:
        async with world(tmp_path) as it:
            live = it.live()
            it.flow()
            it.brake(f"at-{state}")
            talk = await it.talk()
            talk.say(Question(do="change", text="size 0.2", yes=True))
            await it.reached()
            commander = it.commander_pid()
            assert commander is not None
            usual = resource.prlimit(commander, resource.RLIMIT_FSIZE)
            resource.prlimit(commander, resource.RLIMIT_FSIZE, (NO_BYTES, usual[1]))
            it.release()
            final = (await talk.rest())[-1]
            assert final["state"] == ends, final
            error = (await it.ask(Question(do="change", text="size 0.22", yes=True)))[-1]
            assert error["kind"] == "error", error
            resource.prlimit(commander, resource.RLIMIT_FSIZE, usual)
            assert (it.live() == live) == (ends == "failed")
            await it.still()
            await it.trades_live()
            it.flow()
            assert (await it.change("size 0.21"))["state"] == "live"
            await it.still()
            await it.trades_live()
            await swept(it)
            recovered = it.running.heard("recovered", id=talk.lines[0]["id"])
            ended = it.changes()[talk.lines[0]["id"]]
            assert ended.state is State(ends)
            assert (ended.watch, len(recovered)) == (("superseded", 0) if ends == "live" else ("", 1))

    scene()


@in_loop
async def test_a_release_that_dies_while_nothing_can_be_written_is_left_all_the_same(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        good = it.tree(it.live())
        it.flow()
        sentence, bad = trouble(RAISES)
        change = await it.change(sentence)
        commander = it.commander_pid()
        assert commander is not None
        listener = await it.talk()
        listener.say(Question(do="listen"))
        usual = resource.prlimit(commander, resource.RLIMIT_FSIZE)
        resource.prlimit(commander, resource.RLIMIT_FSIZE, (0, usual[1]))
        it.trade(bad)
        told = await listener.until("watch")
        assert (told["id"], told["state"]) == (change["id"], "rolling_back")
        assert (await it.ask(Question(do="status")))[-1]["trader"]["slots"]["blue"] == good
        resource.prlimit(commander, resource.RLIMIT_FSIZE, usual)
        assert (await it.change("size 0.2"))["state"] == "live"
        await until(lambda: it.changes()[change["id"]].state is State.ROLLED_BACK, "its end in the records")
        await it.still()
        await it.trades_live()
        await swept(it)
