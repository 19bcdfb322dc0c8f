"""EMA cross with an RSI filter: the textbook strategy that backtesters are compared on, as a Sorte strategy.

It buys when the fast average crosses above the slow one unless RSI is high, and sells when it crosses below or RSI is
very high. Averages are seeded with a mean and RSI is Wilder's, as in TA-Lib, so the peers can compute the very same.
"""
