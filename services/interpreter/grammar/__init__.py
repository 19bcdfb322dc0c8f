"""The closed grammar: tokens, a lattice over them, and the readings of a sentence."""
