"""The simulated client: generators that say what Claude would send next and do no I/O."""
