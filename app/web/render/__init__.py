"""From text to what a browser shows."""
