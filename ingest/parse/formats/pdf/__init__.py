"""PDF: text and layout."""
