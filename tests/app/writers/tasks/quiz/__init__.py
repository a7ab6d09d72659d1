"""Tests of app.writers.tasks.quiz."""
