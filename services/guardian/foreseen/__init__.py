"""What can be told of a plan before its owner says yes, without running anything that nobody has judged.

A plan's condition is data, and what the shipped features are is known (`services.guardian.known`); so it is worked out
here, by formulas of the judge's own, at which bars of a year a new rule would speak, and whether anything would still
be bought in the window that the backtest gate holds out. Only what is certain is told: what a history of bars does not
show (books, advice, a position), or a strategy defines in its own way, may be anything.
"""
