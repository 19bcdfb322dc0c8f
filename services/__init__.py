"""The rooms that a change walks through, and the trader at the end of the road."""
