"""`python -m reference_server`: the reference server in the foreground."""

import argparse
from pathlib import Path

from reference_server.serve import serve_forever
from reference_server.settings import Settings


def main() -> None:
    """Reads the command line and serves until stopped."""
    parser = argparse.ArgumentParser(prog="python -m reference_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument("--no-tls", action="store_true", help="plain http, for loopback only")
    parser.add_argument("--ca-file", type=Path, help="where to write the certificate authority")
    parser.add_argument(
        "--client",
        nargs=2,
        action="append",
        default=[],
        metavar=("CLIENT_ID", "REDIRECT_URI"),
        help="a public client that is registered beforehand",
    )
    parser.add_argument(
        "--fixtures",
        action="store_true",
        help="also offer what the official MCP conformance suite expects",
    )
    options = parser.parse_args()
    clients = tuple((client_id, None, (uri,)) for client_id, uri in options.client)
    serve_forever(
        Settings(clients=clients, fixtures=options.fixtures),
        port=options.port,
        tls=not options.no_tls,
        ca_file=options.ca_file,
    )


if __name__ == "__main__":
    main()
