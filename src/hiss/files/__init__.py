"""The file system, and nothing else: finding files, reading them, keeping and sending bytes."""
