"""Says what a trace means: the contract (what broke) and the patterns (why, whose, the fix)."""
