"""Tests that run inside a judge's box: each passes when the wall holds, and fails where there is none."""

PROBES = """
import os
import socket
import threading

import pytest


def refused(act):
    with pytest.raises((OSError, RuntimeError)):
        act()


def test_files_of_the_host():
    refused(lambda: open("/etc/hostname"))


def test_home():
    refused(lambda: os.listdir("/root") + os.listdir("/home"))


def test_writing():
    refused(lambda: open("/tmp/sorte-probe", "w"))


def test_writing_beside_the_strategy():
    refused(lambda: open(__file__ + ".x", "w"))


def test_another_process():
    refused(fork)


def fork():
    if os.fork() == 0:
        os._exit(0)  # where it is not refused, a second copy of these tests would write into the same report


def test_a_thread():
    refused(threading.Thread(target=int).start)


def test_secrets():
    assert "SORTE_PLANTED" not in os.environ
    refused(lambda: open("/proc/1/environ", "rb"))


def test_one_process_alone():
    assert os.getpid() == 1


def test_a_signal_to_others():
    refused(lambda: os.kill(0, 0) or os.kill(os.getppid(), 0))


def test_nobody():
    assert os.getuid() == 65534


def test_changing_priority():
    refused(lambda: os.setpriority(os.PRIO_PROCESS, 0, 0) or os.nice(-1))
"""

SAYS_NOTHING = "import os, time\n{}\n"
"""What a module of tests does when it is imported, inside: {} is the act."""

BREAKS = {
    "late": ("time.sleep(60)", "no answer within"),
    "dies": ("os._exit(3)", "exit code 3"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "the box ended"),
    "opens a socket": ("import socket; socket.socket()", "the box ended"),
    "starts a program": ("os.execv('/python/bin/python3', ['x'])", "the box ended"),
    "answers without the nonce": (
        "import msgspec; m = msgspec.msgpack.encode({'nonce': '0' * 32, 'ok': True, 'answer': {}});"
        " os.write(4, len(m).to_bytes(4, 'big') + m)",
        "without its nonce",
    ),
    "announces a flood": ("os.write(4, b'\\xff' * 4)", "announced an answer of 4,294,967,295 bytes"),
    "answers nonsense": ("os.write(4, (5).to_bytes(4, 'big') + b'\\xc1' * 5)", "nonsense"),
    "answers without end": (
        "os.write(4, (1 << 20).to_bytes(4, 'big')); exec('while True: os.write(4, bytes(4096)) or 0')",
        "nonsense",
    ),
    "answers nested without end": (
        "os.write(4, (100000).to_bytes(4, 'big') + b'\\x91' * 100000)",
        "nonsense",
    ),
    "answers in no text": (
        "os.write(4, (9).to_bytes(4, 'big') + b'\\x81\\xa5nonce\\xa1\\xff')",
        "nonsense",
    ),
    "answers half": ("os.write(4, (99).to_bytes(4, 'big') + b'x'); time.sleep(60)", "no answer within"),
}
