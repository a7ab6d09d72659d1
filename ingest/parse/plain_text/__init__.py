"""Plain text: its layout told from lines and indentation."""
