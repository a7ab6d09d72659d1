"""Documents to chunks and windows."""
