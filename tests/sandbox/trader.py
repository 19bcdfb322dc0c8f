"""A trader that carries a secret everywhere a process can, and lets `hunt` look for it inside a box and without one.

Arguments: the secret, a file that holds it. The environment and an inheritable descriptor hold it too.
Prints what was found as JSON: `{"outside": [...], "inside": [[...], ...]}`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from sandbox.jail import spawn
from sandbox.mounts import Bind, python_command

INSIDE = Path(__file__).parent / "inside"
canary, file = sys.argv[1:]
os.dup2(os.open(file, os.O_RDONLY), 40, inheritable=True)


def ask(channel: socket.socket, start: str, *, lock: bool) -> list[str]:
    arguments = {"half": canary[: len(canary) // 2], "other_half": canary[len(canary) // 2 :], "start": start}
    channel.send(json.dumps({"probe": "hunt", "lock": lock, "arguments": arguments}).encode())
    channel.recv(100)
    found: list[str] = json.loads(channel.recv(65536))["got"]
    return found


ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
with theirs:
    control = subprocess.Popen([sys.executable, INSIDE / "driver.py"], stdin=theirs.fileno(), close_fds=False)
outside = ask(ours, str(Path(file).parent), lock=False)
control.wait()

inside = []
for lock in (False, True):
    for start in ("/strategy", "/platform", "/usr/lib64"):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        binds = [Bind(INSIDE, "/strategy")]
        with spawn(python_command("/strategy/driver.py"), channel=theirs, binds=binds), ours:
            inside.append(ask(ours, start, lock=lock))
print(json.dumps({"outside": outside, "inside": inside}))
