"""Tests of the writer that quotes."""
