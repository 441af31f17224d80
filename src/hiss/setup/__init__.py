"""Setting a project up, and moving one here: plans of edits to its own files, as values."""
