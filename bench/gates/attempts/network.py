"""Network: every family of sockets, and what of the standard library opens one by itself."""

from __future__ import annotations

import asyncio
import ftplib
import http.client
import logging
import logging.handlers
import multiprocessing.connection
import os
import smtplib
import socket
import struct
import urllib.request
import xmlrpc.client

from .calls import DOOR, SECRETS, expect, mark, run_code

_SECONDS = 0.3
_XDP, _KEY, _MPTCP, _UEVENTS = 44, 15, 262, 15
_I386_SOCKET, _SOCKET = 359, 41


def _made(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


# By the call


def to_the_door() -> None:
    socket.create_connection(DOOR, _SECONDS)


def to_the_door_by_a_number() -> None:
    """Its address as a single number, which no list of names holds."""
    socket.create_connection((str(struct.unpack("!I", socket.inet_aton(DOOR[0]))[0]), DOOR[1]), _SECONDS)


def to_the_door_in_the_other_family() -> None:
    with socket.socket(socket.AF_INET6) as made:
        made.settimeout(_SECONDS)
        made.connect((f"::ffff:{DOOR[0]}", DOOR[1]))


def a_word_to_the_door() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        expect(made.sendto(b"word", DOOR))


def a_word_without_waiting() -> None:
    """Data with the first packet."""
    with socket.socket(socket.AF_INET) as made:
        expect(made.sendto(b"word", 0x20000000, DOOR))


def door_of_its_own() -> None:
    socket.create_server(("127.0.0.1", 0)).close()


def door_in_the_files() -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(f"{SECRETS}/door")


def door_of_its_own_in_the_files() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(mark())


def door_of_its_own_without_a_file() -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"\0sorte-probe-{os.getpid()}")


def echo() -> None:
    _made(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)


def raw() -> None:
    _made(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


def every_packet() -> None:
    _made(socket.AF_PACKET, socket.SOCK_RAW, 0x0300)


def past_the_kernel() -> None:
    _made(_XDP, socket.SOCK_RAW)


def keys_of_the_network() -> None:
    _made(_KEY, socket.SOCK_RAW, 2)


def by_many_ways() -> None:
    _made(socket.AF_INET, socket.SOCK_STREAM, _MPTCP)


def machine_below() -> None:
    """To the machine that this one is a guest of."""
    _made(socket.AF_VSOCK, socket.SOCK_STREAM)


def ciphers_of_the_kernel() -> None:
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as made:
        made.bind(("hash", "sha256"))


def what_the_kernel_tells() -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _UEVENTS) as made:
        made.bind((0, 1))


def routes() -> None:
    """What ways there are out of here: RTM_GETROUTE."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as made:
        made.send(struct.pack("IHHII", 28, 26, 0x301, 1, 0).ljust(28, b"\0"))
        expect(made.recv(4096))


def cards() -> None:
    expect(socket.if_nameindex())


def by_machine_code() -> None:
    """mov edi, 2; mov esi, 1; xor edx, edx; mov eax, socket; syscall; ret: no function of any library."""
    code = b"\xbf\x02\0\0\0\xbe\x01\0\0\0\x31\xd2\xb8" + struct.pack("I", _SOCKET) + b"\x0f\x05\xc3"
    expect(run_code(code) >= 0)


def by_the_other_entrance() -> None:
    """push rbx; mov ebx, 2; mov ecx, 1; xor edx, edx; mov eax, socket; int 0x80; pop rbx; ret: the one of i386."""
    code = b"\x53\xbb\x02\0\0\0\xb9\x01\0\0\0\x31\xd2\xb8" + struct.pack("I", _I386_SOCKET) + b"\xcd\x80\x5b\xc3"
    expect(0 <= run_code(code) < 1 << 31)


# By the standard library


def page() -> None:
    urllib.request.urlopen(f"http://{DOOR[0]}:{DOOR[1]}/", timeout=_SECONDS)


def page_by_hand() -> None:
    http.client.HTTPConnection(*DOOR, timeout=_SECONDS).connect()


def call_of_a_procedure() -> None:
    socket.setdefaulttimeout(_SECONDS)
    xmlrpc.client.ServerProxy(f"http://{DOOR[0]}:{DOOR[1]}").system.listMethods()


def mail() -> None:
    smtplib.SMTP(*DOOR, timeout=_SECONDS)


def files_over_the_network() -> None:
    ftplib.FTP(timeout=_SECONDS).connect(*DOOR)


def words_of_the_log() -> None:
    handler = logging.handlers.SocketHandler(*DOOR)
    handler.send(b"word")
    expect(handler.sock)


def words_of_the_system_log() -> None:
    handler = logging.handlers.SysLogHandler(DOOR)
    handler.emit(logging.makeLogRecord({"msg": "word"}))
    handler.close()


def another_python() -> None:
    """The line of `multiprocessing`, which takes pickles."""
    multiprocessing.connection.Client(DOOR).close()


def loop_of_asyncio() -> None:
    async def go() -> None:
        await asyncio.open_connection(*DOOR)

    asyncio.run(go())


def names_of_the_machine() -> None:
    expect(socket.getaddrinfo("localhost", DOOR[1]))
