"""What is searched for: a question without its frame, spelt right."""
