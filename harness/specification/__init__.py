"""What the specifications demand, judged apart from what a surface of Claude needs."""
