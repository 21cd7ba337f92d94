"""Recordings brought back to life: as the server that was recorded, or as its client."""
