"""One module or folder for each format."""
