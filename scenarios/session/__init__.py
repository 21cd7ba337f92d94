"""Failures behind the first call: the session, its messages, and the tools."""
