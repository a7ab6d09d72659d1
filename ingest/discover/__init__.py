"""What has to be read: files, the course file, what changed."""
