"""Footnotes: marks in a text, their quotes, and whether a sentence is borne by what it quotes."""
