"""What every test shares."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("sorte", deadline=None)  # a busy machine is no failing test
settings.load_profile("sorte")
