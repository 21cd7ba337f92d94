"""The terminal UI: shows a run step by step, and why it stopped."""
