"""What a plan permits the difference between two strategies to be, worked out by other means than the editor's.

What the plan permits is taken out of both files, and the rest must be the same, line for line; what was put in must be
what the plan asks for. One file for each thing that a plan can change.
"""
