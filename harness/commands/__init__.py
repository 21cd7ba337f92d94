"""What each command does, once the command line is understood; returns the exit code."""
