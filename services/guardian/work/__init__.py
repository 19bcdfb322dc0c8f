"""How much a strategy works for each event, counted and not timed; what of it a change explains; and what is too much.

The same on every machine and under any load: see `sandbox.counting` for what is counted, docs/gates.md for the bounds.
"""

from services.guardian.work.margins import Margins

__all__ = ["Margins"]
