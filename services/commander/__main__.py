"""Starts the process of `services.commander.process`."""

from __future__ import annotations

from core.thrift import be_thrifty, loading

if __name__ == "__main__":
    be_thrifty()
    with loading():
        from services.commander.process import main
    main()
