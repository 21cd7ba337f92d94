"""Reports of a run; everything they are given is already redacted."""
