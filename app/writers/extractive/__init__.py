"""Answers put together from the course's own sentences."""
