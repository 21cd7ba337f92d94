"""What keeps Claude from reaching the server: names, ports, TLS, tunnels."""
