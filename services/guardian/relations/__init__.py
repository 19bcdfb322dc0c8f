"""What must stay the same when all of a market is told in other words, and what may change by a plan."""
