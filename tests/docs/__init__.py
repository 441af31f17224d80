"""Every code block of the documentation is run, or checked: `blocks.py` has the words for it."""
