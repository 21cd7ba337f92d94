"""Renewing the token."""
