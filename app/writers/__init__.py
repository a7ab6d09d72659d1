"""Who writes an answer: the course itself, Claude, a local model."""
