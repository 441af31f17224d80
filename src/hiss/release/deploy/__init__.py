"""A deploy: from new code on the disk to a site that was seen to answer with it, or the former one.

Nothing here knows of builds or frameworks: what builds, and what restarts, are commands.
"""
