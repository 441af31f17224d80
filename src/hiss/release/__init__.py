"""Releases: which are kept, which is in force, and how one comes and goes."""
