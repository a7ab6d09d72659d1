"""What is kept in SQLite: conversations, usage, shadow answers."""
