"""A backtest as a page of its own: one file that opens offline, zooms, and says without scripts what it shows."""
