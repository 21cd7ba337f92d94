"""What the user chose for one run, and the values that must not repeat."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from harness.model.trace import Headers, Step


class Registration(StrEnum):
    AUTO = "auto"
    GIVEN = "given"
    CIMD = "cimd"
    DCR = "dcr"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """`headers` are added to every MCP request, as a user can set them in Claude."""

    target: str
    client_id: str | None = None
    client_secret: str | None = None
    registration: Registration = Registration.AUTO
    scope: str | None = None
    headers: Headers = ()
    call_tool: str | None = None
    until: Step | None = None


class Entropy(Protocol):
    """Gives a fresh value for a name (`state`, `code_verifier`)."""

    def __call__(self, name: str, /) -> str: ...


def random_value(_name: str, /) -> str:
    """43 base64url characters, as Claude's state and verifier have."""
    return secrets.token_urlsafe(32)
