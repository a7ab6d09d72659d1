"""Candidates to hits to passages, and whether they answer."""
