"""What the learner wants: a question that stands alone, a follow-up, a task."""
