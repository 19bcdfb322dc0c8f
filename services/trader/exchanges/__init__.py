"""One file or package per exchange, behind the Protocol in `protocol.py`."""
