"""Failures where a call needs a wider scope than the token has."""
