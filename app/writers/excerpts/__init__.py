"""Answers in the course's own words, without a model: places that answer, whole, the likeliest sentences marked."""
