"""What a sentence may have meant when it is no plan: whole plans and actions that its owner can take as they stand."""
