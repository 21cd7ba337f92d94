"""Recordings: a trace on disk without its secrets, and the answers a recording gives."""
