"""How Claude becomes a client: CIMD, dynamic registration, a given client."""
