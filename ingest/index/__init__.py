"""Chunks to a new index version: vectors, manifest, report, check."""
