"""A worker that goes wrong in the way that it is told: `python odd_worker.py HOW`."""

from __future__ import annotations

import json
import os
import sys
import time

LOADED = {"said": "loaded", "runtime": "odd", "version": "1", "load_ms": 1.0, "gpu": "no", "evidence": {}}
ANSWER = {"said": "answer", "text": '{"do": "none"}', "finish": "stop"}


def say(what: object) -> None:
    print(what if isinstance(what, str) else json.dumps(what), flush=True)


def main(how: str) -> None:
    sys.stdin.readline()
    if how == "dies at once":
        os._exit(3)
    if how == "loads for ever":
        time.sleep(3600)
    if how == "answers before it is asked":
        say(ANSWER)
    say(LOADED)
    for _ in sys.stdin:
        if how == "dies when asked":
            os.kill(os.getpid(), 9)
        if how == "says nonsense":
            say("Segmentation fault")
        if how == "says another type":
            say({"said": "answer", "text": 7, "finish": "stop"})
        if how == "says half a line":
            sys.stdout.write('{"said": "ans')
            sys.stdout.flush()
            os._exit(0)
        if how == "says a line without an end":
            while True:
                sys.stdout.write("x" * 65536)
        if how == "never answers":
            time.sleep(3600)
        say(ANSWER)


main(sys.argv[1])
