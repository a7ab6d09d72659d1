"""What is searched for: a question, spelt right."""
