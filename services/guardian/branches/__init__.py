"""Events that go into every branch of a candidate: made of the numbers that its own code compares with."""
