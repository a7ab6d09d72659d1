"""Questions with answers that are sure: the course's own with options, and statements with a gap (cloze)."""
