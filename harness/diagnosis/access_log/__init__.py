"""What an access log alone shows of Claude's connections."""
