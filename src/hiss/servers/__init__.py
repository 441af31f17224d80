"""Lanes: static files answered before a server has built a request. Opt-in, a file for each server.

A lane knows what its server does around an answer (its log, its timers, its limits), and nothing of
HTTP: what to answer, the door that it found says, and everything that is not in memory or not
plain it leaves to the server.
"""
