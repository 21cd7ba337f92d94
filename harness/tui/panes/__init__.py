"""The parts of the main view; each is given plain data and calls no engine."""
