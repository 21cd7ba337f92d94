"""What a sign-in that succeeded leaves in the client's hands."""

from dataclasses import dataclass

from harness.client.authorization import Grant
from harness.client.discovery import Resource, Server
from harness.client.registration import Client
from harness.client.token import Tokens


@dataclass(frozen=True)
class Access:
    """The tokens, with all that renewing them needs."""

    server: Server
    client: Client
    resource: Resource
    grant: Grant
    tokens: Tokens
