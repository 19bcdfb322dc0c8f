"""What a sentence is about when its words are labelled, whatever their order.

It is asked when the grammar reads nothing. A plan needs every word accounted for and one candidate ahead of all others;
what falls short of that is an offer. `reading.py` has the table of readers of edits, `questions.py` answers questions.
"""
