"""`python -m core.frames`: keep the strategy that is shipped now, for the owners who start from it."""

from __future__ import annotations

from core.frames import ENDING, FOLDER, packed
from core.strategy import Source

if __name__ == "__main__":
    shipped = Source.shipped()
    (FOLDER / f"{shipped.tree_hash}{ENDING}").write_bytes(packed(shipped))
    print(shipped.tree_hash)
