"""What an owner can ask for, and the answer that each question gets."""
