"""The strategy that ships with Sorte, and the only code that a change may touch.

Read `parameters.py` for the numbers, `rules.py` for when it may and must act, `signals.py` for what it believes, and
`decide.py` for how these become an action. `levels.py` says at which prices a position will be closed, whatever comes.
`indicators.py` and `state.py` are what it sees and remembers.
"""
