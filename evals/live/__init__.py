"""Evaluation of what is in use: feedback, shadow settings."""
