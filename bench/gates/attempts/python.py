"""Python from inside: what writes, loads or runs something else than it seems to, now or when nobody looks any more."""

from __future__ import annotations

import asyncio
import atexit
import codecs
import cProfile
import ctypes
import dbm.dumb
import faulthandler
import gc
import importlib
import io
import logging
import mailbox
import os
import pickle
import shelve
import shutil
import signal
import sqlite3
import struct
import sys
import tarfile
import tempfile
import threading
import tracemalloc
import weakref
import zipfile
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from .calls import LATER, MARKS, SECRETS, VICTIM, done, expect, libc, mark, run_code, show


def _leave(*_: object) -> None:
    """The mark itself, plainly."""
    with open(mark(), "wb") as made:
        made.write(b"mark")


# What writes a file


def with_c() -> None:
    done(libc.creat(mark().encode(), 0o600))


def with_a_stream_of_c() -> None:
    libc.fopen.restype = ctypes.c_void_p
    expect(libc.fopen(mark().encode(), b"w"))


def with_machine_code() -> None:
    """movabs rdi, name; mov esi, O_CREAT | O_WRONLY; mov edx, 0600; mov eax, open; syscall; ret."""
    name = ctypes.create_string_buffer(mark().encode())
    address = struct.pack("Q", ctypes.addressof(name))
    flags = struct.pack("I", os.O_CREAT | os.O_WRONLY)
    expect(run_code(b"\x48\xbf" + address + b"\xbe" + flags + b"\xba\x80\x01\0\0\xb8\x02\0\0\0\x0f\x05\xc3") >= 0)


def with_the_lowest_layer() -> None:
    io.FileIO(mark(), "wb").close()


def with_numpy() -> None:
    np.zeros(1).tofile(mark())


def with_an_array_on_disk() -> None:
    np.memmap(mark(), dtype=np.uint8, mode="w+", shape=8)


def with_an_archive_of_arrays() -> None:
    np.savez(mark("x.npz"), a=np.zeros(1))


def with_a_database() -> None:
    sqlite3.connect(mark()).execute("create table t (x)").connection.commit()


def with_a_database_put_beside() -> None:
    made = sqlite3.connect(":memory:")
    made.execute("attach ? as other", (mark(),))
    made.execute("create table other.t (x)")


def with_a_copy_of_a_database() -> None:
    sqlite3.connect(":memory:").execute("vacuum into ?", (mark(),))


def with_a_shelf() -> None:
    shelve.open(mark()).close()


def with_a_small_database() -> None:
    dbm.dumb.open(mark(), "c").close()


def with_a_log() -> None:
    logging.FileHandler(mark()).close()


def with_a_profile() -> None:
    cProfile.Profile().dump_stats(mark())


def with_the_trace_of_memory() -> None:
    tracemalloc.start(1)
    tracemalloc.take_snapshot().dump(mark())


def with_the_trace_of_a_crash() -> None:
    with open(mark(), "wb") as made:
        faulthandler.dump_traceback(made)


def with_an_archive() -> None:
    zipfile.ZipFile(mark(), "w").close()


def with_a_tape() -> None:
    tarfile.open(mark(), "w:").close()


def with_a_copy() -> None:
    shutil.copy(f"{SECRETS}/secret", mark())


def with_a_name_by_chance() -> None:
    tempfile.mkstemp(dir=MARKS)


def with_a_file_for_a_while() -> None:
    """Gone at its end: it is its own word that counts."""
    with tempfile.TemporaryFile() as made:
        made.write(b"x")


def with_a_mailbox() -> None:
    mailbox.mbox(mark()).add("x")


def with_a_codec() -> None:
    codecs.open(mark(), "w", encoding="utf-8").close()


def with_its_history() -> None:
    readline = importlib.import_module("readline")
    readline.write_history_file(mark())


# What runs something else


def pickle_that_calls() -> None:
    expect(pickle.loads(pickle.dumps(_Calls())) == 0)


class _Calls:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"echo x > {mark()}",)


def array_of_pickles() -> None:
    """A file of numbers that holds a pickle instead."""
    held = io.BytesIO()
    np.save(held, np.array([_Calls()], dtype=object), allow_pickle=True)
    held.seek(0)
    expect(np.load(held, allow_pickle=True)[0] == 0)


def shell_of_c() -> None:
    expect(libc.system(f"echo x > {mark()}".encode()) == 0)


def pipe_of_c() -> None:
    libc.popen.restype = ctypes.c_void_p
    stream = libc.popen(f"echo x > {mark()}".encode(), b"r")
    expect(stream)
    libc.pclose(ctypes.c_void_p(stream))


def library_of_its_own() -> None:
    """A copy of one that is there, loaded from where it could have been changed."""
    copy = shutil.copy(next(Path("/lib").glob("*/libm.so.6")), mark("x.so"))
    ctypes.CDLL(copy)


def package_of_its_own() -> None:
    Path(mark("sorte_planted.py")).write_text("GOT = True\n", encoding="utf-8")
    sys.path.insert(0, MARKS)
    expect(importlib.import_module("sorte_planted").GOT)


# What waits until nobody looks any more


def at_its_end() -> str:
    atexit.register(_leave)
    return LATER


def when_it_is_forgotten() -> str:
    weakref.finalize(sys.modules["sys"], _leave).atexit = True
    return LATER


def when_the_last_thing_goes() -> str:
    sys.planted = _Last()  # type: ignore[attr-defined]  # kept until the interpreter ends
    return LATER


class _Last:
    def __del__(self, leave: Any = os.open, where: str = mark(), how: int = os.O_CREAT) -> None:
        leave(where, how)


def at_the_next_import() -> None:
    class Finder:
        @staticmethod
        def find_spec(*_: object) -> None:
            sys.meta_path[:] = [each for each in sys.meta_path if each is not Finder]
            _leave()

    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]  # all that it needs
    try:
        importlib.import_module("sorte_no_such_module")
    except ImportError:
        expect(os.path.exists(mark()))


def at_the_next_event() -> None:
    """An audit hook cannot be taken out again."""
    left = [True]

    def hook(_: str, __: object) -> None:
        if left and left.pop():
            _leave()

    sys.addaudithook(hook)
    compile("1", "x", "eval")


def at_the_next_collection() -> None:
    gc.callbacks.append(_leave)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(_leave)
    expect(os.path.exists(mark()))


def at_the_next_call() -> None:
    def trace(_: FrameType, __: str, ___: object) -> None:
        sys.setprofile(None)
        _leave()

    sys.setprofile(trace)
    abs(-1)


def at_the_next_fault() -> None:
    """What Python cannot raise it hands to a hook."""
    sys.unraisablehook = _leave
    broken = _Broken()
    del broken
    expect(os.path.exists(mark()))


class _Broken:
    def __del__(self) -> None:
        raise ValueError


def at_a_signal() -> None:
    signal.signal(signal.SIGALRM, _leave)
    signal.alarm(1)
    signal.pause()
    expect(os.path.exists(mark()))


def at_its_own_signal() -> None:
    signal.signal(signal.SIGUSR1, _leave)
    signal.raise_signal(signal.SIGUSR1)


def after_a_while() -> None:
    timer = threading.Timer(0.1, _leave)
    timer.start()
    timer.join()


def when_a_crash_would_be_told() -> None:
    """Ends a process that hangs, and tells of it in a file, in a thread of C."""
    with open(mark(), "wb") as made:
        faulthandler.dump_traceback_later(100, file=made)
        faulthandler.cancel_dump_traceback_later()


def in_a_loop_of_events() -> None:
    async def leave() -> None:
        await asyncio.get_running_loop().run_in_executor(None, _leave)

    asyncio.run(leave())


def when_text_is_read() -> None:
    codecs.register(lambda name: _leave() if name == "sorte_planted" else None)
    try:
        b"x".decode("sorte_planted")
    except LookupError:
        expect(os.path.exists(mark()))


# What reaches further than it should


def memory_of_another() -> None:
    """Through its file, and not by a call that has a name."""
    with open(f"/proc/{VICTIM}/maps", "rb") as told:
        expect(told.read(16))
    os.close(os.open(f"/proc/{VICTIM}/mem", os.O_RDONLY))


def secret_by_a_database() -> None:
    try:
        sqlite3.connect(f"file:{SECRETS}/secret?mode=ro", uri=True).execute("select * from sqlite_master")
    except sqlite3.DatabaseError as error:
        expect("not a database" in str(error))


def secret_by_numbers() -> None:
    show(np.fromfile(f"{SECRETS}/secret", dtype=np.uint8).tobytes())


def secret_by_a_module_of_c() -> None:
    libc.fopen.restype = libc.fgets.restype = ctypes.c_void_p
    text = ctypes.create_string_buffer(16)
    stream = libc.fopen(f"{SECRETS}/secret".encode(), b"r")
    expect(stream)
    libc.fgets(text, 16, ctypes.c_void_p(stream))
    show(text.raw)
