"""Evaluation of retrieval: systems, measures, refusal, speed."""
