"""What a strategy may be written with: everything that is not named here is refused.

A filter, not the wall: it says early, and in words, what the box would only hold back. `text` looks at the bytes of a
file, `code` at the syntax tree of the strategy, `tests` at that of its tests.
"""
