"""The proxy that sees every byte of a connection and decides where it may lead."""
