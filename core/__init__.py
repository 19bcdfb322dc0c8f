"""Words and tools that every room uses; imports no service (except `main`, which wires them)."""
