"""The ways to sign in at an authorization server."""
