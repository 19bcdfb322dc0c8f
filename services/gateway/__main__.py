"""Starts the process of `services.gateway.process`."""

from __future__ import annotations

from core.thrift import be_thrifty, loading

if __name__ == "__main__":
    be_thrifty()
    with loading():
        from services.gateway.process import main
    main()
