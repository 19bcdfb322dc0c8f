"""The simulated exchange under the name that it had until it became a room of its own, `services.simulator`.

Scripts that owners and testers wrote against the old name go on working; nothing of ours imports it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

_simulator = importlib.import_module("services.simulator")  # by name: the trader knows no simulator, and this is no use
for _part in pkgutil.iter_modules(_simulator.__path__):
    sys.modules[f"{__name__}.{_part.name}"] = importlib.import_module(f"{_simulator.__name__}.{_part.name}")
sys.modules[__name__] = _simulator
