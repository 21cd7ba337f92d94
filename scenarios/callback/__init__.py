"""The way back to Claude: its callback address."""
