"""What a sentence is about when its words are labelled without their order."""
