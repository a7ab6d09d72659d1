"""Terms and what the course says of them, from glossaries down to the headings of slides."""
