"""Tests of app.writers.tasks.terms."""
