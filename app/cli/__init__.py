"""The terminal: asking, and checking the installation."""
