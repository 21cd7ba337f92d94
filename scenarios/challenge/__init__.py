"""The first request without a token, and everything in front of the server that answers it."""
