"""Orders: which task a text sets, what the task is about, and how many of what it makes are wanted."""
