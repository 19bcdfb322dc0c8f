"""Local language models: one Protocol, one file per backend, one chain. None is needed, and none is asked by default.

What a model says is data that was checked against a schema. It runs nothing, edits nothing and confirms nothing.
"""
