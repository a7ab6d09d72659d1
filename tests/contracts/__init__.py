"""One suite a seam: whatever is put in its place has to pass it. See CONTRIBUTING.md for the smallest examples."""
