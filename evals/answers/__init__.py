"""Evaluation of answers: judges, their agreement with people, tables."""
