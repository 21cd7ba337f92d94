"""Every requirement that is known, area by area."""

from functools import cache

from harness.specification.requirement import Requirement


@cache
def requirements() -> tuple[Requirement, ...]:
    """All of them, in the order in which a connection meets them."""
    from harness.specification import (
        authorize,
        bearer,
        callback,
        client_documents,
        cors,
        extensions,
        network,
        probe,
        refresh,
        registered_client,
        registration,
        resource_members,
        resource_metadata,
        revoke,
        server_members,
        server_metadata,
        sse,
        stateless,
        step_up,
        streams,
        token,
        token_errors,
        transport,
        version,
    )

    return (
        *network.ROWS,
        *probe.ROWS,
        *resource_metadata.ROWS,
        *resource_members.ROWS,
        *server_metadata.ROWS,
        *server_members.ROWS,
        *registration.ROWS,
        *registered_client.ROWS,
        *client_documents.ROWS,
        *authorize.ROWS,
        *callback.ROWS,
        *token.ROWS,
        *token_errors.ROWS,
        *bearer.ROWS,
        *version.ROWS,
        *stateless.ROWS,
        *transport.ROWS,
        *streams.ROWS,
        *sse.ROWS,
        *refresh.ROWS,
        *step_up.ROWS,
        *revoke.ROWS,
        *cors.ROWS,
        *extensions.ROWS,
    )
