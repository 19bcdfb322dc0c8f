"""What is tried of a sentence that nothing has read: its order without the chatter around it, or said in another way.

All that comes of it is an offer, which names the words that it leaves out.
"""
