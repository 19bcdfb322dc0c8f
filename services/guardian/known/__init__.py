"""What the shipped strategy's numbers are, worked out once more by plain formulas of the judge's own.

Nothing here is taken from the strategy's code: windows are summed over the values in them, hours come from a calendar,
averages are written as their definitions say. `services.guardian.gates.formulas` holds a strategy against it.
"""
