"""What is tried of a sentence that nothing has read: its normal form, its order without the chatter, or other words.

Where every word has its part in it, an order comes of it; else it is an offer that names the words which it leaves out.
"""
