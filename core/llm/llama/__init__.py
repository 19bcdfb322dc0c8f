"""llama.cpp in a process of its own: what loads a model file dies alone, and is killed when it does not answer in time.

`python -m core.llm.llama` is that process; it is told what to load, then answers one question after the other.
"""
