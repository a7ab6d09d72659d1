"""Markdown, strict and sloppy."""
