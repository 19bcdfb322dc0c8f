"""The road of a change, and the way back: walk, shadow run, watch, return, recovery."""
