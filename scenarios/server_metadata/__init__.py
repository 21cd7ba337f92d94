"""Authorization server metadata (RFC 8414, OpenID Connect Discovery)."""
