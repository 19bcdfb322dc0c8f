"""Machine code that is kept from one process to the next, so that a strategy is compiled once.

What is kept is a pickle and code of this machine: to load it is to run it. So it is loaded only where what it was made
from would be compiled and run too, and only when it is just what was written (see `store`):

- the owner's own backtests have theirs (`own`), which his process wrote and his process reads
- what a box wrote is loaded in boxes and nowhere else (`sandbox.compiled`); outside it is bytes that nobody looks into

It is found by what it was compiled from, and compared with that again where it is loaded (`fingerprint`, `carrying`).
Whatever is wrong with it is answered by compiling: nothing here raises.
"""

from core.compiled.kept import Carried, Kept, NothingKept

__all__ = ["Carried", "Kept", "NothingKept"]
