"""The backtesters that Sorte is compared with: one script and one list of pinned packages each.

A peer lives in an environment of its own under `.bench/`, because its dependencies are not ours. Its script runs there
as `python -m bench.peers.<peer>` and imports nothing of Sorte except `bench.peers.serve`.
"""
