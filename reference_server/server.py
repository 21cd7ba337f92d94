"""What every endpoint of one reference server works with."""

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from joserfc.jwk import ECKey

from reference_server.keys import new_key
from reference_server.settings import Settings
from reference_server.store import Client, Store

type FetchDocument = Callable[[str], Awaitable[bytes]]
"""Fetches a client metadata document; raises OSError when it cannot or may not."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """The settings, memory, key, clock, randomness and fetcher of one reference server."""

    settings: Settings
    fetch: FetchDocument
    store: Store = field(default_factory=Store)
    key: ECKey = field(default_factory=new_key)
    clock: Callable[[], float] = time.time
    """Seconds since the epoch."""
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    """A new secret or identifier that cannot be guessed."""

    def __post_init__(self) -> None:
        for client_id, secret, redirect_uris in self.settings.clients:
            self.store.clients[client_id] = Client(
                id=client_id, name=client_id, redirect_uris=redirect_uris, secret=secret
            )
