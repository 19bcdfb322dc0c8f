"""Real time takes a privilege that a user, a container or a kernel may not have."""

from __future__ import annotations

import os

import pytest


def permitted() -> bool:
    """Whether this process may enter a real-time class; it is as it was afterwards."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


needs_real_time = pytest.mark.skipif(not permitted(), reason="real time is not permitted here, and NOT tested")
