"""Plain frozen data shared by every room; it does no I/O and imports nothing of ours."""
