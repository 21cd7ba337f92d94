"""Runs the simulated client: live through the proxy, or against a recording."""
