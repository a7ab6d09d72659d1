"""Question sets: their form, gold passages, matching of text."""
