"""The first calls with the token."""
