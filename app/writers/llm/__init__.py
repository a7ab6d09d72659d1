"""Answers by a language model: prompts, calls, failures, prices."""
