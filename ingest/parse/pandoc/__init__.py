"""Formats that pandoc reads, from its syntax tree to Markdown."""
