"""Evaluation of what is in use: feedback, shadow settings, the answer cache."""
