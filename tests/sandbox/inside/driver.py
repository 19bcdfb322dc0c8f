"""Runs one probe the way the runner runs a strategy: channel to 3, second filter on, then the code that tries things.

The first message names the probe, its arguments, and the walls to leave down. The answer says what the probe got.
"""

from __future__ import annotations

import json
import os
import socket
import sys

if "SORTE_PATH" in os.environ:
    sys.path[:] = [*os.environ["SORTE_PATH"].split(":"), "/strategy"]
else:  # outside of the box, as a control
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - fewer imports, fewer surprises

import probes

channel = socket.socket(fileno=os.dup(0))
order = json.loads(channel.recv(4096))
channel.close()
os.dup2(0, 3, inheritable=False)
os.dup2(1, 0, inheritable=False)
channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=3)
if order.get("lock"):
    from sandbox.lock import install_filter

    install_filter(bytes.fromhex(os.environ["SORTE_FILTER"]))
channel.send(b"ready")
channel.send(json.dumps(probes.attempt(order["probe"], order.get("arguments", {}))).encode())
os._exit(0)
