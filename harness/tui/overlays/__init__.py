"""What lies over the main view for a moment: a question, a list to pick from, the help."""
