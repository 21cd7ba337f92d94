"""`harness serve`: the reference server in the foreground."""

import click

from harness.commands.options import faults as read_faults


def serve(ids: tuple[str, ...], *, port: int, tls: bool) -> int:
    """Serves until interrupted."""
    known = read_faults(ids)
    from harness.run.reference import serve_reference

    try:
        serve_reference(known, port=port, tls=tls)
    except OSError as error:
        raise click.UsageError(f"cannot listen on port {port}: {error.strerror}") from None
    return 0
