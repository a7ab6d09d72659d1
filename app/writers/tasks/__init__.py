"""Tasks without a model: summaries, outlines, quizzes, cards and comparisons, every line of them a quote."""
