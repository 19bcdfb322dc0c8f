"""What heavy work in threads leaves behind is handed back."""

from __future__ import annotations

import json
import subprocess
import sys

WORK = """
import json, sys, threading
from core.thrift import be_thrifty, give_back

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

def work(kept):
    made = [bytes(1000) for _ in range(40_000)]  # too small to have a mapping of their own
    made = [[each, made] for each in made]
    made.append(made)  # and only the collector finds them
    kept.append(bytes(1000))

if sys.argv[1] == "thrifty":
    be_thrifty()
curve, kept = [], []
for _ in range(6):
    threads = [threading.Thread(target=work, args=(kept,)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    if sys.argv[1] == "thrifty":
        give_back()
    curve.append(resident_mb())
print(json.dumps(curve))
"""


def curve_of(how: str) -> list[float]:
    done = subprocess.run([sys.executable, "-c", WORK, how], capture_output=True, text=True, check=True, timeout=120)
    curve: list[float] = json.loads(done.stdout)
    return curve


def test_round_after_round_of_work_leaves_no_more_than_the_first() -> None:
    curve, usual = curve_of("thrifty"), curve_of("usual")
    assert max(curve) < 60, curve
    assert curve[-1] - curve[0] < 8, curve
    assert min(usual) > max(curve), (usual, curve)
