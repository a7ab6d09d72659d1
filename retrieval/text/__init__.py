"""The words of a text: terms, sentences, plain text, spelling."""
